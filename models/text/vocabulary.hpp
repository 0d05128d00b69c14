// Text as numbers: which symbols there are, and the ids that stand for them.
//
// A symbol is a Unicode code point where the text is valid UTF-8, else a byte; nothing is normalised or merged. Ids are
// ranks in the sorted set of symbols, so that one text always gives one vocabulary (a Python set did not). Code points
// and bytes are both kept as 32-bit numbers; what they mean is the Encoding. Texts themselves are in text.hpp.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../../autograd/core/shape.hpp"
#include "ids.hpp"

namespace xgrad {

enum class Encoding { utf8, bytes };

/// Sorted distinct symbols with ids 0 .. size()-1.
class Vocabulary {
 public:
  static constexpr std::uint32_t code_points = 0x110000;  ///< of Unicode, from 0 on
  static constexpr Index max_size = 65536;                ///< so that an id takes two bytes at most

  /// An empty one, to be assigned to.
  Vocabulary() : Vocabulary(Checked{}, {}, Encoding::utf8) {}
  /// From symbols(), as a checkpoint keeps them. Throws FormatError where there are none or more than max_size, where
  /// they do not strictly increase, or where one is no code point (surrogates are none) or, for bytes, above 255.
  Vocabulary(std::vector<std::uint32_t> symbols, Encoding encoding);
  /// The distinct symbols of a sequence. Throws FormatError as above.
  static Vocabulary of(std::span<const std::uint32_t> sequence, Encoding encoding);

  /// Ids of a text. Throws ValueError for a symbol without id or for invalid UTF-8: "`what` contains 'é' (U+00E9), not
  /// in the vocabulary", where `what` is the caller's name for the text.
  std::vector<Index> encode(std::string_view text, std::string_view what = "text") const;
  /// The text of ids, in the vocabulary's encoding. Throws ValueError for an id outside [0, size()).
  std::string decode(Index id) const;
  std::string decode(std::span<const Index> ids) const;
  std::string decode(IdsView ids) const;

  /// The id of a symbol, if it has one.
  std::optional<Index> find(std::uint32_t symbol) const;

  Index size() const { return static_cast<Index>(symbols_.size()); }
  const std::vector<std::uint32_t>& symbols() const { return symbols_; }
  Encoding encoding() const { return encoding_; }

  friend bool operator==(const Vocabulary& a, const Vocabulary& b) {
    return a.encoding_ == b.encoding_ && a.symbols_ == b.symbols_;
  }

 private:
  struct Checked {};
  Vocabulary(Checked, std::vector<std::uint32_t> symbols, Encoding encoding);
  void append(std::string& out, Index id) const;

  std::vector<std::uint32_t> symbols_;
  Encoding encoding_;
  std::array<Index, 256> low_{};  // ids of the symbols below 256, -1 for none: most texts need no search at all
};

/// How messages call a symbol: "U+00E9", or "0xE9" for a byte.
std::string symbol_name(std::uint32_t symbol, Encoding encoding);

/// Untrusted text made fit for a message or a terminal: control, invisible and direction-changing characters, quotes,
/// backslashes and invalid bytes become escapes such as \n, \xE9 or \u{202E}; "..." stands for what follows the first
/// `limit` bytes.
std::string escaped(std::string_view untrusted, std::size_t limit = 300);

}  // namespace xgrad
