// Functions as users write them: every method agrees with a right gradient, and one that is wrong finds no way past.
#include <boost/test/unit_test.hpp>

#include "controls.hpp"

using namespace xgrad;
using controls::with_gradient_of;

namespace {

template <class F, std::size_t N>
void agrees(const F& f, const Array<double> (&inputs)[N], const GradcheckOptions& given = {}) {
  for (const std::uint32_t seed : {1u, 2u, 3u}) {
    GradcheckOptions options = given;
    options.seed = seed;
    const GradcheckReport report = gradcheck(f, inputs, options);
    BOOST_TEST(report.passed(), report);
    BOOST_TEST(report.count(Verdict::inconclusive) == 0, report);
    BOOST_TEST(report.count(Verdict::not_applicable) == 0, report);
  }
}

template <class F, std::size_t N>
void convicted(Method method, const F& f, const Array<double> (&inputs)[N], const GradcheckOptions& given = {}) {
  GradcheckOptions options = given;
  options.methods = {method};
  const GradcheckReport report = gradcheck(f, inputs, options);
  BOOST_TEST(report.count(Verdict::disagree) > 0, report);
  BOOST_TEST(!report.passed());
}

Array<double> normal(const Shape& shape, double size = 1) {
  Rng rng(5);
  return rng.normal_array<double>(shape, size);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(gradcheck_functions)

BOOST_AUTO_TEST_CASE(a_layer_and_its_sum) {
  agrees([](auto x, auto w, auto b) { return sum(tanh(matmul(x, w) + b)); },
         {normal({3, 4}), normal({4, 2}), normal({2})});
  agrees([](auto x) { return softmax(x); }, {normal({3, 4})});
}

BOOST_AUTO_TEST_CASE(one_of_doubles_alone) {
  const std::vector<Index> targets{2, 0, 1};
  const Array<double> offset = normal({3, 4});
  const auto loss = [&](const Var<double>& x) {
    return softmax_cross_entropy(x + constant(offset), std::span<const Index>(targets));
  };
  const GradcheckReport report = gradcheck(loss, {normal({3, 4})});
  BOOST_TEST(report.passed(), report);
  BOOST_TEST(report.count(Verdict::agree) == 8);
  BOOST_TEST(report.count(Verdict::not_applicable) == 5);  // complex_step, and four lines in float
  for (const GradcheckLine& line : report.lines)
    BOOST_TEST((line.verdict == Verdict::not_applicable) == (line.narrow || line.method == Method::complex_step));
}

// What was not looked at did not pass.
BOOST_AUTO_TEST_CASE(nothing_checked_is_no_pass) {
  const auto f = [](const Var<double>& x) { return tanh(x); };
  BOOST_TEST(!gradcheck(f, {normal({3})}, {.methods = {Method::complex_step, Method::float_vs_double}}).passed());
  BOOST_TEST(!gradcheck(f, {normal({3})}, {.methods = {}}).passed());
}

BOOST_AUTO_TEST_CASE(constants_scalars_and_what_is_not_used) {
  agrees([]<class T>(const Var<T>& x) { return 0 * x.detach() + 1; }, {normal({2, 3})});
  agrees([](auto x) { return heaviside(x); }, {normal({2, 3})});
  agrees([](auto x) { return x * exp(x); }, {Array<double>(0.7)});
  agrees([](auto a, auto) { return tanh(a); }, {normal({3}), normal({2, 2})});
  agrees([](auto a, auto b) { return sum(a) + sum(square(b)); }, {make_array<double>({0, 3}), normal({2})});
  agrees([](auto x) { return tanh(x); }, {make_array<double>({0, 3})});
}

BOOST_AUTO_TEST_CASE(powers_and_gradients_of_gradients) {
  agrees([](auto x) { return pow(x, 3); }, {Array<double>{-1.5, 0.5, 2.0}});
  agrees([](auto x) { return square(x); }, {Array<double>{-1.5, 0.0, 2.0}});
  agrees([](const auto& x) { return grad(sum(x * tanh(x)), {x})[0]; }, {normal({4})});
}

BOOST_AUTO_TEST_CASE(large_ones) {
  agrees([](auto x, auto w) { return tanh(matmul(x, w)); }, {normal({20, 30}), normal({30, 20}, 0.2)});
  agrees([](auto x) { return sum(0 * x); }, {normal({5000})});           // no direction is its gradient's
  agrees([](auto x) { return sum(x * x * x); }, {normal({5000}, 1e3)});  // steps must be relative
}

BOOST_AUTO_TEST_CASE(small_and_large_inputs) {
  const Array<double> spread{1e-8, 1.0, 20.0, 1e3};
  agrees([](auto x) { return tanh(x); }, {spread});
  agrees([](auto x) { return square(x); }, {spread});
  agrees([](auto x) { return sigmoid(x) * x; }, {spread});
  agrees([](auto x) { return exp(-0.01 * x); }, {spread});
}

// ---- right gradients that are hard to confirm

BOOST_AUTO_TEST_CASE(close_to_the_edge_of_the_domain) {
  agrees([](auto x) { return log(x); }, {Array<double>{0.05, 0.03}});
  agrees([](auto x) { return log(x); }, {Array<double>{1e-3, 2e-3}});
  agrees([](auto x) { return sum(sqrt(x)); }, {Array<double>{1e-3, 0.5}});
}

BOOST_AUTO_TEST_CASE(gradients_that_vanish) {
  agrees([](auto x) { return sum(softmax(x)); }, {Array<double>{0.5, 0.3, -1.0}});
  agrees([](auto x, auto c) { return sum(square(softmax(x + c))); },
         {Array<double>{0.5, 0.3, -1.0}, Array<double>{0.2}});
}

BOOST_AUTO_TEST_CASE(second_derivatives_that_vanish) {
  agrees([](auto x) { return log(exp(x)); }, {Array<double>{0.5, 0.3, -1.0}});
}

// ---- wrong gradients that are easy to miss

BOOST_AUTO_TEST_CASE(tiny_gradients) {
  // their squares are no doubles
  const auto wrong = [](auto x) { return 1e-170 * with_gradient_of(tanh(x), 2 * tanh(x)); };
  for (const Method m : {Method::central, Method::richardson, Method::six_point, Method::complex_step})
    convicted(m, wrong, {normal({3})});
  const GradcheckReport right = gradcheck([](const Var<double>& x) { return 1e-170 * tanh(x); }, {normal({3})});
  BOOST_TEST(right.passed(), right);
}

BOOST_AUTO_TEST_CASE(a_gradient_that_is_missing_altogether) {
  const auto lost = [](auto a, auto b) { return tanh(a) + tanh(b).detach(); };
  for (const Method m : {Method::central, Method::richardson, Method::six_point, Method::complex_step, Method::taylor})
    convicted(m, lost, {normal({3}), normal({3})});
}

BOOST_AUTO_TEST_CASE(a_gradient_that_is_not_finite) {
  const auto infinite = [](auto x) { return with_gradient_of(tanh(x), sqrt(x - x.detach())); };
  const auto nan = [](auto x) { return with_gradient_of(tanh(x), 0 * sqrt(x - x.detach())); };
  for (const Method m : {Method::central, Method::richardson, Method::six_point, Method::complex_step}) {
    convicted(m, infinite, {normal({3})});
    convicted(m, infinite, {normal({3})}, {.kink = true});
  }
  for (const Method m : every_method()) {
    BOOST_TEST(!gradcheck(infinite, {normal({3})}, {.methods = {m}}).passed(), name_of(m));
    BOOST_TEST(!gradcheck(nan, {normal({3})}, {.methods = {m}}).passed(), name_of(m));
  }
}

// Where the steps disagree the error may be far beyond what they disagree by.
BOOST_AUTO_TEST_CASE(a_wrong_gradient_of_a_noisy_function) {
  const auto noisy = [](auto x) { return with_gradient_of((x + 1e6) - 1e6, 2 * x); };
  for (const Method m : {Method::central, Method::richardson, Method::six_point})
    convicted(m, noisy, {Array<double>{0.3, 1.7}}, {.kink = true});
}

BOOST_AUTO_TEST_SUITE_END()
