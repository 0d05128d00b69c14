#include "arithmetic.hpp"

#include <limits>

#include "../../autograd/core/loops.hpp"
#include "../../autograd/core/scalars.hpp"
#include "../samples.hpp"
#include "rules.hpp"

namespace xgrad {

namespace {

template <class T>
struct Sub {
  static constexpr const char* name = "sub";
  static constexpr int arity = 2, passes = 0;

  Shape shape(const Inputs<T>& x) const {
    return x.same_shape(0, 1) ? x.shape(0) : broadcast(name, x.shape(0), x.shape(1));
  }
  void forward(const Inputs<T>& x, const Output<T>& y) {
    loops::add(y.shape(), x[0], x.shape(0), x[1], x.shape(1), T(-1), y.data());
  }
  Var<T> vjp(const Context<T>&, int i, const Var<T>& y_bar) const { return i == 0 ? y_bar : -y_bar; }
  Var<T> jvp(const Context<T>& c, int i, const Var<T>& x_dot) const { return vjp(c, i, x_dot); }
  void accumulate(Pullback<T>& p) const {
    if (const Acc<T> b_bar = p.into(1)) {
      const T* y_bar = p.y_bar();
      T* out = b_bar.data();
      for (Size i = 0, n = p.size(); i < n; ++i) out[i] = (b_bar.add() ? out[i] : T(0)) - y_bar[i];
    }
    p.pass(0, false);
  }
};

template <class T>
struct Shift {
  static constexpr const char* name = "shift";
  static constexpr int arity = 1, passes = 0;
  T s;

