// The elementwise ops, one struct each: the function and its partial derivatives, as generic code. On lanes `f` and `d`
// make the kernels, on Vars `d` makes vjp and jvp (rules.hpp). Adding an op is: a struct here, its line in the list at
// the end, and its declaration and samples beside the others.
//
// Conventions where there is no derivative: relu'(0) = 0 and abs'(0) = 0; where arguments of maximum, minimum, max or
// clip tie, they share the gradient equally; sqrt'(0) and log'(0) are infinite.
#pragma once
#include "../kernels/simd/lane.hpp"

namespace xgrad::functions {

// ---- one argument: f(x), d(x, y) = dy/dx

struct Exp {
  static constexpr const char* name = "exp";
  auto f(auto x) const { return exp(x); }
  auto d(auto, auto y) const { return y; }
};

struct Log {
  static constexpr const char* name = "log";
  auto f(auto x) const { return log(x); }
  auto d(auto x, auto) const { return 1.0 / x; }
};

struct Sqrt {
  static constexpr const char* name = "sqrt";
  auto f(auto x) const { return sqrt(x); }
  auto d(auto, auto y) const { return 0.5 / y; }
};

struct Square {
  static constexpr const char* name = "square";
  auto f(auto x) const { return square(x); }
  auto d(auto x, auto) const { return 2.0 * x; }
};

struct Abs {
  static constexpr const char* name = "abs";
  auto f(auto x) const { return abs(x); }
  auto d(auto x, auto) const { return sign(x); }
};

// From y alone: x need not be kept, and tanh is not computed again. Where y has rounded to 1 the derivative is 0.
struct Tanh {
  static constexpr const char* name = "tanh";
  auto f(auto x) const { return tanh(x); }
  auto d(auto, auto y) const { return (1.0 - y) * (1.0 + y); }
};

struct Sigmoid {
  static constexpr const char* name = "sigmoid";
  auto f(auto x) const { return sigmoid(x); }
  auto d(auto, auto y) const { return y * (1.0 - y); }
};

struct Relu {
  static constexpr const char* name = "relu";
  auto f(auto x) const { return relu(x); }
  auto d(auto x, auto) const { return heaviside(x); }
};

// The tanh form of Hendrycks and Gimpel (arXiv 1606.08415): x (1 + tanh(a (x + b x^3))) / 2, a = sqrt(2 / pi).
struct Gelu {
  static constexpr const char* name = "gelu";
  static constexpr double a = gelu_inner, b = gelu_cubic;
  auto f(auto x) const { return gelu(x); }
  auto d(auto x, auto) const {
    const auto t = tanh(a * (x + b * (x * square(x))));
    return 0.5 * (1.0 + t) + 0.5 * x * ((1.0 - t) * (1.0 + t)) * (a + (3.0 * a * b) * square(x));
  }
};

struct Heaviside {
  static constexpr const char* name = "heaviside";
  static constexpr bool flat = true;
  auto f(auto x) const { return heaviside(x); }
};

struct Sign {
  static constexpr const char* name = "sign";
  static constexpr bool flat = true;
  auto f(auto x) const { return sign(x); }
};

// ---- one argument and numbers

template <class T>
struct Scale {
  static constexpr const char* name = "scale";
  T s;
  auto f(auto x) const { return s * x; }
  auto d(auto, auto) const { return s; }
};

template <class T>
struct OverNumber {  // x / s: not x times 1 / s, which is rounded twice
  static constexpr const char* name = "div_scalar";
  T s;
  auto f(auto x) const { return x / s; }
  auto d(auto, auto) const { return T(1) / s; }
};

template <class T>
struct DividedBy {  // s / x
  static constexpr const char* name = "scalar_div";
  T s;
  auto f(auto x) const { return s / x; }
  auto d(auto x, auto y) const { return -y / x; }
};

template <class T>
struct PowScalar {
  static constexpr const char* name = "pow_scalar";
  T exponent;
  auto f(auto x) const { return pow(x, exponent); }
  auto d(auto x, auto) const { return pow_slope(x, exponent); }
};

template <class T>
struct Clip {
  static constexpr const char* name = "clip";
  T low, high;
  auto f(auto x) const { return minimum(maximum(x, low), high); }
  auto d(auto x, auto) const { return share(x, low) * (1.0 - share(x, high)); }
};

// ---- two arguments: f(a, b), d0 = dy/da, d1 = dy/db

struct Mul {
  static constexpr const char* name = "mul";
  auto f(auto a, auto b) const { return a * b; }
  auto d0(auto, auto b, auto) const { return b; }
  auto d1(auto a, auto, auto) const { return a; }
};

struct Div {
  static constexpr const char* name = "div";
  auto f(auto a, auto b) const { return a / b; }
  auto d0(auto, auto b, auto) const { return 1.0 / b; }
  auto d1(auto, auto b, auto y) const { return -y / b; }
};

// 1 where both are zero, else 0: moves a quotient or an exponent off the one point where the formula for a derivative
// is 0 times infinity and the derivative is 0.
auto both_zero(auto a, auto b) { return 1.0 - sign(abs(a) + abs(b)); }

struct Pow {
  static constexpr const char* name = "pow";
  auto f(auto a, auto b) const { return pow(a, b); }
  auto d0(auto a, auto b, auto) const { return pow_slope(a, b); }
  auto d1(auto a, auto, auto y) const { return xlogy(y, a); }
};

struct PowSlope {  // b a^(b - 1)
  static constexpr const char* name = "pow_slope";
  auto f(auto a, auto b) const { return pow_slope(a, b); }
  auto d0(auto a, auto b, auto) const { return b * pow_slope(a, b - 1.0 + 2.0 * both_zero(a, b)); }
  auto d1(auto a, auto b, auto y) const { return pow(a, b - 1.0) + xlogy(y, a); }
};

struct XLogY {  // a log b
  static constexpr const char* name = "xlogy";
  auto f(auto a, auto b) const { return xlogy(a, b); }
  auto d0(auto, auto b, auto) const { return log(b); }
  auto d1(auto a, auto b, auto) const { return a / (b + both_zero(a, b)); }
};

struct Maximum {
  static constexpr const char* name = "maximum";
  auto f(auto a, auto b) const { return maximum(a, b); }
  auto d0(auto a, auto b, auto) const { return share(a, b); }
  auto d1(auto a, auto b, auto) const { return share(b, a); }
};

struct Minimum {
  static constexpr const char* name = "minimum";
  auto f(auto a, auto b) const { return minimum(a, b); }
  auto d0(auto a, auto b, auto) const { return share(b, a); }
  auto d1(auto a, auto b, auto) const { return share(a, b); }
};

struct Share {
  static constexpr const char* name = "share";
  static constexpr bool flat = true;
  auto f(auto a, auto b) const { return share(a, b); }
};

template <class F>
concept Flat = requires {
  requires F::flat;
};  // piecewise constant: its derivative is zero

}  // namespace xgrad::functions

// The lists from which kernels are instantiated.
#define XGRAD_UNARY_FUNCTIONS(X, T) \
  X(T, Exp)                         \
  X(T, Log)                         \
  X(T, Sqrt)                        \
  X(T, Square)                      \
  X(T, Abs)                         \
  X(T, Tanh)                        \
  X(T, Sigmoid)                     \
  X(T, Relu)                        \
  X(T, Gelu)                        \
  X(T, Heaviside) X(T, Sign) X(T, Scale<T>) X(T, OverNumber<T>) X(T, DividedBy<T>) X(T, PowScalar<T>) X(T, Clip<T>)
#define XGRAD_BINARY_FUNCTIONS(X, T) \
  X(T, Mul) X(T, Div) X(T, Pow) X(T, PowSlope) X(T, XLogY) X(T, Maximum) X(T, Minimum) X(T, Share)
