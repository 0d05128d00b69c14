// One case for every op of the library in suite `ops`, and in suite `kinks` one for every op that has some.
#include <boost/test/unit_test.hpp>
#include <set>

#include "../gradcheck/suite.hpp"
#include "op_claims.hpp"

using namespace xgrad;

namespace {

constexpr int fewest_samples = 12;

template <class T>
OpInfo<T> op_named(const std::string& name) {
  for (auto& op : all_ops<T>())
    if (op.name == name) return op;
  throw std::logic_error("no op " + name);
}

void report(const std::vector<std::string>& errors) {
  for (const std::string& error : errors) BOOST_ERROR(error);
}

void check_op(const std::string& name) {
  const auto in_double = op_named<double>(name);
  const auto in_float = op_named<float>(name);
  Rng rng(1);
  BOOST_TEST(in_double.samples(rng).size() >= fewest_samples);
  const suite::Totals totals = suite::check_ops({.op = name});
  BOOST_TEST(totals.checks > 0);
  BOOST_TEST(totals.failed + totals.inconclusive == 0);
  report(totals.failures);
  BOOST_TEST(!in_double.error_samples.empty());
  report(checks::message_errors(in_double));
  report(checks::message_errors(in_float));
  report(checks::double_backward_errors(in_double));
  report(checks::double_backward_errors(in_float));
}

void check_kinks(const std::string& name) {
  report(checks::kink_errors(op_named<double>(name)));
  report(checks::kink_errors(op_named<float>(name)));
}

// Before main, as BOOST_AUTO_TEST_CASE does it, so that --list_content knows the cases.
[[maybe_unused]] const bool registered = [] {
  using namespace boost::unit_test;
  auto *ops = BOOST_TEST_SUITE("ops"), *kinks = BOOST_TEST_SUITE("kinks");
  for (const auto& op : all_ops<double>()) {
    ops->add(make_test_case([name = op.name] { check_op(name); }, op.name, __FILE__, __LINE__));
    if (!op.kinks.empty())
      kinks->add(make_test_case([name = op.name] { check_kinks(name); }, op.name, __FILE__, __LINE__));
  }
  framework::master_test_suite().add(ops);
  framework::master_test_suite().add(kinks);
  return true;
}();

}  // namespace

BOOST_AUTO_TEST_SUITE(op_list)

BOOST_AUTO_TEST_CASE(names_are_unique) {
  std::set<std::string> names;
  for (const auto& op : all_ops<double>()) BOOST_TEST(names.insert(op.name).second);
  BOOST_TEST(names.size() >= 40u);
}

// The samples and their derivatives record no rule that the list does not know.
BOOST_AUTO_TEST_CASE(no_rule_escapes_the_list) {
  std::set<std::string> names{"put", "softmax_cross_entropy_slope"};  // the adjoints of slice and cross entropy
  for (const auto& op : all_ops<double>()) names.insert(op.name);
  for (const auto& op : all_ops<double>()) {
    Rng rng(3);
    for (const auto& s : op.samples(rng)) {
      Tape<double> tape;
      std::vector<Var<double>> x;
      for (const auto& a : s.inputs) x.push_back(leaf(a));
      const auto g = grad(sum(s.f(x)), x);
      for (Index id = 0; id < tape.size(); ++id)
        if (const auto* rule = tape.node(id).rule) BOOST_TEST(names.count(rule->name) == 1u, rule->name);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
