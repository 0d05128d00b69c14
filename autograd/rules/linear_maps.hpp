// The three linear maps that sweeps are made of: contributions are added, summed where an input was broadcast, and
// spread where a tangent is. They are ops like any other; they live here so that the engine stands on its own.
#pragma once
#include "../tape/var.hpp"

namespace xgrad {

/// a + b, broadcast. Throws ShapeError where the shapes do not broadcast.
template <class T>
Var<T> add(const Var<T>& a, const Var<T>& b);

/// The sum of x over the axes that `shape` lacks in front or has of length 1: the adjoint of broadcasting.
/// Throws ShapeError where `shape` does not broadcast to x's.
template <class T>
Var<T> sum_to(const Var<T>& x, const Shape& shape);

/// x repeated to `shape` by NumPy's rule. Throws ShapeError where it does not broadcast.
template <class T>
Var<T> broadcast_to(const Var<T>& x, const Shape& shape);

#define XGRAD_EXTERN(T)                                       \
  extern template Var<T> add(const Var<T>&, const Var<T>&);   \
  extern template Var<T> sum_to(const Var<T>&, const Shape&); \
  extern template Var<T> broadcast_to(const Var<T>&, const Shape&);
XGRAD_EXTERN(float)
XGRAD_EXTERN(double)
#undef XGRAD_EXTERN

}  // namespace xgrad
