// Files of named tensors: the safetensors format, read with suspicion and written so that a crash costs nothing.
//
// The format (github.com/huggingface/safetensors) is a length, a JSON header, and the bytes of the tensors: no code to
// run, and readers in PyTorch, JAX and MLX. A file may come from anywhere, so the reader believes nothing that it has
// not checked against the size of the file, and allocates only what that size covers. It accepts what the reference
// reader accepts, but for two things: a name or key may not come twice, at any level, which the format's description
// forbids too; and a header has 1 MiB at most, so that reading takes no more memory than the file is large and 16 MiB.
// It reads with read(), never by mapping: a file that shrinks under a mapping kills the process.
//
// The writer gives the same bytes for the same content, in the reference writer's order. The first entry of the
// metadata is "sha256": the SHA-256 of the whole file, taken with its own 64 digits as zeros. Whoever has the format
// and a SHA-256 can check it, other readers take it for one more string, and ours refuses a file that does not match.
// A file without one is taken for what it is.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "../files/replacement.hpp"

namespace xgrad {

/// The element types that we keep, in the format's order.
enum class Dtype : std::uint8_t { u8, u32, f32, f64, i64 };

inline constexpr std::array<std::string_view, 5> dtype_names{"U8", "U32", "F32", "F64", "I64"};

constexpr std::string_view name_of(Dtype dtype) { return dtype_names[static_cast<std::size_t>(dtype)]; }
/// Bytes of one element.
constexpr std::size_t size_of(Dtype dtype) {
  return std::array<std::size_t, 5>{1, 4, 4, 8, 8}[static_cast<std::size_t>(dtype)];
}

/// The Dtype of a C++ type; another type does not compile.
template <class T>
constexpr Dtype dtype_of() {
  if constexpr (std::is_same_v<T, std::uint8_t>) {
    return Dtype::u8;
  } else if constexpr (std::is_same_v<T, std::uint32_t>) {
    return Dtype::u32;
  } else if constexpr (std::is_same_v<T, float>) {
    return Dtype::f32;
  } else if constexpr (std::is_same_v<T, double>) {
    return Dtype::f64;
  } else {
    static_assert(std::is_same_v<T, std::int64_t>, "a tensor holds uint8_t, uint32_t, float, double or int64_t");
    return Dtype::i64;
  }
}

/// A named array, row-major, little-endian; an empty shape is that of a scalar.
struct Tensor {
  std::string name;
  Dtype dtype = Dtype::f32;
  std::vector<std::uint64_t> shape;
  std::vector<std::byte> data;

  /// The elements. Throws FormatError where T is not the stored type.
  template <class T>
  std::vector<T> values() const {
    std::vector<T> out(data.size() / sizeof(T));
    copy_bytes(dtype_of<T>(), out.size(), out.data());
    return out;
  }
  /// Copies the elements to memory of exactly their number. Throws FormatError for another type or number.
  template <class T>
  void copy_to(std::span<T> out) const {
    copy_bytes(dtype_of<T>(), out.size(), out.data());
  }

  friend bool operator==(const Tensor& a, const Tensor& b) = default;

 private:
  void copy_bytes(Dtype wanted, std::size_t count, void* out) const;
};

/// A tensor of these bytes. Throws ValueError where the shape asks for another number of them.
Tensor make_tensor(std::string name, Dtype dtype, std::vector<std::uint64_t> shape, std::span<const std::byte> bytes);

/// A tensor with a copy of these values. Throws ValueError likewise.
template <class T>
Tensor make_tensor(std::string name, std::vector<std::uint64_t> shape, std::span<const T> values) {
  return make_tensor(std::move(name), dtype_of<T>(), std::move(shape), std::as_bytes(values));
}

/// The content of a file. Tensors that were read stand in the order of their bytes.
struct SafeTensors {
  std::vector<Tensor> tensors;
  std::map<std::string, std::string> metadata;  // without "sha256"
  std::string sha256 = {};  // of a file that was read: its digest, which matched; empty where it has none

  /// The tensor of this name, or null.
  const Tensor* find(std::string_view name) const {
    for (const Tensor& tensor : tensors)
      if (tensor.name == name) return &tensor;
    return nullptr;
  }
};

/// Throws FileError where the file cannot be read, FormatError where it is not a valid safetensors file of our dtypes
/// or not the one that its digest was taken of.
SafeTensors read_safetensors(const std::filesystem::path& path);

/// The same for a file in memory; messages call it `name`. Throws FormatError.
SafeTensors parse_safetensors(std::span<const std::byte> bytes, std::string_view name);

/// Replaces the file at `path` as replace_file() does, and throws FileError as that does. The digest is taken anew.
/// Throws ValueError for content that the format cannot hold: double or reserved names, text that is not UTF-8, a shape
/// that does not fit its data, more than fits into the header.
void write_safetensors(const std::filesystem::path& path, const SafeTensors& content,
                       const ReplaceOptions& options = {});

}  // namespace xgrad
