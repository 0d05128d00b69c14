// Other views of the same elements, and copies of some of them. All of these are linear.
#pragma once
#include <initializer_list>
#include <optional>

#include "../../autograd/tape/var.hpp"
#include "../op_info.hpp"

namespace xgrad {

/// The same elements in row-major order under another shape, without a copy. One length may be -1: what is left.
/// Throws ShapeError where the sizes differ.
template <class T>
Var<T> reshape(const Var<T>& x, std::initializer_list<Index> shape);
template <class T>
Var<T> reshape(const Var<T>& x, const Shape& shape);

/// The axes in another order: axis i of the result is axis axes[i] of x. Without axes, reversed.
/// Throws ShapeError where `axes` is not a permutation of x's axes; negative axes count from the end.
template <class T>
Var<T> transpose(const Var<T>& x, std::span<const int> axes);
template <class T>
Var<T> transpose(const Var<T>& x, std::initializer_list<int> axes) {
  return transpose(x, std::span<const int>(axes.begin(), axes.size()));
}
template <class T>
Var<T> transpose(const Var<T>& x);

/// Which elements of an axis: as Python's start:stop:step, negative numbers counting from the end.
struct Slice {
  std::optional<Index> start{}, stop{};
  Index step = 1;
};

/// Elements of x, one Slice per leading axis; the others are taken whole.
/// Throws ShapeError for more slices than axes, ValueError for a step of 0.
template <class T>
Var<T> slice(const Var<T>& x, std::initializer_list<Slice> slices);
/// Elements start, start + step, ... before stop along one axis.
template <class T>
Var<T> slice(const Var<T>& x, int axis, const Slice& slice);

template <class T>
std::vector<OpInfo<T>> reshape_ops();

}  // namespace xgrad
