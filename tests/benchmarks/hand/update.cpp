// The updates of loops.hpp. Compiled with -ffast-math: in float the compiler then takes roots and quotients by estimate
// and one Newton step, which gives the same digits but for the last, at a fraction of the cost.
#include <cmath>

#include "loops.hpp"

namespace hand {

template <class T>
void clip_and_adagrad(Size n, T bound, T rate, T eps, const T* __restrict g, T* __restrict m, T* __restrict w) {
  for (Size i = 0; i < n; ++i) {
    const T low = g[i] < -bound ? -bound : g[i], x = low > bound ? bound : low;
    m[i] += x * x;
    w[i] -= rate * x / std::sqrt(m[i] + eps);
  }
}

template <class T>
void clip_and_adam(Size n, T bound, T rate, T b1, T b2, T eps, const T* __restrict g, T* __restrict m, T* __restrict v,
                   T* __restrict w) {
  for (Size i = 0; i < n; ++i) {
    const T low = g[i] < -bound ? -bound : g[i], x = low > bound ? bound : low;
    m[i] = b1 * m[i] + (1 - b1) * x;
    v[i] = b2 * v[i] + (1 - b2) * x * x;
    w[i] -= rate * m[i] / (std::sqrt(v[i]) + eps);
  }
}

#define XGRAD_INSTANTIATE(T)                                       \
  template void clip_and_adagrad(Size, T, T, T, const T*, T*, T*); \
  template void clip_and_adam(Size, T, T, T, T, T, const T*, T*, T*, T*);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

}  // namespace hand
