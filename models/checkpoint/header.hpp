// The JSON header of a safetensors file, both ways. The reader is the part that has to do with whatever a file says; it
// sees the header before anything is allocated for tensors, and leaves nothing to be checked after it.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "safetensors.hpp"

namespace xgrad::detail {

/// To read a header of this size takes some 10 MiB where it is made to, of nothing but short keys. The reference
/// reader's limit is a hundred times as much; an honest header of 1 MiB has some ten thousand tensors.
inline constexpr std::uint64_t max_header = std::uint64_t{1} << 20;

inline constexpr std::string_view digest_key = "sha256";
/// What stands for a digest while it is taken.
inline constexpr std::string_view no_digest = "0000000000000000000000000000000000000000000000000000000000000000";

struct Header {
  struct Entry {
    Tensor tensor;  // without data
    std::uint64_t begin = 0, end = 0;
  };
  std::vector<Entry> entries;                   // in the order of their bytes, which they cover without a hole
  std::map<std::string, std::string> metadata;  // with the digest, if there is one
};

/// The header of a file of which so many bytes follow it. `file`, quoted, is for messages. Throws FormatError.
/// Precondition: `text` has 1 to max_header bytes.
Header read_header(std::string_view text, std::uint64_t stored, const std::string& file);

/// The text of a header for tensors in this order, padded to whole 8 bytes, with no_digest for the digest, which begins
/// at `digest_at`. Throws ValueError where it becomes too long.
struct HeaderText {
  std::string text;
  std::size_t digest_at;
};
HeaderText write_header(const std::vector<const Tensor*>& order, const std::map<std::string, std::string>& metadata);

inline constexpr std::string_view metadata_key = "__metadata__";

/// Bytes that a shape asks for, or nothing where they overflow on the way; a zero at the end does not excuse that.
std::optional<std::uint64_t> bytes_of(const Tensor& t);
/// "(64, 65) x F32", cut short where it is absurdly long.
std::string describe(const Tensor& t);
/// "tensor 'Whh'"
std::string called(std::string_view name);

}  // namespace xgrad::detail
