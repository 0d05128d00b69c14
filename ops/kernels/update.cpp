#include "update.hpp"

#include <cmath>

namespace xgrad::kernels {

namespace {

// x limited to [-bound, bound]; NaN stays NaN.
template <class T>
T clipped(T x, T bound) {
  x = x > bound ? bound : x;
  return x < -bound ? -bound : x;
}

}  // namespace

template <class T>
double sum_of_squares(Size n, const T* x) {
  double part[4] = {};
  Size i = 0;
  for (; i + 4 <= n; i += 4)
    for (Size k = 0; k < 4; ++k) part[k] += double(x[i + k]) * double(x[i + k]);
  for (; i < n; ++i) part[0] += double(x[i]) * double(x[i]);
  return (part[0] + part[1]) + (part[2] + part[3]);
}

template <class T>
void scale_values(Size n, T s, T* x) {
  for (Size i = 0; i < n; ++i) x[i] *= s;
}

template <class T>
void sgd_update(Size n, T rate, T bound, const T* __restrict g, T* __restrict w) {
  for (Size i = 0; i < n; ++i) w[i] -= rate * clipped(g[i], bound);
}

template <class T>
void adagrad_update(Size n, T rate, T eps, T bound, const T* __restrict g, T* __restrict m, T* __restrict w) {
  for (Size i = 0; i < n; ++i) {
    const T x = clipped(g[i], bound);
    m[i] += x * x;
    w[i] -= rate * x / std::sqrt(m[i] + eps);
  }
}

template <class T>
void adam_update(Size n, const AdamStep<T>& step, const T* __restrict g, T* __restrict m, T* __restrict v,
                 T* __restrict w) {
  const AdamStep<T> s = step;  // a copy: what is written might be what `step` refers to, as far as the compiler knows
  for (Size i = 0; i < n; ++i) {
    const T x = clipped(g[i], s.bound);
    m[i] = s.keep1 * m[i] + s.take1 * x;
    v[i] = s.keep2 * v[i] + s.take2 * (x * x);
    w[i] -= s.rate * m[i] / (s.root * std::sqrt(v[i]) + s.eps);
  }
}

#define XGRAD_INSTANTIATE(T)                                     \
  template double sum_of_squares(Size, const T*);                \
  template void scale_values(Size, T, T*);                       \
  template void sgd_update(Size, T, T, const T*, T*);            \
  template void adagrad_update(Size, T, T, T, const T*, T*, T*); \
  template void adam_update(Size, const AdamStep<T>&, const T*, T*, T*, T*);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad::kernels
