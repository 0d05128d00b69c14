// Forward-mode numbers: a value and its N partial derivatives. The value is a Lane, and then the partials of a fused
// function come out of one loop, or a Var, and then they are recorded as ops and can be differentiated again.
#pragma once
#include <array>

#include "../elementwise/arithmetic.hpp"
#include "../elementwise/function_objects.hpp"
#include "../elementwise/functions.hpp"

namespace xgrad {

// A partial derivative on lanes, or none where the function does not depend on the input: a number 0 would be no number
// after a product with an infinite slope. Once a lambda is inlined, nothing is left of `some`.
template <class B>
struct LanePartial {
  Lane<B> v;
  bool some = false;
};
template <class V>
struct PartialType {
  using type = V;
};
template <class B>
struct PartialType<Lane<B>> {
  using type = LanePartial<B>;
};

// Products and sums in which none and an empty Var are zero, so that what does not depend on an input records nothing.
template <class B>
LanePartial<B> times(const LanePartial<B>& partial, const Lane<B>& factor) {
  return partial.some ? LanePartial<B>{partial.v * factor, true} : partial;
}
template <class B>
LanePartial<B> plus(const LanePartial<B>& a, const LanePartial<B>& b) {
  return a.some && b.some ? LanePartial<B>{a.v + b.v, true} : a.some ? a : b;
}
template <class T>
Var<T> times(const Var<T>& partial, const Var<T>& factor) {
  return partial ? partial * factor : partial;
}
template <class T>
Var<T> plus(const Var<T>& a, const Var<T>& b) {
  return a && b ? a + b : a ? a : b;
}

template <class V, int N>
struct Dual {
  using Partial = typename PartialType<V>::type;
  V v;
  std::array<Partial, N> d;

  /// g(v), whose derivative at v is `slope`.
  Dual chain(const V& value, const V& slope) const {
    Dual y{value, d};
    for (Partial& partial : y.d) partial = times(partial, slope);
    return y;
  }
  /// g(a, b), whose derivatives are `by_a` and `by_b`.
  static Dual chain(const V& value, const Dual& a, const V& by_a, const Dual& b, const V& by_b) {
    Dual y{value, {}};
    for (std::size_t i = 0; i < N; ++i) y.d[i] = plus(times(a.d[i], by_a), times(b.d[i], by_b));
    return y;
  }

  friend Dual operator+(const Dual& a, const Dual& b) {
    Dual y{a.v + b.v, {}};
    for (std::size_t i = 0; i < N; ++i) y.d[i] = plus(a.d[i], b.d[i]);
    return y;
  }
  friend Dual operator-(const Dual& a, const Dual& b) { return a + (-b); }
  friend Dual operator*(const Dual& a, const Dual& b) { return chain(a.v * b.v, a, b.v, b, a.v); }
  friend Dual operator/(const Dual& a, const Dual& b) {
    const V y = a.v / b.v;
    return chain(y, a, 1.0 / b.v, b, -y / b.v);
  }
  friend Dual operator-(const Dual& a) { return a * -1.0; }

  // With plain numbers, which have no derivative.
  template <Number A>
  friend Dual operator+(const Dual& a, A s) {
    return {a.v + s, a.d};
  }
  template <Number A>
  friend Dual operator+(A s, const Dual& a) {
    return {a.v + s, a.d};
  }
  template <Number A>
  friend Dual operator-(const Dual& a, A s) {
    return {a.v - s, a.d};
  }
  template <Number A>
  friend Dual operator-(A s, const Dual& a) {
    return -a + s;
  }
  template <Number A>
  friend Dual operator*(const Dual& a, A s) {
    Dual y{a.v * s, a.d};
    for (Partial& partial : y.d) partial = scaled(partial, s);
    return y;
  }
  template <Number A>
  friend Dual operator*(A s, const Dual& a) {
    return a * s;
  }
  template <Number A>
  friend Dual operator/(const Dual& a, A s) {
    return a * (1.0 / static_cast<double>(s));
  }
  template <Number A>
  friend Dual operator/(A s, const Dual& a) {
    const V y = s / a.v;
    return a.chain(y, -y / a.v);
  }

  friend Dual exp(const Dual& a) { return a.template of<functions::Exp>(exp(a.v)); }
  friend Dual log(const Dual& a) { return a.template of<functions::Log>(log(a.v)); }
  friend Dual sqrt(const Dual& a) { return a.template of<functions::Sqrt>(sqrt(a.v)); }
  friend Dual square(const Dual& a) { return a.template of<functions::Square>(square(a.v)); }
  friend Dual abs(const Dual& a) { return a.template of<functions::Abs>(abs(a.v)); }
  friend Dual tanh(const Dual& a) { return a.template of<functions::Tanh>(tanh(a.v)); }
  friend Dual sigmoid(const Dual& a) { return a.template of<functions::Sigmoid>(sigmoid(a.v)); }
  friend Dual relu(const Dual& a) { return a.template of<functions::Relu>(relu(a.v)); }
  friend Dual gelu(const Dual& a) { return a.template of<functions::Gelu>(gelu(a.v)); }
  template <Number A>
  friend Dual pow(const Dual& a, A s) {
    return a.chain(pow(a.v, s), pow_slope(a.v, s));
  }
  template <Number A>
  friend Dual maximum(const Dual& a, A s) {
    return a.chain(maximum(a.v, s), share(a.v, s));
  }
  template <Number A>
  friend Dual minimum(const Dual& a, A s) {
    return a.chain(minimum(a.v, s), 1.0 - share(a.v, s));
  }
  template <Number A, Number C>
  friend Dual clip(const Dual& a, A low, C high) {
    return minimum(maximum(a, low), high);
  }
  friend Dual maximum(const Dual& a, const Dual& b) { return both<functions::Maximum>(maximum(a.v, b.v), a, b); }
  friend Dual minimum(const Dual& a, const Dual& b) { return both<functions::Minimum>(minimum(a.v, b.v), a, b); }

 private:
  template <class F>
  Dual of(const V& y) const {
    return chain(y, F{}.d(v, y));
  }
  template <class F>
  static Dual both(const V& y, const Dual& a, const Dual& b) {
    return chain(y, a, F{}.d0(a.v, b.v, y), b, F{}.d1(a.v, b.v, y));
  }
  template <class B, Number A>
  static LanePartial<B> scaled(const LanePartial<B>& partial, A s) {
    return times(partial, Lane<B>(s));
  }
  template <class T, Number A>
  static Var<T> scaled(const Var<T>& partial, A s) {
    return partial ? partial * s : partial;
  }
};

}  // namespace xgrad
