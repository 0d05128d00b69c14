// The checks are checked: rules that are wrong on purpose, each in one place, must be convicted, by the check meant.
#include <boost/test/unit_test.hpp>

#include "../thrown.hpp"
#include "op_checks.hpp"

using namespace xgrad;

namespace {

// tanh with a factor on each of its derivatives.
struct Factors {
  double vjp = 1, jvp = 1, accumulate = 1, second = 1;
};

template <class T>
struct Wrong {
  static constexpr const char* name = "wrong";
  static constexpr int arity = 1;
  Factors by;

  Shape shape(const Inputs<T>& x) const { return x.shape(0); }
  void forward(const Inputs<T>& x, const Output<T>& y) {
    for (Size i = 0; i < y.size(); ++i) y.data()[i] = std::tanh(x[0][i]);
  }
  Var<T> slope(const Context<T>& c) const {
    // `second` changes the derivative of the slope and not its value
    const Var<T> y = c.y(), s = 1 - y * y;
    return by.second == 1 ? s : s * by.second + s.detach() * (1 - by.second);
  }
  Var<T> vjp(const Context<T>& c, int, const Var<T>& y_bar) const { return by.vjp * y_bar * slope(c); }
  Var<T> jvp(const Context<T>& c, int, const Var<T>& x_dot) const { return by.jvp * x_dot * slope(c); }
  void accumulate(Pullback<T>& p) const {
    if (const Acc<T> x_bar = p.into(0))
      for (Size i = 0; i < p.size(); ++i) {
        const T g = T(by.accumulate) * p.y_bar()[i] * (1 - p.y()[i] * p.y()[i]);
        x_bar.data()[i] = x_bar.add() ? x_bar.data()[i] + g : g;
      }
  }
};

std::string verdict(const Factors& by) {
  const OpInfo<double> op(
      "wrong",
      [by](Rng& rng) {
        return std::vector<Sample<double>>{{"(3, 2)", {rng.normal_array<double>({3, 2}, 1)}, [by](auto x) {
                                              return record<double>(Wrong<double>{by}, x[0]);
                                            }}};
      },
      no_errors(), no_kinks<double>(), twice_differentiable);
  return thrown<std::runtime_error>([&] { checks::check_in_double(op); });
}

void convicted(const Factors& by, const std::string& check) {
  const std::string text = verdict(by);
  BOOST_TEST(text.starts_with("wrong, sample (3, 2): " + check + " disagree"), text);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(wrong_rules)

BOOST_AUTO_TEST_CASE(the_right_rule_passes) { BOOST_TEST(verdict({}) == "(nothing was thrown)"); }

BOOST_AUTO_TEST_CASE(a_gradient_wrong_by_a_thousandth) {
  convicted({.vjp = 1.001, .jvp = 1.001, .accumulate = 1.001}, "VJP and central differences");
  convicted({.vjp = 0.999, .jvp = 0.999, .accumulate = 0.999}, "VJP and central differences");
}

BOOST_AUTO_TEST_CASE(a_gradient_wrong_by_a_millionth) {
  convicted({.vjp = 1 + 1e-6, .jvp = 1 + 1e-6, .accumulate = 1 + 1e-6}, "VJP and central differences");
}

BOOST_AUTO_TEST_CASE(one_of_the_three_wrong) {
  convicted({.vjp = 1.001}, "accumulate and vjp");
  convicted({.jvp = 1 + 1e-10}, "JVP and VJP");
  convicted({.accumulate = 1.001}, "VJP and central differences");
  convicted({.vjp = 1 + 1e-11}, "accumulate and vjp");
}

BOOST_AUTO_TEST_CASE(a_second_derivative_wrong) { convicted({.second = 1.001}, "Hessian and differenced gradients"); }

BOOST_AUTO_TEST_SUITE_END()
