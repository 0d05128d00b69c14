// Putting arrays together and taking them apart. All of these are linear.
//
// stack and unstack along the first axis copy little or nothing: the parts of an unstacked block lie in the block, and
// so do their gradients, which is what lets a loop over time steps write straight into the gradient of the whole.
#pragma once
#include <initializer_list>

#include "../../autograd/tape/var.hpp"
#include "../op_info.hpp"

namespace xgrad {

/// The inputs one after the other along `axis`, along which alone they may differ in length.
/// Throws ShapeError otherwise, and ValueError for no inputs.
template <class T>
Var<T> concat(std::span<const Var<T>> x, int axis = 0);
template <class T>
Var<T> concat(std::initializer_list<Var<T>> x, int axis = 0) {
  return concat(std::span<const Var<T>>(x.begin(), x.size()), axis);
}
template <class T>
Var<T> concat(const std::vector<Var<T>>& x, int axis = 0) {
  return concat(std::span<const Var<T>>(x), axis);
}

/// The inputs, all of one shape, along a new axis at `axis` of the result.
/// Throws ShapeError where shapes differ or the rank would exceed 4, ValueError for no inputs.
template <class T>
Var<T> stack(std::span<const Var<T>> x, int axis = 0);
template <class T>
Var<T> stack(std::initializer_list<Var<T>> x, int axis = 0) {
  return stack(std::span<const Var<T>>(x.begin(), x.size()), axis);
}
template <class T>
Var<T> stack(const std::vector<Var<T>>& x, int axis = 0) {
  return stack(std::span<const Var<T>>(x), axis);
}

/// The parts of x along `axis`, which they lose: part t of (T, B, H) is (B, H). Along axis 0 without a copy.
/// Throws ShapeError for a scalar or a missing axis.
template <class T>
Vars<T> unstack(const Var<T>& x, int axis = 0);

template <class T>
std::vector<OpInfo<T>> stack_ops();

}  // namespace xgrad
