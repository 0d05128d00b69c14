// What gradcheck prints and throws.
#include <boost/test/unit_test.hpp>
#include <regex>
#include <sstream>

#include "../../thrown.hpp"
#include "controls.hpp"

using namespace xgrad;
using controls::with_gradient_of;

namespace {

// 2 x, whose gradient is given as 3: in complex numbers all of it is exact.
const auto wrong = [](auto x) { return with_gradient_of(2 * x, 3 * x); };
const Array<double> at{1.0, 2.0};

void matches(const GradcheckReport& report, const std::vector<std::string>& lines) {
  std::istringstream text(report.str());
  std::string line;
  for (const std::string& expected : lines) {
    BOOST_TEST_REQUIRE(bool(std::getline(text, line)));
    BOOST_TEST(std::regex_match(line, std::regex(expected)), line << "\nis not\n" << expected);
  }
  BOOST_TEST(!std::getline(text, line), line);
}

const std::string heading = "method               verdict              error  tolerance  worst";

}  // namespace

BOOST_AUTO_TEST_SUITE(gradcheck_report)

BOOST_AUTO_TEST_CASE(to_the_letter) {
  const GradcheckReport report = gradcheck(wrong, {at}, {.methods = {Method::complex_step}, .seed = 7});
  BOOST_TEST(report.str() ==
             heading +
                 "\n"
                 "complex_step         DISAGREE           3.3e-01    1.0e-13  x0[0] by f[0]: reverse 3, "
                 "reference 2, 2.25e+15 ulp\n"
                 "ops: scale, sub, add\n"
                 "replay: gradcheck(f, inputs, {.methods = {Method::complex_step}, .seed = 7})\n");
  std::ostringstream out;
  out << report;
  BOOST_TEST(out.str() == report.str());
}

BOOST_AUTO_TEST_CASE(line_by_line) {
  const std::vector<Method> methods{Method::central, Method::taylor, Method::sweeps, Method::complex_step,
                                    Method::dot_product};
  const GradcheckReport report =
      gradcheck([](const Var<double>& x) { return wrong(x); }, {at}, {.methods = methods, .seed = 12});
  BOOST_TEST(!report.passed());
  BOOST_TEST(report.count(Verdict::disagree) == 2);
  BOOST_TEST(report.count(Verdict::agree) == 2);
  BOOST_TEST(report.count(Verdict::inconclusive) == 0);
  BOOST_TEST(report.count(Verdict::not_applicable) == 3);
  matches(report,
          {heading,
           R"(central              DISAGREE           3\.3e-01    1\.0e-08  x0\[[01]\] by f\[[01]\]: reverse 3, )"
           R"(reference (1\.9999|2\.0000|2)\d*, \S+ ulp)",
           R"(taylor               DISAGREE         rate 1\.00       2\.90  along random direction 0: reverse \S+)",
           R"(sweeps               agree +\d\.\de[+-]\d\d    1\.0e-13  x0\[\d\]: reverse .*)",
           R"(sweeps f32           not applicable)", R"(complex_step         not applicable)",
           R"(dot_product          agree +\d\.\de[+-]\d\d    2\.2e-14  direction .*)",
           R"(dot_product f32      not applicable)", R"(ops: scale, sub, add)",
           R"(replay: gradcheck\(f, inputs, \{\.methods = \{Method::central, Method::taylor\}, \.seed = 12\}\))"});
}

BOOST_AUTO_TEST_CASE(what_passes_is_repeated_by_the_whole_call) {
  matches(gradcheck([](auto x) { return tanh(tanh(tanh(matmul(x, x)))); }, {Array<double>{{1.0, 0.5}, {-0.5, 1.0}}},
                    {.methods = {Method::structure}}),
          {heading, "structure            agree .*", "structure f32        agree .*", "ops: matmul, tanh x3",
           R"(replay: gradcheck\(f, inputs, \{\.seed = 1\}\))"});
}

// The chain starts at the input that is worst.
BOOST_AUTO_TEST_CASE(ops_between_the_worst_input_and_the_result) {
  const auto second = [](auto a, auto b) { return exp(a) + tanh(with_gradient_of(sigmoid(b), square(b))); };
  const auto first = [](auto a, auto b) { return exp(with_gradient_of(a, square(a))) + tanh(b); };
  const GradcheckOptions options{.methods = {Method::six_point}};
  BOOST_TEST(gradcheck(second, {at, at}, options).chain == "square, sub, add, tanh, add");
  BOOST_TEST(gradcheck(first, {at, at}, options).chain == "square, sub, add, exp, add");
}

