// Optimisers and clipping against their closed forms.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <xgrad/models/models.hpp>

#include "../thrown.hpp"

using namespace xgrad;
namespace tt = boost::test_tools;

namespace {

// Leaves g in the gradients of w.
void set_gradient(ParamStore<double>& store, const Parameter<double>& w, const Array<double>& g) {
  Tape<double> tape;
  store.zero_grad();
  backward(sum(w * constant(g)));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(optim)

BOOST_AUTO_TEST_CASE(plain_sgd) {
  ParamStore<double> store;
  const auto w = store.add(Array<double>{1, -2});
  Sgd<double> sgd(store, {.learning_rate = 0.1});
  set_gradient(store, w, {3, 5});
  sgd.step();
  BOOST_TEST(w.value()(0) == 1 - 0.3, tt::tolerance(1e-15));
  BOOST_TEST(w.value()(1) == -2 - 0.5, tt::tolerance(1e-15));
}

BOOST_AUTO_TEST_CASE(adagrad_has_eps_inside_the_root) {
  ParamStore<double> store;
  const auto w = store.add(Array<double>{1, 1, 1});
  Adagrad<double> adagrad(store, {.learning_rate = 0.1, .eps = 1e-2});
  double m = 0, x = 1;
  for (const double g : {0.3, -0.05, 2.0}) {
    set_gradient(store, w, {g, g, 0});
    adagrad.step();
    m += g * g;
    x -= 0.1 * g / std::sqrt(m + 1e-2);
  }
  BOOST_TEST(w.value()(0) == x, tt::tolerance(1e-15));
  BOOST_TEST(w.value()(2) == 1);
  BOOST_TEST(adagrad.accumulators()[1] == m, tt::tolerance(1e-15));
}

BOOST_AUTO_TEST_CASE(clip_by_value_is_elementwise) {
  ParamStore<double> store;
  const auto w = store.add(Array<double>{0, 0, 0, 0});
  set_gradient(store, w, {7, -7, 3, -5});
  clip_by_value(store.gradients(), 5);
  BOOST_TEST((w.grad() == Array<double>{5, -5, 3, -5}));
  const Array<double> nan{std::nan(""), 1, 1, 1};
  set_gradient(store, w, nan);
  clip_by_value(store.gradients(), 5);
  BOOST_TEST(std::isnan(w.grad()(0)));  // not hidden
}

BOOST_AUTO_TEST_CASE(clip_by_norm_is_over_all_parameters) {
  ParamStore<double> store;
  const auto a = store.add(Array<double>{0, 0}), b = store.add(Array<double>{0});
  {
    Tape<double> tape;
    backward(sum(a * constant(Array<double>{2, 3})) + sum(b * constant(Array<double>{6})));
  }
  BOOST_TEST(clip_by_norm(store.gradients(), 3.5) == 7, tt::tolerance(1e-15));
  BOOST_TEST(a.grad()(1) == 1.5, tt::tolerance(1e-15));
  BOOST_TEST(b.grad()(0) == 3, tt::tolerance(1e-15));
  BOOST_TEST(clip_by_norm(store.gradients(), 100) == 3.5, tt::tolerance(1e-15));
  BOOST_TEST(b.grad()(0) == 3, tt::tolerance(1e-15));  // below the bound: untouched
}

BOOST_AUTO_TEST_CASE(bounds_that_are_none) {
  ParamStore<double> store;
  for (const double bound : {0.0, -1.0, std::nan("")}) {
    BOOST_TEST(thrown<ValueError>([&] {
                 clip_by_value(store.gradients(), bound);
               }).starts_with("[clip] the bound must be > 0, it is "));
    BOOST_TEST(thrown<ValueError>([&] {
                 clip_by_norm(store.gradients(), bound);
               }).starts_with("[clip] the bound must be > 0, it is "));
  }
}

BOOST_AUTO_TEST_SUITE_END()
