// Elementwise kernels as one writes them down: an element at a time, each with its own offsets.
#include "../elementwise/elementwise.hpp"

#include "../../../autograd/core/scalars.hpp"
#include "../../elementwise/function_objects.hpp"

namespace xgrad::kernels {

namespace {

// The offset in an operand of the element that is broadcast to element i of y.
Size offset(Size i, const Shape& y, const Shape& x) {
  Size at = 0, stride = 1;
  for (int back = 1; back <= y.rank(); ++back) {
    const Index length = y[y.rank() - back], own = back <= x.rank() ? x[x.rank() - back] : 1;
    if (own != 1) at += i % length * stride;
    stride *= own;
    i /= length;
  }
  return at;
}

template <class T>
void put(T* to, T value, bool add) {
  *to = add ? *to + value : value;
}

}  // namespace

template <class T, class F>
void Unary<T, F>::forward(const F& f, Size n, const T* x, T* y) {
  using L = Lane<Plain<T>>;
  for (Size i = 0; i < n; ++i) y[i] = L(f.f(L(x[i]))).v;
}

template <class T, class F>
void Unary<T, F>::backward(const F& f, Size n, const T* x, const T* y, const T* y_bar, T* x_bar, bool add) {
  using L = Lane<Plain<T>>;
  if constexpr (!functions::Flat<F>)
    for (Size i = 0; i < n; ++i) put(x_bar + i, y_bar[i] * L(f.d(L(x[i]), L(y[i]))).v, add);
}

template <class T, class F>
void Binary<T, F>::forward(const F& f, const Operands<T>& x, T* y) {
  using L = Lane<Plain<T>>;
  for (Size i = 0, n = x.y_shape.size(); i < n; ++i)
    y[i] = L(f.f(L(x.a[offset(i, x.y_shape, x.a_shape)]), L(x.b[offset(i, x.y_shape, x.b_shape)]))).v;
}

template <class T, class F>
void Binary<T, F>::backward(const F& f, const Operands<T>& x, int which, const T* y, const T* y_bar, T* out, bool add) {
  using L = Lane<Plain<T>>;
  if constexpr (!functions::Flat<F>) {
    for (Size i = 0, n = x.y_shape.size(); i < n; ++i) {
      const L a = x.a[offset(i, x.y_shape, x.a_shape)], b = x.b[offset(i, x.y_shape, x.b_shape)];
      put(out + i, y_bar[i] * (which == 0 ? L(f.d0(a, b, L(y[i]))) : L(f.d1(a, b, L(y[i])))).v, add);
    }
  }
}

#define XGRAD_UNARY(T, F) template struct Unary<T, functions::F>;
#define XGRAD_BINARY(T, F) template struct Binary<T, functions::F>;
#define XGRAD_INSTANTIATE(T)            \
  XGRAD_UNARY_FUNCTIONS(XGRAD_UNARY, T) \
  XGRAD_BINARY_FUNCTIONS(XGRAD_BINARY, T)
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad::kernels
