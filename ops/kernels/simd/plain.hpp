// A lane of one number, without SIMD: what elementwise code runs on where there are no batches, for complex numbers
// above all. Written as one writes it down, so that it can stand beside Lane as its reference.
//
// Complex numbers are here for the complex step: f(x + ih) = f(x) + ih f'(x) + O(h^2). So what branches in the real
// function branches on the real part, and |z| is z or -z: no modulus, no conjugate.
#pragma once
#include <cmath>
#include <complex>

#include "lane.hpp"

namespace xgrad {

template <class V>
struct Plain {
  using value_type = V;
  static constexpr std::size_t size = 1;
};

template <class V>
struct Lane<Plain<V>> {
  using Value = V;
  static constexpr Size width = 1;

  V v;

  Lane() : v(0) {}
  Lane(V value) : v(value) {}  // NOLINT: a lane is a number
  template <class A>
  requires std::is_arithmetic_v<A> &&(!std::is_same_v<A, V>)Lane(A a) : v(static_cast<V>(a)) {}  // NOLINT

  static Lane load(const V* p) { return *p; }
  void store(V* p) const { *p = v; }
  static Lane load(const V* p, Size) { return *p; }
  void store(V* p, Size) const { *p = v; }

  friend Lane operator+(Lane a, Lane b) { return a.v + b.v; }
  friend Lane operator-(Lane a, Lane b) { return a.v - b.v; }
  friend Lane operator*(Lane a, Lane b) { return a.v * b.v; }
  friend Lane operator/(Lane a, Lane b) { return a.v / b.v; }
  friend Lane operator-(Lane a) { return -a.v; }

  friend Lane exp(Lane a) { return std::exp(a.v); }
  friend Lane log(Lane a) { return std::log(a.v); }
  friend Lane sqrt(Lane a) { return std::sqrt(a.v); }
  friend Lane reciprocal_sqrt(Lane a) { return V(1) / std::sqrt(a.v); }
  friend Lane tanh(Lane a) { return std::tanh(a.v); }
  friend Lane square(Lane a) { return a.v * a.v; }
  friend Lane sigmoid(Lane a) { return V(1) / (V(1) + std::exp(-a.v)); }
  friend Lane abs(Lane a) { return a.real() < 0 ? -a.v : a.v; }
  friend Lane gelu(Lane x) {
    return V(0.5) * x.v * (V(1) + std::tanh(gelu_inner * (x.v + gelu_cubic * x.v * x.v * x.v)));
  }

  friend Lane relu(Lane a) { return a.real() <= 0 ? V(0) : a.v; }
  friend Lane maximum(Lane a, Lane b) { return a.real() > b.real() ? a.v : b.real() >= a.real() ? b.v : a.v + b.v; }
  friend Lane minimum(Lane a, Lane b) { return a.real() < b.real() ? a.v : b.real() <= a.real() ? b.v : a.v + b.v; }
  friend Lane clip(Lane a, Lane low, Lane high) { return minimum(maximum(a, low), high); }
  friend Lane heaviside(Lane a) { return V(a.real() > 0 ? 1 : 0); }
  friend Lane sign(Lane a) { return V((a.real() > 0) - (a.real() < 0)); }
  friend Lane share(Lane a, Lane b) { return V(a.real() > b.real() ? 1 : a.real() == b.real() ? 0.5 : 0); }

  /// Through logarithms, which want a positive real part: whole powers of others are those of -a, but for the sign.
  friend Lane pow(Lane a, Lane b) {
    const auto n = b.real();
    if (a.real() >= 0 || b.v != V(n) || n != std::floor(n)) return std::pow(a.v, b.v);
    const V positive = std::pow(-a.v, b.v);
    return std::fmod(n, 2) == 0 ? positive : -positive;
  }
  friend Lane pow_slope(Lane a, Lane b) { return b.v == V(0) ? Lane(0) : b * pow(a, b - Lane(1)); }
  friend Lane xlogy(Lane a, Lane b) { return a.v == V(0) ? V(0) : a.v * std::log(b.v); }

 private:
  auto real() const { return std::real(v); }
};

}  // namespace xgrad
