// Where f has no derivative: no verdict, which passes if a kink was declared, and a wrong gradient elsewhere does not.
#include <boost/test/unit_test.hpp>

#include "controls.hpp"

using namespace xgrad;

namespace {

template <class F>
void needs_declaring(const F& f, const Array<double>& x) {
  const GradcheckReport silent = gradcheck(f, {x}), declared = gradcheck(f, {x}, {.kink = true});
  BOOST_TEST(!silent.passed(), silent);
  BOOST_TEST(silent.count(Verdict::inconclusive) > 0, silent);
  BOOST_TEST(silent.count(Verdict::disagree) == 0, silent);
  BOOST_TEST(declared.passed(), declared);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(gradcheck_kinks)

BOOST_AUTO_TEST_CASE(at_the_point) {
  needs_declaring([](auto x) { return relu(x); }, {0.0, 1.0, -2.0});
  needs_declaring([](auto x) { return abs(x); }, {0.0, 1.0, -2.0});
  needs_declaring([](auto x) { return max(x); }, {1.5, 1.5, -2.0});
  needs_declaring([](auto x) { return sum(relu(x) * x + abs(x)); }, {0.0, 1.0, -2.0});
}

BOOST_AUTO_TEST_CASE(beside_the_point) {
  for (const double distance : {1e-5, 1e-3}) {
    needs_declaring([](auto x) { return relu(x); }, {distance, 1.0, -2.0});
    needs_declaring([](auto x) { return abs(x); }, {1.0, -distance, -2.0});
  }
}

BOOST_AUTO_TEST_CASE(at_the_edge_of_the_domain) {
  needs_declaring([](auto x) { return sqrt(x); }, {0.0, 1.0, 2.0});
  needs_declaring([](auto x) { return log(x); }, {0.0, 1.0, 2.0});
}

// One element at its kink hides nothing but itself.
BOOST_AUTO_TEST_CASE(wrong_elsewhere) {
  const auto wrong = [](auto x) {
    const auto half = slice(x, {Slice{0, 2}}), rest = slice(x, {Slice{2, 4}});
    return concat({relu(half), controls::with_gradient_of(tanh(rest), 1.001 * tanh(rest))}, 0);
  };
  for (const Method m : {Method::central, Method::richardson, Method::six_point, Method::complex_step}) {
    const GradcheckReport report =
        gradcheck(wrong, {Array<double>{0.0, 1.0, 0.5, -0.3}}, {.methods = {m}, .kink = true});
    BOOST_TEST(!report.passed(), report);
    BOOST_TEST(report.count(Verdict::disagree) == 1);
  }
}

// A smooth element of great curvature beside it does not hide a kink.
BOOST_AUTO_TEST_CASE(beside_a_great_curvature) {
  needs_declaring([](auto x) { return concat({relu(slice(x, {Slice{0, 1}})), 1e4 * square(x)}, 0); }, {0.0, 3.0});
}

BOOST_AUTO_TEST_SUITE_END()
