// The shape of an array: up to four axes, a value type of 20 bytes that needs no heap.
#pragma once
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

namespace xgrad {

using Index = std::int32_t;   ///< lengths of axes, ids of nodes, ids of characters
using Size = std::ptrdiff_t;  ///< numbers of elements

/// Lengths of the axes, slowest first. `Shape{}` is that of a scalar; an axis may have length zero.
class Shape {
 public:
  static constexpr int max_rank = 4;

  Shape() = default;
  /// Throws ShapeError for more than four axes or a negative length.
  Shape(std::initializer_list<Index> dims) : Shape(std::span<const Index>(dims.begin(), dims.size())) {}
  explicit Shape(std::span<const Index> dims);
  explicit Shape(std::span<const std::size_t> dims);

  int rank() const { return rank_; }
  Size size() const { return product(dims_); }
  /// The length of an axis, counted from 0.
  Index operator[](int axis) const { return dims_[static_cast<unsigned>(axis)]; }
  void set(int axis, Index length) { dims_[static_cast<unsigned>(axis)] = length; }

  /// The same shape with an axis of this length put before `axis`. Throws ShapeError beyond four axes.
  Shape inserted(int axis, Index length) const;
  /// The same shape without that axis.
  Shape without(int axis) const;

  // Written out: the defaulted comparison calls memcmp, which costs more than the rest of recording a small node.
  friend bool operator==(const Shape& a, const Shape& b) {
    using Halves = std::array<std::uint64_t, 2>;
    const Halves x = std::bit_cast<Halves>(a.dims_), y = std::bit_cast<Halves>(b.dims_);
    return ((x[0] ^ y[0]) | (x[1] ^ y[1]) | std::uint64_t(a.rank_ ^ b.rank_)) == 0;
  }

  /// "(3, 4)", as messages print it.
  std::string str() const;
  std::vector<std::size_t> to_vector() const { return {dims_.begin(), dims_.begin() + rank_}; }

 private:
  // Unsigned: next to an axis of length 0 there may be lengths whose product has no room.
  static Size product(const std::array<Index, max_rank>& dims) {
    const auto length = [&](std::size_t axis) { return static_cast<std::size_t>(dims[axis]); };
    return static_cast<Size>((length(0) * length(1)) * (length(2) * length(3)));
  }

  std::array<Index, max_rank> dims_{1, 1, 1, 1};  // beyond the rank: ones, so that neither size nor == needs a loop
  std::uint8_t rank_ = 0;
};

std::ostream& operator<<(std::ostream& out, const Shape& shape);

/// The shape that both broadcast to by NumPy's rule. Throws ShapeError naming `op` and both shapes.
Shape broadcast(const char* op, const Shape& a, const Shape& b);

/// Whether `from` broadcasts to `to` without `to` changing.
bool broadcasts_to(const Shape& from, const Shape& to);

/// `axis`, or rank + axis where it is negative. Throws ShapeError naming `op` where there is no such axis.
int resolve_axis(const char* op, int axis, const Shape& shape);

}  // namespace xgrad
