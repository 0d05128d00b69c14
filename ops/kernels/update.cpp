#include "update.hpp"

#include <algorithm>
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

// As many numbers as fill a lane of doubles, from p.
template <class L, class T>
XGRAD_INLINE L widened(const T* p) {
  if constexpr (L::width == 1) {
    return L(double(*p));
  } else {
    L a;
    for (Size i = 0; i < L::width; ++i) a.v[i] = p[i];
    return a;
  }
}

}  // namespace

template <class T>
GradientSums sums_of_gradients(Size n, T bound, const T* g) {
  return simd::on_lanes<double>([=]<class L>() {
    constexpr Size parts = 16, lanes = parts / L::width;  // as many partial sums on every instruction set
    L squares[lanes], beyond[lanes];
    const auto take = [&squares, &beyond, limit = L(double(bound))](const T* x) {
      XGRAD_UNROLL for (Size k = 0; k < lanes; ++k) {
        const L a = widened<L>(x + k * L::width);
        squares[k] = squares[k] + a * a;
        beyond[k] = beyond[k] + heaviside(abs(a) - limit);
      }
    };
    Size i = 0;
    for (; i + parts <= n; i += parts) take(g + i);
    T rest[parts] = {};
    std::copy(g + i, g + n, rest);
    take(rest);
    double sums[parts], counts[parts];
    for (Size k = 0; k < lanes; ++k) squares[k].store(sums + k * L::width), beyond[k].store(counts + k * L::width);
    GradientSums all;
    for (Size k = 0; k < parts; ++k) all.squares += sums[k], all.beyond += static_cast<Size>(counts[k]);
    return all;
  });
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

// In the updates, what all elements have in common is spread over lanes before the loop. A number that a body captured
// might, for all that the compiler knows, lie where the loop stores; it would be read and spread anew for each vector.

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
void momentum_update(Size n, T rate, T momentum, T bound, const T* g, T* v, T* w) {
  simd::on_lanes<T>([=]<class L>() {
    const L by(rate), keep(momentum), limit(bound);
    for (Size i = 0; i < n; i += L::width) {
      const Size left = n - i;
      const L next = keep * simd::load<L>(v + i, left) + clipped(simd::load<L>(g + i, left), limit);
      simd::store(next, v + i, left);
      simd::store(simd::load<L>(w + i, left) - by * next, w + i, left);
    }
  });
}

template <class T>
void adagrad_update(Size n, T rate, T eps, T bound, const T* g, T* m, T* w) {
  simd::on_lanes<T>([=]<class L>() {
    const L by(rate), above(eps), limit(bound);
    for (Size i = 0; i < n; i += L::width) {
      const Size left = n - i;
      const L x = clipped(simd::load<L>(g + i, left), limit), sum = simd::load<L>(m + i, left) + x * x;
      simd::store(sum, m + i, left);
      simd::store(simd::load<L>(w + i, left) - by * x * reciprocal_sqrt(sum + above), w + i, left);
    }
  });
}

template <class T>
void rmsprop_update(Size n, const RmsPropStep<T>& step, const T* g, T* m, T* w) {
  simd::on_lanes<T>([=]<class L>() {
    const L keep(step.keep), take(step.take), by(step.rate), above(step.eps), limit(step.bound);
    for (Size i = 0; i < n; i += L::width) {
      const Size left = n - i;
      const L x = clipped(simd::load<L>(g + i, left), limit);
      const L mean = keep * simd::load<L>(m + i, left) + take * (x * x);
      simd::store(mean, m + i, left);
      simd::store(simd::load<L>(w + i, left) - by * x / (sqrt(mean) + above), w + i, left);
    }
  });
}

template <class T>
void adam_update(Size n, const AdamStep<T>& step, const T* g, T* m, T* v, T* w) {
  simd::on_lanes<T>([=]<class L>() {
    const L keep1(step.keep1), take1(step.take1), keep2(step.keep2), take2(step.take2);
    const L by(step.rate), root(step.root), above(step.eps), limit(step.bound), shrink(step.shrink);
    for (Size i = 0; i < n; i += L::width) {
      const Size left = n - i;
      const L x = clipped(simd::load<L>(g + i, left), limit);
      const L first = keep1 * simd::load<L>(m + i, left) + take1 * x;
      const L second = keep2 * simd::load<L>(v + i, left) + take2 * (x * x);
      simd::store(first, m + i, left);
      simd::store(second, v + i, left);
      const L change = by * first / (root * sqrt(second) + above);
      simd::store(shrink * simd::load<L>(w + i, left) - change, w + i, left);
    }
  });
}

#define XGRAD_INSTANTIATE(T)                                                   \
  template GradientSums sums_of_gradients(Size, T, const T*);                  \
  template void add_values(Size, const T*, T*);                                \
  template void scale_values(Size, T, T*);                                     \
  template void sgd_update(Size, T, T, const T*, T*);                          \
  template void momentum_update(Size, T, T, T, const T*, T*, T*);              \
  template void adagrad_update(Size, T, T, T, const T*, T*, T*);               \
  template void rmsprop_update(Size, const RmsPropStep<T>&, const T*, T*, T*); \
  template void adam_update(Size, const AdamStep<T>&, const T*, T*, T*, T*);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad::kernels
