// exp, log and tanh on lanes, for float and double alike.
//
// Each is reduced to a small interval on which its power series converges fast; the coefficients are those of Taylor's
// series and so need no table. With ln 2 = high + low, `high` short enough for n high to be exact:
//
//   exp   x = n ln2 + r, |r| <= ln2 / 2; exp(x) = 2^n exp(r)
//   tanh  e = exp(2 |x|) - 1 without cancellation, tanh |x| = e / (e + 2)
//   log   x = 2^n m, sqrt(1/2) <= m < sqrt(2), f = m - 1, s = f / (2 + f); log m = 2 artanh(s)
//
// The largest errors that tests/ops/elementary_test.cpp finds are 1.05 units of the last place for exp, 0.93 for log
// and 2.45 for tanh, and 2.2 for sigmoid (lane.hpp), which is made of exp. It also pins the ends of the ranges:
// subnormal results, overflow, infinities, NaN and signed zeros.
#pragma once
#include <array>

#include "lane.hpp"

namespace xgrad::elementary {

template <class T>
inline constexpr bool is_float = sizeof(T) == 4;

// High part of ln 2 with 9 bits (float) or 36 (double), and what is missing.
template <class T>
inline constexpr T ln2_high = is_float<T> ? T(0x1.63p-1) : T(0x1.62e42fefap-1);
template <class T>
inline constexpr T ln2_low = T(0.693147180559945309417232121458L - static_cast<long double>(ln2_high<T>));
inline constexpr double inverse_ln2 = 1.4426950408889634074;

// 1 / k!, for k up to the first term that no longer counts at |r| = ln2 / 2.
template <class T>
inline constexpr int exp_terms = is_float<T> ? 7 : 13;
template <class T>
inline constexpr auto inverse_factorials = [] {
  std::array<T, 14> c{};
  long double value = 1;
  for (std::size_t k = 0; k < c.size(); ++k) {
    c[k] = T(value);
    value /= static_cast<long double>(k + 1);
  }
  return c;
}();

// Whole numbers by adding and taking away 1.5 2^mantissa_bits: what lies behind the point has no room there.
template <class B>
inline constexpr auto magic = typename B::value_type(3) *
                              typename B::value_type(typename B::Int(1) << (B::mantissa_bits - 1));
template <class B>
XGRAD_INLINE Lane<B> nearest(const Lane<B>& a) {
  return Lane<B>((a.v + magic<B>)-magic<B>);
}

/// 2^n for whole n within the exponents of normal numbers.
template <class B>
XGRAD_INLINE Lane<B> two_to_the(const Lane<B>& n) {
  const auto biased = (typename B::Bits)(n.v + (magic<B> + typename B::value_type(B::exponent_bias)));
  return Lane<B>((typename B::Vector)(biased << B::mantissa_bits));
}

/// exp(r) - 1 for |r| <= ln2 / 2.
template <class B>
XGRAD_INLINE Lane<B> exp_minus_one(const Lane<B>& r) {
  using T = typename B::value_type;
  constexpr int terms = exp_terms<T>;
  Lane<B> q = inverse_factorials<T>[std::size_t(terms)];
  XGRAD_UNROLL
  for (int k = terms - 1; k >= 2; --k) q = fma(q, r, Lane<B>(inverse_factorials<T>[std::size_t(k)]));
  return fma(q, r * r, r);
}

/// x - n ln2.
template <class B>
XGRAD_INLINE Lane<B> without_twos(const Lane<B>& x, const Lane<B>& n) {
  using T = typename B::value_type;
  return fma(n, Lane<B>(-ln2_low<T>), fma(n, Lane<B>(-ln2_high<T>), x));
}

}  // namespace xgrad::elementary

namespace xgrad {

template <class T, int Bytes>
XGRAD_INLINE Lane<Simd<T, Bytes>> exp(const Lane<Simd<T, Bytes>>& x) {
  using namespace elementary;
  using L = Lane<Simd<T, Bytes>>;
  constexpr T zero_below = is_float<T> ? T(-105) : T(-746), infinite_above = is_float<T> ? T(89) : T(710);
  L y(x.v < zero_below ? L(zero_below).v : x.v);  // NaN stays
  y.v = y.v > infinite_above ? L(infinite_above).v : y.v;
  const L n = nearest(y * L(inverse_ln2)), half = nearest(n * L(0.5));  // 2^n itself may be no normal number
  return (exp_minus_one(without_twos(y, n)) + 1) * two_to_the(half) * two_to_the(n - half);
}

template <class T, int Bytes>
XGRAD_INLINE Lane<Simd<T, Bytes>> tanh(const Lane<Simd<T, Bytes>>& x) {
  using namespace elementary;
  using L = Lane<Simd<T, Bytes>>;
  constexpr T one_above = is_float<T> ? T(20) : T(40);  // of 2 |x|: tanh rounds to 1
  L a = abs(x);
  a = a + a;
  a.v = a.v > one_above ? L(one_above).v : a.v;
  const L n = nearest(a * L(inverse_ln2)), scale = two_to_the(n);
  const L e = fma(exp_minus_one(without_twos(a, n)), scale, scale - 1);
  return copysign(e / (e + 2), x);
}

template <class T, int Bytes>
XGRAD_INLINE Lane<Simd<T, Bytes>> log(const Lane<Simd<T, Bytes>>& x) {
  using namespace elementary;
  using B = Simd<T, Bytes>;
  using L = Lane<B>;
  using Bits = typename B::Bits;
  using Modular = typename B::Modular;
  constexpr T infinity = std::numeric_limits<T>::infinity(), smallest = std::numeric_limits<T>::min();
  constexpr auto root_half = bits_of(T(0.70710678118654752440));
  constexpr auto mantissa = (typename B::Int(1) << B::mantissa_bits) - 1;
  // Subnormal numbers have no exponent of their own: scaled up by 2^54.
  const auto tiny = x.v < smallest;
  const Bits offset =
      (Bits)((Modular)(tiny ? x.v * T(1ull << 54) : x.v) - std::make_unsigned_t<typename B::Int>(root_half));
  const L f((typename B::Vector)((offset & mantissa) + root_half) - T(1));
  L n((typename B::Vector)((offset >> B::mantissa_bits) + bits_of(magic<B>)) - magic<B>);
  n.v -= tiny ? L(54).v : typename B::Vector{};

  const L s = f / (f + 2), z = s * s;
  constexpr int terms = is_float<T> ? 5 : 11;  // R = 2 z (1/3 + z/5 + z^2/7 + ...)
  L r = T(2) / T(2 * terms + 1);
  XGRAD_UNROLL
  for (int k = terms - 1; k >= 1; --k) r = fma(r, z, L(T(2) / T(2 * k + 1)));
  r = r * z;
  const L y = fma(n, L(ln2_high<T>), fma(n, L(ln2_low<T>), -(s * (f - r))) + f);
  const auto special = x.v == 0 ? L(-infinity).v : (x.v < infinity ? L(std::numeric_limits<T>::quiet_NaN()).v : x.v);
  const auto finite = (x.v > 0) & (x.v < infinity);
  return L(finite ? y.v : special);
}

}  // namespace xgrad
