// Each method rejects what it must, and accepts the same function without the defect.
#include <boost/test/unit_test.hpp>

#include "controls.hpp"

using namespace xgrad;
using controls::Control;

namespace {

std::vector<Control> all() {
  std::vector<Control> t = controls::composed();
  for (Control& c : controls::of_rules()) t.push_back(std::move(c));
  return t;
}

void rejected_by(Method method) {
  int n = 0;
  for (const Control& c : all()) {
    if (c.method != method) continue;
    ++n;
    for (const std::uint32_t seed : {1u, 2u, 3u}) {
      BOOST_TEST_CONTEXT(c.name << ", seed " << seed) {
        const GradcheckReport broken = c.broken({.methods = {method}, .seed = seed});
        const int convicted = broken.count(Verdict::disagree);
        BOOST_TEST(!broken.passed(), broken);
        BOOST_TEST((c.expected == Verdict::disagree ? convicted > 0 : convicted == 0), broken);
        const GradcheckReport twin = c.twin({.methods = {method}, .seed = seed});
        BOOST_TEST(twin.passed(), twin);
      }
    }
  }
  BOOST_TEST(n >= 5);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(gradcheck_controls)

BOOST_AUTO_TEST_CASE(central) { rejected_by(Method::central); }
BOOST_AUTO_TEST_CASE(richardson) { rejected_by(Method::richardson); }
BOOST_AUTO_TEST_CASE(six_point) { rejected_by(Method::six_point); }
BOOST_AUTO_TEST_CASE(complex_step) { rejected_by(Method::complex_step); }
BOOST_AUTO_TEST_CASE(dot_product) { rejected_by(Method::dot_product); }
BOOST_AUTO_TEST_CASE(taylor) { rejected_by(Method::taylor); }
BOOST_AUTO_TEST_CASE(double_backward) { rejected_by(Method::double_backward); }
BOOST_AUTO_TEST_CASE(sweeps) { rejected_by(Method::sweeps); }
BOOST_AUTO_TEST_CASE(float_vs_double) { rejected_by(Method::float_vs_double); }
BOOST_AUTO_TEST_CASE(structure) { rejected_by(Method::structure); }

BOOST_AUTO_TEST_CASE(there_are_enough_of_them) { BOOST_TEST(all().size() >= 55u); }

BOOST_AUTO_TEST_SUITE_END()
