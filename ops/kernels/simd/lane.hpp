// The number type that elementwise code is written in: a class around a SIMD vector, so that one generic lambda runs on
// whole vectors, on duals of them (fuse) and on Vars (recorded derivatives), and the functions it calls are found by
// argument-dependent lookup. The vector carries its width in its type, so code for different instruction sets never
// shares a name.
//
// Copying is written out and not defaulted: a class with a copy constructor of its own is passed through memory when a
// call is not inlined, whatever the instruction sets of the two sides, so such a call is slow and never wrong.
#pragma once
#include <cmath>
#include <concepts>
#include <limits>

#include "vector.hpp"

namespace xgrad {

/// gelu(x) = x (1 + tanh(gelu_inner (x + gelu_cubic x^3))) / 2: sqrt(2 / pi) and the paper's fitted constant.
inline constexpr double gelu_inner = 0.79788456080286535588, gelu_cubic = 0.044715;

template <class B>
struct Lane {
  using Value = typename B::value_type;
  using Vector = typename B::Vector;
  static constexpr Size width = B::size;

  Vector v;

  Lane() : v{} {}
  Lane(const Lane& o) : v(o.v) {}
  Lane& operator=(const Lane& o) {
    v = o.v;
    return *this;
  }
  explicit Lane(const Vector& vector) : v(vector) {}
  template <class A>
  requires std::is_arithmetic_v<A> Lane(A a) : v{} {  // NOLINT: numbers mix with lanes
    const Value s = static_cast<Value>(a);
    for (Size i = 0; i < width; ++i) v[i] = s;  // one instruction; `v + s` would lose the sign of -0
  }

  static Lane load(const Value* p) { return Lane(Vector(*reinterpret_cast<const typename B::Unaligned*>(p))); }
  void store(Value* p) const { *reinterpret_cast<typename B::Unaligned*>(p) = v; }
  /// The first n elements of memory that has no more, the others zero; and back.
  static Lane load(const Value* p, Size n) {
    Lane a;
    for (Size i = 0; i < width; ++i)
      if (i < n) a.v[i] = p[i];
    return a;
  }
  void store(Value* p, Size n) const {
    for (Size i = 0; i < width; ++i)
      if (i < n) p[i] = v[i];
  }

  friend Lane operator+(const Lane& a, const Lane& b) { return Lane(a.v + b.v); }
  friend Lane operator-(const Lane& a, const Lane& b) { return Lane(a.v - b.v); }
  friend Lane operator*(const Lane& a, const Lane& b) { return Lane(a.v * b.v); }
  friend Lane operator/(const Lane& a, const Lane& b) { return Lane(a.v / b.v); }
  friend Lane operator-(const Lane& a) { return Lane(-a.v); }
  /// a b + c, rounded once where the processor can.
  friend Lane fma(const Lane& a, const Lane& b, const Lane& c) { return Lane(a.v * b.v + c.v); }

  friend Lane square(const Lane& a) { return a * a; }
  friend Lane sqrt(const Lane& a) {
    Lane y;
    for (Size i = 0; i < width; ++i) y.v[i] = std::sqrt(a.v[i]);
    return y;
  }
  /// 1 / sqrt(a) for normal numbers a; in float to 2 ulp, without the slow instructions for roots and quotients.
  friend Lane reciprocal_sqrt(const Lane& a) {
    if constexpr (sizeof(Value) == 8) {
      return 1 / sqrt(a);
    } else {  // half the exponent's bits, negated, are a first guess to 3.5 %; Newton's iteration squares the error
      Lane y((Vector)(0x5f3759dfu - ((typename B::Modular)a.v >> 1)));
      const Lane half = a * Lane(0.5);
      for (int i = 0; i < 3; ++i) y = y * fma(-half * y, y, Lane(1.5));
      return y;
    }
  }
  friend Lane abs(const Lane& a) { return Lane((Vector)((Bits)a.v & magnitude)); }
  /// |a| with the sign of b.
  friend Lane copysign(const Lane& a, const Lane& b) {
    return Lane((Vector)(((Bits)a.v & magnitude) | ((Bits)b.v & ~magnitude)));
  }
  friend Lane sigmoid(const Lane& a) {
    const Lane e = exp(-abs(a));  // exp(-a) overflows where the value is a subnormal number, and not yet zero
    return Lane(a.v < 0 ? e.v : Lane(1).v) / (1 + e);
  }

  // NaN goes through all of these, as it does in NumPy.
  friend Lane relu(const Lane& a) { return Lane(a.v <= 0 ? Vector{} : a.v); }
  friend Lane maximum(const Lane& a, const Lane& b) { return Lane(a.v > b.v ? a.v : (b.v >= a.v ? b.v : a.v + b.v)); }
  friend Lane minimum(const Lane& a, const Lane& b) { return Lane(a.v < b.v ? a.v : (b.v <= a.v ? b.v : a.v + b.v)); }
  friend Lane clip(const Lane& a, const Lane& low, const Lane& high) { return minimum(maximum(a, low), high); }
  friend Lane gelu(const Lane& x) {
    const Lane inner = Lane(gelu_inner) * (x + Lane(gelu_cubic) * (x * square(x)));
    return Lane(0.5) * x * (Lane(1) + tanh(inner));
  }

  // Piecewise constants: what the derivatives of the above are made of.
  friend Lane heaviside(const Lane& a) { return Lane(a.v > 0 ? Lane(1).v : Vector{}); }
  friend Lane sign(const Lane& a) { return heaviside(a) - heaviside(-a); }
  /// 1 where a > b, 1/2 where they tie, else 0: a's share of the derivative of maximum(a, b).
  friend Lane share(const Lane& a, const Lane& b) {
    return Lane(a.v > b.v ? Lane(1).v : (a.v == b.v ? Lane(0.5).v : Vector{}));
  }

  // Element by element: libm's pow is exact where a product of exp and log is not, and knows negative bases.
  friend Lane pow(const Lane& a, const Lane& b) {
    return each(a, b, [](Value x, Value y) { return std::pow(x, y); });
  }
  /// The derivative of pow(a, b) by a, b a^(b - 1), which is 0 for b = 0 also at a = 0.
  friend Lane pow_slope(const Lane& a, const Lane& b) {
    return each(a, b, [](Value x, Value y) { return y == Value(0) ? Value(0) : y * std::pow(x, y - Value(1)); });
  }
  /// a log b, which is 0 for a = 0 also at b = 0.
  friend Lane xlogy(const Lane& a, const Lane& b) {
    return each(a, b, [](Value x, Value y) { return x == Value(0) ? Value(0) : x * std::log(y); });
  }

 private:
  using Bits = typename B::Bits;
  static constexpr auto magnitude = typename B::Int(std::numeric_limits<typename B::Int>::max());  // all but the sign

  template <class F>
  static Lane each(const Lane& a, const Lane& b, F f) {
    Lane y;
    for (Size i = 0; i < width; ++i) y.v[i] = f(a.v[i], b.v[i]);
    return y;
  }
};

}  // namespace xgrad

#include "elementary.hpp"
#include "plain.hpp"
