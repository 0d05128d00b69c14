#include "arithmetic.hpp"

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

template <class T>
std::vector<OpInfo<T>> arithmetic_ops() {
  using samples::binary_op, samples::grid, samples::uniform, samples::unary_op;
  const auto wide = uniform<T>(-2, 2), positive = uniform<T>(0.5, 2);
  const auto a = grid<T>(-1, 1, 0), b = grid<T>(-1, 1, 1.0 / 16);  // never tie
  return {
      binary_op<T>("add", add<T>, wide, wide),
      binary_op<T>("sub", sub<T>, wide, wide),
      binary_op<T>("mul", mul<T>, wide, wide),
      binary_op<T>("div", div<T>, wide, positive),
      binary_op<T>(
          "pow", [](const Var<T>& x, const Var<T>& y) { return pow(x, y); }, positive, wide),
      binary_op<T>(
          "pow_slope", [](const Var<T>& x, const Var<T>& y) { return pow_slope(x, y); }, positive, wide),
      binary_op<T>("xlogy", xlogy<T>, wide, positive),
      binary_op<T>(
          "maximum", [](const Var<T>& x, const Var<T>& y) { return maximum(x, y); }, a, b),
      binary_op<T>(
          "minimum", [](const Var<T>& x, const Var<T>& y) { return minimum(x, y); }, a, b),
      binary_op<T>(
          "share", [](const Var<T>& x, const Var<T>& y) { return share(x, y); }, a, b),
      unary_op<T>(
          "scale", [](const Var<T>& x) { return -1.5 * x; }, wide),
      unary_op<T>(
          "shift", [](const Var<T>& x) { return x + 0.75; }, wide),
      unary_op<T>(
          "div_scalar", [](const Var<T>& x) { return x / 3; }, wide),
      unary_op<T>(
          "scalar_div", [](const Var<T>& x) { return 1.5 / x; }, positive),
      unary_op<T>(
          "pow_scalar", [](const Var<T>& x) { return pow(x, -1.5) - pow(x, 3); }, positive),
      unary_op<T>("clip", [](const Var<T>& x) { return clip(x, T(-0.5), T(0.75)); }, grid<T>(-2, 2, 1.0 / 16),
                  {{[] { clip(constant(T(1)), T(2), T(1)); },
                    "[clip] the bounds are not in order: low 2.000000, high 1.000000"}}),
  };
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
