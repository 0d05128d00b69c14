// A text in ids: what a model is trained on and scored by.
//
// A text may be larger than half of the memory, so it is never there as bytes. It is read twice, in pieces: the first
// reading finds the encoding, the symbols and their number, the second writes the ids into an array of the right size
// and width. The array is all that is kept: at most as many bytes as the file has where the vocabulary has up to 256
// symbols, at most twice as many else; while it is read, some pieces more. The digest is taken of the second reading,
// so that it is of what the ids stand for even if the file is written to meanwhile, which is an error where it is seen.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ids.hpp"
#include "source.hpp"
#include "vocabulary.hpp"

namespace xgrad {

/// A text in ids, with all that a user should be told about how it was read, one line each.
struct Text {
  Vocabulary vocabulary;
  Ids ids;
  Encoding encoding = Encoding::utf8;
  std::vector<std::string> notices{};
  std::string sha256{};     ///< of the bytes, a byte order mark among them: 64 digits
  std::uint64_t bytes = 0;  ///< that the file has
};

/// How a file is read.
struct Reading {
  /// Called every 4 MB and after each of the two readings, with `all` twice the size of the file. Before them a pipe is
  /// read to its end, with `all` 0. What it throws ends the reading.
  ReadProgress progress{};
  std::size_t piece = std::size_t{1} << 18;  ///< bytes read at once, at least 1
};

/// Reads a file. Without `wanted`, what is not UTF-8 is read as bytes, with a notice. A leading byte order mark is
/// dropped from UTF-8; line ends are kept. A pipe is copied to a temporary file first. Throws FileError where the file
/// cannot be read, is no regular file and no pipe, or is written to meanwhile; FormatError where it is empty, has more
/// than 65536 distinct symbols or, with Encoding::utf8 wanted, is invalid; offsets in messages count bytes of the file
/// from 0.
Text load_text(const std::filesystem::path& path, std::optional<Encoding> wanted = std::nullopt,
               const Reading& how = {});
/// In the ids and the encoding of a vocabulary that is there already, that of a run to be resumed or scored. Throws as
/// above, and FormatError for a symbol that has no id: "text 'F': symbol U+00E9 at byte 88 is not in the vocabulary".
Text load_text(const std::filesystem::path& path, const Vocabulary& vocabulary, const Reading& how = {});

/// The same for a text in memory; messages call it `name`. Throws FormatError.
Text text_of(std::string_view bytes, std::string_view name, std::optional<Encoding> wanted = std::nullopt);
Text text_of(std::string_view bytes, std::string_view name, const Vocabulary& vocabulary);

}  // namespace xgrad
