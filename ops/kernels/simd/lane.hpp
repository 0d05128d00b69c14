// The number type that elementwise code is written in: a class around a SIMD batch, so that one generic lambda runs on
// whole vectors, on duals of them (fuse) and on Vars (recorded derivatives), and the functions it calls are found by
// argument-dependent lookup. The batch carries its instruction set in its type, so code compiled for different ones
// never shares a name.
#pragma once
#include <cmath>
#include <concepts>
#include <limits>
#include <xsimd/xsimd.hpp>

#include "../../../autograd/core/shape.hpp"

namespace xgrad {

/// gelu(x) = x (1 + tanh(gelu_inner (x + gelu_cubic x^3))) / 2: sqrt(2 / pi) and the paper's fitted constant.
inline constexpr double gelu_inner = 0.79788456080286535588, gelu_cubic = 0.044715;

template <class B>
struct Lane {
  using Value = typename B::value_type;
  static constexpr Size width = static_cast<Size>(B::size);

  B v;

  Lane() : v(Value(0)) {}
  Lane(B b) : v(b) {}  // NOLINT: a lane is a batch
  template <class A>
  requires std::is_arithmetic_v<A> Lane(A a) : v(static_cast<Value>(a)) {}  // NOLINT: numbers mix with lanes

  static Lane load(const Value* p) { return B::load_unaligned(p); }
  void store(Value* p) const { v.store_unaligned(p); }

  friend Lane operator+(Lane a, Lane b) { return a.v + b.v; }
  friend Lane operator-(Lane a, Lane b) { return a.v - b.v; }
  friend Lane operator*(Lane a, Lane b) { return a.v * b.v; }
  friend Lane operator/(Lane a, Lane b) { return a.v / b.v; }
  friend Lane operator-(Lane a) { return -a.v; }

  friend Lane exp(Lane a) { return xsimd::exp(a.v); }
  // xsimd's logarithm takes subnormal numbers for larger ones: they are scaled up, by a power of two, first.
  friend Lane log(Lane a) {
    const auto tiny = a.v < B(std::numeric_limits<Value>::min());
    if (!xsimd::any(tiny)) return xsimd::log(a.v);
    constexpr Value shift = 54, ln2 = static_cast<Value>(0.69314718055994530942);
    return xsimd::select(tiny, xsimd::log(a.v * B(static_cast<Value>(1ull << 54))) - B(shift * ln2), xsimd::log(a.v));
  }
  friend Lane sqrt(Lane a) { return xsimd::sqrt(a.v); }
  friend Lane abs(Lane a) { return xsimd::abs(a.v); }
  friend Lane tanh(Lane a) { return xsimd::tanh(a.v); }
  friend Lane square(Lane a) { return a.v * a.v; }
  friend Lane sigmoid(Lane a) { return B(Value(1)) / (B(Value(1)) + xsimd::exp(-a.v)); }

  // NaN goes through all of these, as it does in NumPy.
  friend Lane relu(Lane a) { return xsimd::select(a.v <= B(Value(0)), B(Value(0)), a.v); }
  friend Lane maximum(Lane a, Lane b) {
    return xsimd::select(a.v > b.v, a.v, xsimd::select(b.v >= a.v, b.v, a.v + b.v));
  }
  friend Lane minimum(Lane a, Lane b) {
    return xsimd::select(a.v < b.v, a.v, xsimd::select(b.v <= a.v, b.v, a.v + b.v));
  }

  friend Lane clip(Lane a, Lane low, Lane high) { return minimum(maximum(a, low), high); }
  friend Lane gelu(Lane x) {
    const Lane inner = Lane(gelu_inner) * (x + Lane(gelu_cubic) * (x * square(x)));
    return Lane(0.5) * x * (Lane(1) + tanh(inner));
  }

  // Piecewise constants: what the derivatives of the above are made of.
  friend Lane heaviside(Lane a) { return xsimd::select(a.v > B(Value(0)), B(Value(1)), B(Value(0))); }
  friend Lane sign(Lane a) { return heaviside(a).v - heaviside(-a).v; }
  /// 1 where a > b, 1/2 where they tie, else 0: a's share of the derivative of maximum(a, b).
  friend Lane share(Lane a, Lane b) {
    return xsimd::select(a.v > b.v, B(Value(1)), xsimd::select(a.v == b.v, B(Value(0.5)), B(Value(0))));
  }

  // Element by element: libm's pow is exact where a product of exp and log is not, and knows negative bases.
  friend Lane pow(Lane a, Lane b) {
    return each(a, b, [](Value x, Value y) { return std::pow(x, y); });
  }
  template <class A>
  requires std::is_arithmetic_v<A>
  friend Lane pow(Lane a, A s) {  // or argument-dependent lookup prefers xsimd's own template for whole numbers
    return pow(a, Lane(s));
  }
  /// The derivative of pow(a, b) by a, b a^(b - 1), which is 0 for b = 0 also at a = 0.
  friend Lane pow_slope(Lane a, Lane b) {
    return each(a, b, [](Value x, Value y) { return y == Value(0) ? Value(0) : y * std::pow(x, y - Value(1)); });
  }
  /// a log b, which is 0 for a = 0 also at b = 0.
  friend Lane xlogy(Lane a, Lane b) {
    return each(a, b, [](Value x, Value y) { return x == Value(0) ? Value(0) : x * std::log(y); });
  }

 private:
  template <class F>
  static Lane each(Lane a, Lane b, F f) {
    Value x[B::size], y[B::size];
    a.store(x);
    b.store(y);
    for (std::size_t i = 0; i < B::size; ++i) x[i] = f(x[i], y[i]);
    return load(x);
  }
};

/// The lane in which elements of type T are computed.
template <class T>
struct LaneType {
  using type = Lane<xsimd::batch<T>>;
};
template <class T>
using LaneOf = typename LaneType<T>::type;

}  // namespace xgrad

#include "plain.hpp"
