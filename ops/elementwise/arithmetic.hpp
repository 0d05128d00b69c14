// Arithmetic, broadcast by NumPy's rule; numbers of any arithmetic type mix with Vars.
// Binary ops throw ShapeError where shapes do not broadcast.
#pragma once
#include <complex>
#include <type_traits>

#include "../../autograd/rules/linear_maps.hpp"
#include "../../autograd/tape/parameter.hpp"
#include "../../autograd/tape/var.hpp"
#include "../op_info.hpp"

namespace xgrad {

template <class A>
concept Number = std::is_arithmetic_v<A> || std::is_same_v<A, std::complex<double>>;

template <class T>
Var<T> sub(const Var<T>& a, const Var<T>& b);
template <class T>
Var<T> mul(const Var<T>& a, const Var<T>& b);
template <class T>
Var<T> div(const Var<T>& a, const Var<T>& b);
/// s x.
template <class T>
Var<T> scale(const Var<T>& x, std::type_identity_t<T> s);
/// x + s.
template <class T>
Var<T> shift(const Var<T>& x, std::type_identity_t<T> s);
/// x / s.
template <class T>
Var<T> div_scalar(const Var<T>& x, std::type_identity_t<T> s);
/// s / x.
template <class T>
Var<T> scalar_div(std::type_identity_t<T> s, const Var<T>& x);

/// a^b for arrays. NaN where a is negative and b no whole number, as in C. The derivative by b is y log a, and 0 where
/// y is 0.
template <class T>
Var<T> pow(const Var<T>& a, const Var<T>& b);
/// The derivative of a^b by a, b a^(b - 1); 0 for b = 0 also at a = 0, with its own derivative by a.
template <class T>
Var<T> pow_slope(const Var<T>& a, const Var<T>& b);
/// a log b; 0 for a = 0 also at b = 0, with its derivative by b.
template <class T>
Var<T> xlogy(const Var<T>& a, const Var<T>& b);

/// The larger of the two, elementwise. Where they tie, each gets half of the gradient. NaN wins.
template <class T>
Var<T> maximum(const Var<T>& a, const Var<T>& b);
/// The smaller of the two; ties and NaN as in maximum.
template <class T>
Var<T> minimum(const Var<T>& a, const Var<T>& b);
/// 1 where a > b, 1/2 where they tie, else 0. Piecewise constant: its derivative is zero.
template <class T>
Var<T> share(const Var<T>& a, const Var<T>& b);

/// x limited to [low, high]. At a bound x ties with it and gets half of the gradient, at both at once a quarter.
/// Throws ValueError where low > high or one is NaN.
template <class T>
Var<T> clip(const Var<T>& x, std::type_identity_t<T> low, std::type_identity_t<T> high);

template <class T>
Var<T> pow_scalar(const Var<T>& x, std::type_identity_t<T> p);
/// x^p for a number p.
template <class T, Number A>
Var<T> pow(const Var<T>& x, A p) {
  return pow_scalar(x, static_cast<T>(p));
}

// clang-format off
template <class T> Var<T> operator+(const Var<T>& a, const Var<T>& b) { return add(a, b); }
template <class T> Var<T> operator-(const Var<T>& a, const Var<T>& b) { return sub(a, b); }
template <class T> Var<T> operator*(const Var<T>& a, const Var<T>& b) { return mul(a, b); }
template <class T> Var<T> operator/(const Var<T>& a, const Var<T>& b) { return div(a, b); }
template <class T> Var<T> operator-(const Var<T>& x) { return scale(x, T(-1)); }
template <class T, Number A> Var<T> operator+(const Var<T>& x, A s) { return shift(x, static_cast<T>(s)); }
template <class T, Number A> Var<T> operator+(A s, const Var<T>& x) { return shift(x, static_cast<T>(s)); }
template <class T, Number A> Var<T> operator-(const Var<T>& x, A s) { return shift(x, -static_cast<T>(s)); }
template <class T, Number A> Var<T> operator-(A s, const Var<T>& x) { return shift(scale(x, T(-1)), static_cast<T>(s)); }
template <class T, Number A> Var<T> operator*(const Var<T>& x, A s) { return scale(x, static_cast<T>(s)); }
template <class T, Number A> Var<T> operator*(A s, const Var<T>& x) { return scale(x, static_cast<T>(s)); }
template <class T, Number A> Var<T> operator/(const Var<T>& x, A s) { return div_scalar(x, static_cast<T>(s)); }
template <class T, Number A> Var<T> operator/(A s, const Var<T>& x) { return scalar_div(static_cast<T>(s), x); }
template <class T> Var<T>& operator+=(Var<T>& a, const std::type_identity_t<Var<T>>& b) { return a = add(a, b); }
template <class T> Var<T>& operator-=(Var<T>& a, const std::type_identity_t<Var<T>>& b) { return a = sub(a, b); }
template <class T> Var<T>& operator*=(Var<T>& a, const std::type_identity_t<Var<T>>& b) { return a = mul(a, b); }
// A Parameter names a value that is written by mutable_value() or an optimiser; w -= ... would only make it another Var.
template <class T> void operator+=(Parameter<T>& a, const std::type_identity_t<Var<T>>& b) = delete;
template <class T> void operator-=(Parameter<T>& a, const std::type_identity_t<Var<T>>& b) = delete;
template <class T> void operator*=(Parameter<T>& a, const std::type_identity_t<Var<T>>& b) = delete;
// clang-format on

// The same with a number in the second place.
template <class T>
Var<T> number_like(const Var<T>& x, T s);  // a constant on the current tape
template <class T, Number A>
Var<T> maximum(const Var<T>& x, A s) {
  return maximum(x, number_like(x, static_cast<T>(s)));
}
template <class T, Number A>
Var<T> minimum(const Var<T>& x, A s) {
  return minimum(x, number_like(x, static_cast<T>(s)));
}
template <class T, Number A>
Var<T> pow_slope(const Var<T>& x, A p) {
  const T exponent = static_cast<T>(p);  // 0 x^-1 would not be 0 at x = 0
  return exponent == T(0) ? number_like(x, T(0)) : exponent * pow_scalar(x, exponent - T(1));
}
template <class T, Number A>
Var<T> share(const Var<T>& x, A s) {
  return share(x, number_like(x, static_cast<T>(s)));
}

template <class T>
std::vector<OpInfo<T>> arithmetic_ops();

}  // namespace xgrad