  Shape shape(const Inputs<T>& x) const { return x.shape(0); }
  void forward(const Inputs<T>& x, const Output<T>& y) {
    for (Size i = 0, n = y.size(); i < n; ++i) y.data()[i] = x[0][i] + s;
  }
  Var<T> vjp(const Context<T>&, int, const Var<T>& y_bar) const { return y_bar; }
  Var<T> jvp(const Context<T>&, int, const Var<T>& x_dot) const { return x_dot; }
  void accumulate(Pullback<T>& p) const { p.pass(0, false); }
};

}  // namespace

template <class T>
Var<T> sub(const Var<T>& a, const Var<T>& b) {
  return record<T>(Sub<T>{}, a, b);
}

template <class T>
Var<T> shift(const Var<T>& x, std::type_identity_t<T> s) {
  return record<T>(Shift<T>{s}, x);
}

template <class T>
Var<T> scale(const Var<T>& x, std::type_identity_t<T> s) {
  return record<T>(UnaryRule<T, functions::Scale<T>>{{s}}, x);
}

template <class T>
Var<T> div_scalar(const Var<T>& x, std::type_identity_t<T> s) {
  return record<T>(UnaryRule<T, functions::OverNumber<T>>{{s}}, x);
}

template <class T>
Var<T> scalar_div(std::type_identity_t<T> s, const Var<T>& x) {
  return record<T>(UnaryRule<T, functions::DividedBy<T>>{{s}}, x);
}

template <class T>
Var<T> pow_scalar(const Var<T>& x, std::type_identity_t<T> p) {
  return record<T>(UnaryRule<T, functions::PowScalar<T>>{{p}}, x);
}

template <class T>
Var<T> clip(const Var<T>& x, std::type_identity_t<T> low, std::type_identity_t<T> high) {
  if (!(std::real(low) <= std::real(high)))
    fail<ValueError>("clip", "the bounds are not in order: low " + std::to_string(std::real(low)) + ", high " +
                                 std::to_string(std::real(high)));
  return record<T>(UnaryRule<T, functions::Clip<T>>{{low, high}}, x);
}

template <class T>
Var<T> number_like(const Var<T>&, T s) {
  return Tape<T>::require("constant").filled(Shape{}, s);
}

#define XGRAD_BINARY(function, Object)                          \
  template <class T>                                            \
  Var<T> function(const Var<T>& a, const Var<T>& b) {           \
    return record<T>(BinaryRule<T, functions::Object>{}, a, b); \
  }
XGRAD_BINARY(mul, Mul)
XGRAD_BINARY(div, Div)
XGRAD_BINARY(pow, Pow)
XGRAD_BINARY(pow_slope, PowSlope)
XGRAD_BINARY(xlogy, XLogY)
XGRAD_BINARY(maximum, Maximum)
XGRAD_BINARY(minimum, Minimum)
XGRAD_BINARY(share, Share)
#undef XGRAD_BINARY

namespace {

using samples::binary_kink, samples::binary_op, samples::grid, samples::uniform, samples::unary_kink, samples::unary_op;
constexpr double infinite = std::numeric_limits<double>::infinity();

// The kinks of a function that depends on the order of its arguments: its slope by a where a is the greater, where they
// tie and where it is the less, and what the slopes by both add up to.
template <class T, class F>
std::vector<Kink<T>> kinks_of_order(F f, double greater, double tie, double less, double both) {
  const auto rest = [=](double by_a) { return both - by_a; };
  return {
      binary_kink<T>("two rows that tie", f, {1, 2, 3}, {3, 2, 1}, {less, tie, greater},
                     {rest(less), rest(tie), rest(greater)}),
      binary_kink<T>("zeros of both signs", f, {0, -0.0}, {-0.0, 0}, {tie, tie}, {rest(tie), rest(tie)}),
      {"a row and a number",
       {samples::numbers<T>({1, 2, 3, 2}), Array<T>(T(2))},
       [f](std::span<const Var<T>> x) { return f(x[0], x[1]); },
       {samples::numbers<T>({less, tie, greater, tie}), Array<T>(static_cast<T>(4 * both - less - 2 * tie - greater))}},
      unary_kink<T>("an input and itself", [f](const Var<T>& x) { return f(x, x); }, {1, -2}, {both, both})};
}

template <class T>
std::vector<OpInfo<T>> order_ops() {
  const auto a = grid<T>(-1, 1, 0), b = grid<T>(-1, 1, 1.0 / 16);  // never tie
  const auto larger = [](const Var<T>& x, const Var<T>& y) { return maximum(x, y); };
  const auto smaller = [](const Var<T>& x, const Var<T>& y) { return minimum(x, y); };
  const auto step = [](const Var<T>& x, const Var<T>& y) { return share(x, y); };
  const auto limited = [](const Var<T>& x) { return clip(x, T(-0.5), T(0.75)); };
  const std::vector<Kink<T>> bounds = {
      unary_kink<T>("the bounds", limited, {-2, -0.5, 0, 0.75, 2}, {0, 0.5, 1, 0.5, 0}),
      unary_kink<T>("one bound twice", [](const Var<T>& x) { return clip(x, T(1), T(1)); }, {0, 1, 2}, {0, 0.25, 0})};
  return {
      binary_op<T>("maximum", larger, a, b, kinks_of_order<T>(larger, 1, 0.5, 0, 1), twice_differentiable),
      binary_op<T>("minimum", smaller, a, b, kinks_of_order<T>(smaller, 0, 0.5, 1, 1), twice_differentiable),
      binary_op<T>("share", step, a, b, kinks_of_order<T>(step, 0, 0, 0, 0), twice_differentiable),
      unary_op<T>("clip", limited, grid<T>(-2, 2, 1.0 / 16),
                  {{[] { clip(constant(T(1)), T(2), T(1)); },
                    "[clip] the bounds are not in order: low 2.000000, high 1.000000"}},
                  bounds, twice_differentiable),
  };
}

// Whole exponents at 0, where a product with log 0 or 0^-1 would be no number, and a root, whose slope is infinite.
template <class T>
std::vector<Kink<T>> kinks_of_powers() {
  const auto power = [](double p) { return [p](const Var<T>& x) { return pow(x, p); }; };
  return {unary_kink<T>("exponent 0", power(0), {0, 2}, {0, 0}), unary_kink<T>("exponent 1", power(1), {0, 2}, {1, 1}),
          unary_kink<T>("exponent 2", power(2), {0, 2}, {0, 4}), unary_kink<T>("exponent 3", power(3), {0, 2}, {0, 12}),
          unary_kink<T>("exponent 1/2", power(0.5), {0}, {infinite})};
}

template <class T>
std::vector<OpInfo<T>> power_ops() {
  const auto wide = uniform<T>(-2, 2), positive = uniform<T>(0.5, 2);
  const auto power = [](const Var<T>& x, const Var<T>& y) { return pow(x, y); };
  const auto slope = [](const Var<T>& x, const Var<T>& y) { return pow_slope(x, y); };
  const auto two = [](const Var<T>& x) { return pow(x, -1.5) - pow(x, 3); };
  return {
      binary_op<T>("pow", power, positive, wide,
                   {binary_kink<T>("0^b", power, {0, 0, 0, 0, 1}, {0, 0.5, 1, 2, 0}, {0, infinite, 1, 0, 0},
                                   {-infinite, 0, 0, 0, 0})},
                   twice_differentiable),
      binary_op<T>("pow_slope", slope, positive, wide,
                   {binary_kink<T>("b 0^(b - 1)", slope, {0, 0, 0, 0, 1}, {0, 1, 2, 3, 0}, {0, 0, 2, 0, 0},
                                   {infinite, -infinite, 0, 0, 1})},
                   twice_differentiable),
      binary_op<T>("xlogy", xlogy<T>, wide, positive,
                   {binary_kink<T>("0 log b, a log 0", xlogy<T>, {0, 0, 1}, {0, 1, 0}, {-infinite, 0, -infinite},
                                   {0, 0, infinite})},
                   twice_differentiable),
      unary_op<T>("pow_scalar", two, positive, no_errors(), kinks_of_powers<T>(), twice_differentiable),
  };
}

template <class T>
std::vector<OpInfo<T>> field_ops() {
  const auto wide = uniform<T>(-2, 2), positive = uniform<T>(0.5, 2);
  const auto smooth = [](const std::string& name, auto f, auto draw) {
    return unary_op<T>(name, f, draw, no_errors(), no_kinks<T>(), twice_differentiable);
  };
  return {
      binary_op<T>("add", add<T>, wide, wide, no_kinks<T>(), twice_differentiable),
      binary_op<T>("sub", sub<T>, wide, wide, no_kinks<T>(), twice_differentiable),
      binary_op<T>("mul", mul<T>, wide, wide, no_kinks<T>(), twice_differentiable),
      binary_op<T>("div", div<T>, wide, positive, no_kinks<T>(), twice_differentiable),
      smooth(
          "scale", [](const Var<T>& x) { return -1.5 * x; }, wide),
      smooth(
          "shift", [](const Var<T>& x) { return x + 0.75; }, wide),
      smooth(
          "div_scalar", [](const Var<T>& x) { return x / 3; }, wide),
      smooth(
          "scalar_div", [](const Var<T>& x) { return 1.5 / x; }, positive),
  };
}

}  // namespace

template <class T>
std::vector<OpInfo<T>> arithmetic_ops() {
  std::vector<OpInfo<T>> all;
  for (auto&& ops : {field_ops<T>(), power_ops<T>(), order_ops<T>()}) all.insert(all.end(), ops.begin(), ops.end());
  return all;
}

#define XGRAD_INSTANTIATE(T)                               \
  template Var<T> sub(const Var<T>&, const Var<T>&);       \
  template Var<T> mul(const Var<T>&, const Var<T>&);       \
  template Var<T> div(const Var<T>&, const Var<T>&);       \
  template Var<T> pow(const Var<T>&, const Var<T>&);       \
  template Var<T> pow_slope(const Var<T>&, const Var<T>&); \
  template Var<T> xlogy(const Var<T>&, const Var<T>&);     \
  template Var<T> maximum(const Var<T>&, const Var<T>&);   \
  template Var<T> minimum(const Var<T>&, const Var<T>&);   \
  template Var<T> share(const Var<T>&, const Var<T>&);     \
  template Var<T> number_like(const Var<T>&, T);           \
  template Var<T> scale(const Var<T>&, T);                 \
  template Var<T> shift(const Var<T>&, T);                 \
  template Var<T> div_scalar(const Var<T>&, T);            \
  template Var<T> scalar_div(T, const Var<T>&);            \
  template Var<T> pow_scalar(const Var<T>&, T);            \
  template Var<T> clip(const Var<T>&, T, T);               \
  template std::vector<OpInfo<T>> arithmetic_ops<T>();
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad
