#include "update.hpp"

#include <cmath>

#include "simd/cpu.hpp"

namespace xgrad::kernels {

namespace {

[[gnu::used]] const bool* const checked = &cpu_checked;

}  // namespace

template <class T>
void clip_values(Size n, T bound, T* x) {
  for (Size i = 0; i < n; ++i) {
    T v = x[i];
    v = v > bound ? bound : v;
    x[i] = v < -bound ? -bound : v;
  }
}

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
void add_values(Size n, const T* __restrict g, T* __restrict sum) {
  for (Size i = 0; i < n; ++i) sum[i] += g[i];
}

template <class T>
void scale_values(Size n, T s, T* x) {
  for (Size i = 0; i < n; ++i) x[i] *= s;
}

template <class T>
void sgd_update(Size n, T rate, const T* __restrict g, T* __restrict w) {
  for (Size i = 0; i < n; ++i) w[i] -= rate * g[i];
}

template <class T>
void adagrad_update(Size n, T rate, T eps, const T* __restrict g, T* __restrict m, T* __restrict w) {
  for (Size i = 0; i < n; ++i) {
    m[i] += g[i] * g[i];
    w[i] -= rate * g[i] / std::sqrt(m[i] + eps);
  }
}

#define XGRAD_INSTANTIATE(T)                       \
  template void clip_values(Size, T, T*);          \
  template double sum_of_squares(Size, const T*);  \
  template void add_values(Size, const T*, T*);    \
  template void scale_values(Size, T, T*);         \
  template void sgd_update(Size, T, const T*, T*); \
  template void adagrad_update(Size, T, T, const T*, T*, T*);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad::kernels
