#include "update.hpp"

#include <functional>

#include "simd/dispatch.hpp"

namespace xgrad::kernels {

namespace {

// x limited to [-bound, bound]; NaN stays NaN.
template <class L>
XGRAD_INLINE L clipped(const L& x, const L& bound) {
  const L below(x.v > bound.v ? bound.v : x.v);
  return L(below.v < -bound.v ? -bound.v : below.v);
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
void add_values(Size n, const T* g, T* sum) {
  simd::on_lanes<T>([=]<class L>() { simd::map<L>(n, sum, true, std::identity(), g); });
}

template <class T>
void scale_values(Size n, T s, T* x) {
  simd::on_lanes<T>([=]<class L>() {
    const auto scaled = [s = L(s)](const L& a) { return a * s; };
    simd::map<L>(n, x, false, scaled, x);
  });
}

template <class T>
void sgd_update(Size n, T rate, T bound, const T* g, T* w) {
  simd::on_lanes<T>([=]<class L>() {
    const auto next = [rate = L(rate), bound = L(bound)](const L& v, const L& d) {
      return v - rate * clipped(d, bound);
    };
    simd::map<L>(n, w, false, next, w, g);
  });
}

template <class T>
void adagrad_update(Size n, T rate, T eps, T bound, const T* g, T* m, T* w) {
  simd::on_lanes<T>([=]<class L>() {
    for (Size i = 0; i < n; i += L::width) {
      const Size left = n - i;
      const L x = clipped<L>(simd::load<L>(g + i, left), bound), sum = simd::load<L>(m + i, left) + x * x;
      simd::store(sum, m + i, left);
      simd::store(simd::load<L>(w + i, left) - L(rate) * x * reciprocal_sqrt(sum + L(eps)), w + i, left);
    }
  });
}

template <class T>
void adam_update(Size n, const AdamStep<T>& step, const T* g, T* m, T* v, T* w) {
  simd::on_lanes<T>([=]<class L>() {
    for (Size i = 0; i < n; i += L::width) {
      const Size left = n - i;
      const L x = clipped<L>(simd::load<L>(g + i, left), step.bound);
      const L first = L(step.keep1) * simd::load<L>(m + i, left) + L(step.take1) * x;
      const L second = L(step.keep2) * simd::load<L>(v + i, left) + L(step.take2) * (x * x);
      simd::store(first, m + i, left);
      simd::store(second, v + i, left);
      const L change = L(step.rate) * first / (L(step.root) * sqrt(second) + L(step.eps));
      simd::store(simd::load<L>(w + i, left) - change, w + i, left);
    }
  });
}

#define XGRAD_INSTANTIATE(T)                                     \
  template double sum_of_squares(Size, const T*);                \
  template void add_values(Size, const T*, T*);                  \
  template void scale_values(Size, T, T*);                       \
  template void sgd_update(Size, T, T, const T*, T*);            \
  template void adagrad_update(Size, T, T, T, const T*, T*, T*); \
  template void adam_update(Size, const AdamStep<T>&, const T*, T*, T*, T*);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad::kernels
