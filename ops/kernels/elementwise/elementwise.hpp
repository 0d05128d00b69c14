// Loops over elements, for the functions of elementwise/function_objects.hpp. Defined and instantiated for the
// instruction set of this folder in unary.cpp and binary.cpp.
#pragma once
#include "../../../autograd/core/shape.hpp"

namespace xgrad::kernels {

template <class T, class F>
struct Unary {
  /// y = f(x), n elements.
  static void forward(const F& f, Size n, const T* x, T* y);
  /// x_bar (+)= y_bar f'(x).
  static void backward(const F& f, Size n, const T* x, const T* y, const T* y_bar, T* x_bar, bool add);
};

/// The operands of a binary op, broadcast to y's shape.
template <class T>
struct Operands {
  const T* a;
  const Shape& a_shape;
  const T* b;
  const Shape& b_shape;
  const Shape& y_shape;
};

template <class T, class F>
struct Binary {
  /// y = f(a, b).
  static void forward(const F& f, const Operands<T>& x, T* y);
  /// out (+)= y_bar times the derivative by operand i, in y's shape.
  static void backward(const F& f, const Operands<T>& x, int i, const T* y, const T* y_bar, T* out, bool add);
};

}  // namespace xgrad::kernels
