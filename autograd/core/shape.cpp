#include "shape.hpp"

#include <algorithm>
#include <limits>
#include <ostream>

#include "error.hpp"

namespace xgrad {

namespace {

template <class I>
std::string list(std::span<const I> dims) {
  std::string s = "(";
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (i) s += ", ";
    s += std::to_string(dims[i]);
  }
  return s + ")";
}

template <class I>
void check(std::span<const I> dims) {
  if (dims.size() > Shape::max_rank) fail<ShapeError>("shape", list(dims) + " has more than 4 axes");
  for (const I d : dims)
    if (d < I(0) || static_cast<std::size_t>(d) > std::size_t(std::numeric_limits<Index>::max()))
      fail<ShapeError>("shape", "an axis of " + list(dims) + " is negative or longer than 2147483647");
  if (std::find(dims.begin(), dims.end(), I(0)) != dims.end()) return;
  Size size = 1;
  for (const I d : dims) {
    size *= static_cast<Size>(d);  // below 2^48 * 2^31 before the test
    if (size > Size(1) << 48) fail<ShapeError>("shape", list(dims) + " has more than 2^48 elements");
  }
}

}  // namespace

Shape::Shape(std::span<const Index> dims) {
  check(dims);
  std::copy(dims.begin(), dims.end(), dims_.begin());
  rank_ = static_cast<std::uint8_t>(dims.size());
}

Shape::Shape(std::span<const std::size_t> dims) {
  check(dims);
  std::transform(dims.begin(), dims.end(), dims_.begin(), [](std::size_t d) { return static_cast<Index>(d); });
  rank_ = static_cast<std::uint8_t>(dims.size());
}

Shape Shape::inserted(int axis, Index length) const {
  if (rank_ == max_rank) fail<ShapeError>("shape", str() + " has no room for another axis");
  Shape s = *this;
  const auto at = s.dims_.begin() + axis;
  std::copy_backward(at, s.dims_.begin() + rank_, s.dims_.begin() + rank_ + 1);
  *at = length;
  ++s.rank_;
  return s;
}

Shape Shape::without(int axis) const {
  Shape s = *this;
  std::copy(s.dims_.begin() + axis + 1, s.dims_.end(), s.dims_.begin() + axis);
  s.dims_[max_rank - 1] = 1;
  --s.rank_;
  return s;
}

std::string Shape::str() const { return list(std::span<const Index>(dims_).first(rank_)); }

std::ostream& operator<<(std::ostream& out, const Shape& shape) { return out << shape.str(); }

Shape broadcast(const char* op, const Shape& a, const Shape& b) {
  if (a == b) return a;
  Shape out = a.rank() >= b.rank() ? a : b;
  const int rank = out.rank();
  for (int back = 1; back <= rank; ++back) {
    const Index x = back <= a.rank() ? a[a.rank() - back] : 1;
    const Index y = back <= b.rank() ? b[b.rank() - back] : 1;
    if (x != y && x != 1 && y != 1)
      fail<ShapeError>(op, "shapes do not broadcast: a is " + a.str() + ", b is " + b.str());
    out.set(rank - back, x == 1 ? y : x);
  }
  return out;
}

bool broadcasts_to(const Shape& from, const Shape& to) {
  if (from.rank() > to.rank()) return false;
  for (int back = 1; back <= from.rank(); ++back) {
    const Index x = from[from.rank() - back];
    if (x != 1 && x != to[to.rank() - back]) return false;
  }
  return true;
}

int resolve_axis(const char* op, int axis, const Shape& shape) {
  const int resolved = axis < 0 ? axis + shape.rank() : axis;
  if (resolved < 0 || resolved >= shape.rank())
    fail<ShapeError>(op, "axis " + std::to_string(axis) + " is out of range for x, which is " + shape.str());
  return resolved;
}

}  // namespace xgrad
