// Optimisers against their closed forms, worked out by hand. Against loops in long double: optimizer_test.cpp.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <xgrad/models/models.hpp>

#include "../../thrown.hpp"

using namespace xgrad;
namespace tt = boost::test_tools;

namespace {

// Leaves g in the gradients of w.
template <class T>
void set_gradient(ParamStore<T>& store, const Parameter<T>& w, const Array<T>& g) {
  Tape<T> tape;
  store.zero_grad();
  backward(sum(w * constant(g)));
}

// Kingma and Ba 2015, algorithm 1, line by line.
struct AdamByThePaper {
  long double m = 0, v = 0, power1 = 1, power2 = 1;
  void step(long double g, long double& w) {
    const long double rate = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g * g;
    power1 *= beta1, power2 *= beta2;
    const long double m_hat = m / (1 - power1), v_hat = v / (1 - power2);
    w -= rate * m_hat / (std::sqrt(v_hat) + eps);
  }
};

// A thousand steps; gradients of sizes from 1e-10, which is small beside eps, to 1e4. The weights stay away from zero.
template <class T>
void check_adam(T tolerance) {
  constexpr std::size_t n = 15;
  ParamStore<T> store;
  const auto w = store.add(Shape{n});
  Adam<T> adam(store, {});
  std::vector<long double> want(n);
  std::vector<AdamByThePaper> paper(n);
  Rng rng(3);
  for (std::size_t i = 0; i < n; ++i) want[i] = w.mutable_value()[i] = T(2 + rng.uniform());
  Array<T> g = make_array<T>({Index(n)});
  for (int step = 0; step < 1000; ++step) {
    for (std::size_t i = 0; i < n; ++i) {
      g(i) = T(rng.normal() * std::pow(10.0, double(i) - 10));
      paper[i].step(g(i), want[i]);
    }
    set_gradient(store, w, g);
    adam.step();
  }
  BOOST_TEST(adam.steps() == 1000);
  for (std::size_t i = 0; i < n; ++i) {
    BOOST_TEST(w.value()(i) == T(want[i]), tt::tolerance(tolerance));
    BOOST_TEST(adam.second_moments()[i] == T(paper[i].v), tt::tolerance(10 * tolerance));  // beta2 itself is rounded
  }
}

// Options of which one is out of range, each with its message.
template <template <class> class Optimizer>
void check_options(std::initializer_list<std::pair<const char*, typename Optimizer<float>::Options>> wrong) {
  ParamStore<float> store;
  for (const auto& one : wrong)
    BOOST_TEST(thrown<ValueError>([&] { Optimizer<float>(store, one.second); }) == one.first);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(optim_forms)

BOOST_AUTO_TEST_CASE(plain_sgd) {
  ParamStore<double> store;
  const auto w = store.add(Array<double>{1, -2});
  Sgd<double> sgd(store, {.learning_rate = 0.1});
  set_gradient(store, w, {3, 5});
  sgd.step();
  BOOST_TEST(w.value()(0) == 1 - 0.3, tt::tolerance(1e-15));
  BOOST_TEST(w.value()(1) == -2 - 0.5, tt::tolerance(1e-15));
}

BOOST_AUTO_TEST_CASE(sgd_with_momentum) {
  ParamStore<double> store;
  const auto w = store.add(Array<double>{1, 1});
  Sgd<double> sgd(store, {.learning_rate = 0.1, .momentum = 0.5});
  set_gradient(store, w, {2, 0});
  sgd.step();
  BOOST_TEST(w.value()(0) == 0.8, tt::tolerance(1e-15));
  sgd.set_learning_rate(0.05);
  set_gradient(store, w, {3, 0});
  sgd.step();
  BOOST_TEST(w.value()(0) == 0.6, tt::tolerance(1e-15));
  BOOST_TEST(w.value()(1) == 1);
  BOOST_TEST(sgd.momenta()[0] == 4);
}

BOOST_AUTO_TEST_CASE(sgd_without_momentum_keeps_nothing) {
  ParamStore<double> store;
  const auto w = store.add(Array<double>{1});
  Sgd<double> sgd(store, {});
  set_gradient(store, w, {2});
  sgd.step();
  BOOST_TEST(sgd.momenta().empty());
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

BOOST_AUTO_TEST_CASE(rmsprop_has_eps_outside_the_root) {
  ParamStore<double> store;
  const auto w = store.add(Array<double>{1, 1});
  RmsProp<double> rmsprop(store, {.learning_rate = 0.1, .decay = 0.75, .eps = 0.5});
  double want = 1 - 0.2 / 1.5;
  set_gradient(store, w, {2, 0});
  rmsprop.step();
  BOOST_TEST(w.value()(0) == want, tt::tolerance(1e-15));
  for (const auto& [g, m] : {std::pair(-3.0, 3.0), std::pair(1.0, 2.5)}) {
    set_gradient(store, w, {g, 0});
    rmsprop.step();
    want -= 0.1 * g / (std::sqrt(m) + 0.5);
    BOOST_TEST(w.value()(0) == want, tt::tolerance(1e-15));
    BOOST_TEST(rmsprop.mean_squares()[0] == m);
  }
  BOOST_TEST(w.value()(1) == 1);
}

BOOST_AUTO_TEST_CASE(two_steps_of_adam) {
  ParamStore<double> store;
  const auto w = store.add(Array<double>{1, 1});
  Adam<double> adam(store, {.learning_rate = 0.1, .beta1 = 0.5, .beta2 = 0.75, .eps = 0.5});
  set_gradient(store, w, {2, 0});
  adam.step();
  BOOST_TEST(w.value()(0) == 0.92, tt::tolerance(1e-15));
  set_gradient(store, w, {5, 0});
  adam.step();
  BOOST_TEST(w.value()(0) == 0.92 - 4.0 / 45, tt::tolerance(1e-15));
  BOOST_TEST(w.value()(1) == 1);
  BOOST_TEST(adam.steps() == 2);
  BOOST_TEST(adam.first_moments()[0] == 3);
  BOOST_TEST(adam.second_moments()[0] == 7);
}

BOOST_AUTO_TEST_CASE(two_steps_of_adamw) {
  ParamStore<double> store;
  const auto w = store.add(Array<double>{1, 1});
  AdamW<double> adamw(store, {.learning_rate = 0.1, .beta1 = 0.5, .beta2 = 0.75, .eps = 0.5, .weight_decay = 0.5});
  set_gradient(store, w, {2, 0});
  adamw.step();
  BOOST_TEST(w.value()(0) == 0.95 - 0.08, tt::tolerance(1e-15));
  BOOST_TEST(w.value()(1) == 0.95, tt::tolerance(1e-15));
  set_gradient(store, w, {5, 0});
  adamw.step();
  BOOST_TEST(w.value()(0) == 0.95 * 0.87 - 4.0 / 45, tt::tolerance(1e-15));
  BOOST_TEST(w.value()(1) == 0.95 * 0.95, tt::tolerance(1e-15));
  BOOST_TEST(adamw.first_moments()[0] == 3);  // the decay is no gradient
  BOOST_TEST(adamw.second_moments()[0] == 7);
}

BOOST_AUTO_TEST_CASE(a_thousand_steps_of_adam_by_the_paper) {
  check_adam<float>(1e-5f);
  check_adam<double>(1e-12);
}

BOOST_AUTO_TEST_CASE(options_out_of_range) {
  check_options<Sgd>({{"[sgd] momentum must be in [0, 1), it is 1.000000", {.momentum = 1}},
                      {"[sgd] momentum must be in [0, 1), it is -0.100000", {.momentum = -0.1}},
                      {"[sgd] momentum must be in [0, 1), it is nan", {.momentum = std::nan("")}},
                      {"[sgd] learning_rate must be finite and >= 0, it is nan", {.learning_rate = std::nan("")}}});
  check_options<Adagrad>({{"[adagrad] eps must be > 0, it is 0.000000", {.eps = 0}},
                          {"[adagrad] eps must be > 0, it is nan", {.eps = std::nan("")}},
                          {"[adagrad] learning_rate must be finite and >= 0, it is inf", {.learning_rate = INFINITY}}});
  check_options<RmsProp>(
      {{"[rmsprop] decay must be in [0, 1), it is 1.000000", {.decay = 1}},
       {"[rmsprop] eps must be > 0, it is -1.000000", {.eps = -1}},
       {"[rmsprop] learning_rate must be finite and >= 0, it is -0.500000", {.learning_rate = -0.5}}});
  check_options<Adam>({{"[adam] beta1 must be in [0, 1), it is 1.000000", {.beta1 = 1}},
                       {"[adam] beta2 must be in [0, 1), it is -0.500000", {.beta2 = -0.5}},
                       {"[adam] beta2 must be in [0, 1), it is nan", {.beta2 = std::nan("")}},
                       {"[adam] eps must be > 0, it is 0.000000", {.eps = 0}},
                       {"[adam] eps must be > 0, it is 0.000000", {.eps = 1e-60}},  // in float
                       {"[adam] learning_rate must be finite and >= 0, it is -1.000000", {.learning_rate = -1}}});
  check_options<AdamW>({{"[adamw] beta1 must be in [0, 1), it is 2.000000", {.beta1 = 2}},
                        {"[adamw] beta2 must be in [0, 1), it is 1.000000", {.beta2 = 1}},
                        {"[adamw] eps must be > 0, it is 0.000000", {.eps = 0}},
                        {"[adamw] weight_decay must be finite and >= 0, it is -0.010000", {.weight_decay = -0.01}},
                        {"[adamw] weight_decay must be finite and >= 0, it is inf", {.weight_decay = INFINITY}},
                        {"[adamw] learning_rate must be finite and >= 0, it is -1.000000", {.learning_rate = -1}}});
  ParamStore<float> store;
  Adam<float> adam(store, {});
  BOOST_TEST(thrown<ValueError>([&] { adam.set_steps(-1); }) == "[adam] the number of steps must be >= 0, it is -1");
  AdamW<float> adamw(store, {});
  BOOST_TEST(thrown<ValueError>([&] { adamw.set_steps(-2); }) == "[adamw] the number of steps must be >= 0, it is -2");
}

BOOST_AUTO_TEST_SUITE_END()