BOOST_AUTO_TEST_CASE(names_and_a_replay_of_ones_own) {
  GradcheckFunction f;
  f.names = {"cell.weight"};
  f.shapes = {Shape{2}};
  f.f = {detail::bind_leaves<double>(f.shapes), [](std::span<const Var<double>> x) { return wrong(x[0]); }};
  const std::vector<double> x{1, 2};
  const GradcheckReport report = gradcheck(f, x, {.methods = {Method::central}, .replay = "--seed 3"});
  BOOST_TEST(report.lines.at(0).worst.place.starts_with("cell.weight["));
  BOOST_TEST(report.str().ends_with("\nreplay: --seed 3\n"));
  BOOST_TEST(report.chain == "scale, sub, add");
}

BOOST_AUTO_TEST_CASE(no_numbers_where_there_are_none) {
  matches(
      gradcheck([](auto x) { return log(x); }, {Array<double>{0.0, 1.0}},
                {.methods = {Method::dot_product, Method::taylor, Method::central}}),
      {heading, "dot_product          INCONCLUSIVE             -          -  f or its gradient is not finite at x",
       "dot_product f32      INCONCLUSIVE             -          -  f or its gradient is not finite at x",
       "taylor               INCONCLUSIVE             -          -  f or its gradient is not finite at x",
       R"(central              INCONCLUSIVE             -    1\.0e-08  x0\[0\].*; f has a kink at x0\[0\] by f\[0\])",
       "ops: log", "replay: .*"});
}

BOOST_AUTO_TEST_CASE(values_that_do_not_fill_the_shapes) {
  GradcheckFunction f;
  f.names = {"x"};
  f.shapes = {Shape{2, 3}};
  f.f = {detail::bind_leaves<double>(f.shapes), [](std::span<const Var<double>> x) { return x[0]; }};
  const std::vector<double> x(5);
  BOOST_TEST(thrown<ShapeError>([&] { gradcheck(f, x); }) == "[gradcheck] 5 values for inputs of 6");
}

BOOST_AUTO_TEST_CASE(another_shape_at_another_point) {
  const auto f = []<class T>(const Var<T>& x) {
    const bool first = std::real(x.data()[0]) == 1 && std::imag(x.data()[0]) == 0 && x.data()[1] == T(2);
    return first ? x : slice(x, {Slice{0, 1}});
  };
  for (const Method m : {Method::central, Method::complex_step, Method::taylor, Method::double_backward})
    BOOST_TEST(thrown<ShapeError>([&] { gradcheck(f, {at}, {.methods = {m}}); }) ==
               "[gradcheck] f returned (1) at one point and (2) at another");
  const auto narrow = []<class T>(const Var<T>& x) { return std::is_same_v<T, float> ? slice(x, {Slice{0, 1}}) : x; };
  for (const Method m : {Method::dot_product, Method::sweeps, Method::float_vs_double, Method::structure})
    BOOST_TEST(thrown<ShapeError>([&] { gradcheck(narrow, {at}, {.methods = {m}}); }) ==
               "[gradcheck] f returned (1) at one point and (2) at another");
}

// The defaults are what the documentation of the methods promises.
BOOST_AUTO_TEST_CASE(default_tolerances) {
  const GradcheckOptions o;
  BOOST_TEST(o.central.value == 1e-8);
  BOOST_TEST(o.richardson.value == 1e-10);
  BOOST_TEST(o.six_point.value == 1e-10);
  BOOST_TEST(o.exact.value == 1e-13);
  BOOST_TEST(o.second_order.value == 1e-11);
  BOOST_TEST(o.differenced.value == 1e-7);
  BOOST_TEST(o.dot_product.value == 100);
  BOOST_TEST(o.float_vs_double.value == 16);
  BOOST_TEST(o.taylor.value == 2.9);
  BOOST_TEST(o.full_jacobian == 4096);
  const double eps = std::numeric_limits<double>::epsilon();
  BOOST_TEST(std::abs(o.central_step.value / std::pow(eps, 1.0 / 3) - 1) < 0.01);
  BOOST_TEST(std::abs(o.richardson_step.value / std::pow(eps, 1.0 / 5) - 1) < 0.01);
  BOOST_TEST(std::abs(o.six_point_step.value / std::pow(eps, 1.0 / 7) - 1) < 0.01);
}

BOOST_AUTO_TEST_SUITE_END()
