// Every optimiser, chosen at run time, against its formula in long double, on every instruction set and cut in odd
// ways; names, states that are saved and restored.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <xgrad/models/models.hpp>

#include "../../heap.hpp"
#include "../../ops/isa_scope.hpp"
#include "../../thrown.hpp"

using namespace xgrad;
namespace tt = boost::test_tools;

namespace {

using Real = long double;

// The formulas as one writes them down, for one element.
struct Element {
  Real w, first = 0, second = 0;

  void step(const OptimizerSettings& s, int t, Real g, Real bound) {
    g = std::min(std::max(g, -bound), bound);
    const Real rate = s.learning_rate, eps = *s.eps;
    switch (s.kind) {
      case OptimizerKind::sgd:
        first = s.momentum * first + g;
        w -= rate * first;
        break;
      case OptimizerKind::adagrad:
        first += g * g;
        w -= rate * g / std::sqrt(first + eps);
        break;
      case OptimizerKind::rmsprop:
        first = s.decay * first + (1 - Real(s.decay)) * g * g;
        w -= rate * g / (std::sqrt(first) + eps);
        break;
      case OptimizerKind::adamw:
        w -= rate * s.weight_decay * w;
        [[fallthrough]];
      case OptimizerKind::adam:
        first = s.beta1 * first + (1 - Real(s.beta1)) * g;
        second = s.beta2 * second + (1 - Real(s.beta2)) * g * g;
        w -= rate * (first / (1 - std::pow(Real(s.beta1), t))) /
             (std::sqrt(second / (1 - std::pow(Real(s.beta2), t))) + eps);
    }
  }
};

// All kinds, sgd twice, each with options that are no defaults and an eps that is seen.
std::vector<OptimizerSettings> all_settings() {
  std::vector<OptimizerSettings> all;
  for (const OptimizerKind kind : optimizer_kinds)
    all.push_back({.kind = kind,
                   .learning_rate = 0.05,
                   .decay = 0.8,
                   .beta1 = 0.8,
                   .beta2 = 0.95,
                   .eps = 0.1,
                   .weight_decay = 0.3});
  all.push_back({.kind = OptimizerKind::sgd, .learning_rate = 0.05, .momentum = 0.7, .eps = 0.1});
  return all;
}

// [0, n) in pieces of so many elements, so that kernels begin and end anywhere.
struct Pieces {
  Size length;
  template <class F>
  void for_ranges(Size n, F&& f) const {
    for (Size begin = 0; begin < n; begin += length) f(begin, std::min(n, begin + length));
  }
};

template <class T>
struct Learner {
  ParamStore<T> store;
  Parameter<T> w;
  Optimizer<T> optimizer;
  Rng rng{17};

  Learner(Index n, const OptimizerSettings& settings) : w(store.add(Shape{n})), optimizer(store, settings) {
    rng.fill_uniform(w.mutable_value(), 2, 3);
  }
  std::span<const T> draw_gradients() {
    const auto g = store.gradients().flat().first(static_cast<std::size_t>(w.size()));
    rng.fill_normal(g, 2);
    return g;
  }
  std::vector<T> values() const { return {store.values().begin(), store.values().end()}; }
};

template <class T>
void check_formula(const OptimizerSettings& settings, Index n, Size length) {
  const T tolerance = sizeof(T) == 4 ? T(3e-6) : T(1e-14);
  Learner<T> learner(n, settings);
  std::vector<Element> want;
  for (const T w : learner.w.mutable_value()) want.push_back({w});
  for (int t = 1; t <= 6; ++t) {
    const Real bound = t % 2 ? 1.5L : INFINITY;
    const auto g = learner.draw_gradients();
    for (std::size_t i = 0; i < want.size(); ++i) want[i].step(settings, t, g[i], bound);
    learner.optimizer.step({.clip_by_value = double(bound)}, Pieces{length});
  }
  const auto state = learner.optimizer.state();
  for (std::size_t i = 0; i < want.size(); ++i) {
    BOOST_TEST(learner.values()[i] == T(want[i].w), tt::tolerance(tolerance));
    if (state.size() > 0) BOOST_TEST(state[0].values[i] == T(want[i].first), tt::tolerance(100 * tolerance));
    if (state.size() > 1) BOOST_TEST(state[1].values[i] == T(want[i].second), tt::tolerance(100 * tolerance));
  }
}

template <class T>
void check_formulas() {
  for (const simd::Isa isa : isas_here()) {
    const IsaScope scope(isa);
    for (const OptimizerSettings& settings : all_settings()) {
      for (const Index n : {1, 2, 3, 5, 8, 15, 17, 33}) check_formula<T>(settings, n, 1000);
      for (const Size length : {1, 3, 7, 9, 15, 17, 31}) check_formula<T>(settings, 100, length);
    }
  }
}

// What a training would save, restored into an optimiser that has done nothing, goes on to the bit.
template <class T>
void check_restored(const OptimizerSettings& settings) {
  Learner<T> straight(37, settings);
  const auto steps = [](Learner<T>& learner) {
    for (int i = 0; i < 4; ++i) learner.draw_gradients(), learner.optimizer.step({.clip_by_value = 1.5});
  };
  steps(straight);
  Learner<T> resumed(37, settings), forgetful(37, settings);
  for (Learner<T>* learner : {&resumed, &forgetful}) {
    std::ranges::copy(straight.store.values(), learner->store.mutable_values().begin());
    learner->rng = straight.rng;
  }
  const auto from = straight.optimizer.state(), to = resumed.optimizer.state();
  BOOST_REQUIRE_EQUAL(from.size(), to.size());
  for (std::size_t i = 0; i < from.size(); ++i) {
    BOOST_TEST(from[i].name == to[i].name);
    BOOST_REQUIRE_EQUAL(from[i].values.size(), to[i].values.size());
    std::ranges::copy(from[i].values, to[i].values.begin());
  }
  resumed.optimizer.set_steps(straight.optimizer.steps());
  steps(straight), steps(resumed), steps(forgetful);
  BOOST_TEST(resumed.values() == straight.values());
  BOOST_TEST(resumed.optimizer.steps() == straight.optimizer.steps());
  BOOST_TEST((forgetful.values() == straight.values()) == from.empty());
}

// Of the class itself, with the same options.
template <class O>
std::vector<double> values_of(const typename O::Options& options) {
  Learner<double> learner(21, {});
  O optimizer(learner.store, options);
  for (int i = 0; i < 5; ++i) learner.draw_gradients(), optimizer.step();
  return learner.values();
}

std::vector<double> values_of(const OptimizerSettings& settings) {
  Learner<double> learner(21, settings);
  for (int i = 0; i < 5; ++i) learner.draw_gradients(), learner.optimizer.step();
  return learner.values();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(optimizer)

BOOST_AUTO_TEST_CASE(every_formula_in_float) { check_formulas<float>(); }
BOOST_AUTO_TEST_CASE(every_formula_in_double) { check_formulas<double>(); }

BOOST_AUTO_TEST_CASE(it_is_the_class_of_that_kind) {
  using enum OptimizerKind;
  BOOST_TEST(values_of({.kind = sgd, .learning_rate = 0.1}) == values_of<Sgd<double>>({0.1}));
  BOOST_TEST(values_of({.kind = sgd, .learning_rate = 0.1, .momentum = 0.5}) == values_of<Sgd<double>>({0.1, 0.5}));
  BOOST_TEST(values_of({.kind = adagrad, .learning_rate = 0.1}) == values_of<Adagrad<double>>({0.1}));
  BOOST_TEST(values_of({.kind = adagrad, .eps = 0.1}) == values_of<Adagrad<double>>({1e-3, 0.1}));
  BOOST_TEST(values_of({.kind = rmsprop, .learning_rate = 0.1}) == values_of<RmsProp<double>>({0.1}));
  BOOST_TEST(values_of({.kind = rmsprop, .decay = 0.5, .eps = 0.1}) == values_of<RmsProp<double>>({1e-3, 0.5, 0.1}));
  BOOST_TEST(values_of({.kind = adam, .learning_rate = 0.1}) == values_of<Adam<double>>({0.1}));
  BOOST_TEST(values_of({.kind = adam, .beta1 = 0.5, .beta2 = 0.6, .eps = 0.1}) ==
             values_of<Adam<double>>({1e-3, 0.5, 0.6, 0.1}));
  BOOST_TEST(values_of({.kind = adamw, .learning_rate = 0.1}) == values_of<AdamW<double>>({0.1}));
  BOOST_TEST(values_of({.kind = adamw, .beta1 = 0.5, .beta2 = 0.6, .eps = 0.1, .weight_decay = 0.2}) ==
             values_of<AdamW<double>>({1e-3, 0.5, 0.6, 0.1, 0.2}));
}

BOOST_AUTO_TEST_CASE(restored_it_goes_on_to_the_bit) {
  for (const OptimizerSettings& settings : all_settings())
    check_restored<float>(settings), check_restored<double>(settings);
}

BOOST_AUTO_TEST_CASE(names_of_its_state) {
  const auto names = [](const OptimizerSettings& settings) {
    Learner<float> learner(5, settings);
    std::string all;
    for (const auto& [name, values] : learner.optimizer.state()) {
      all += std::string(name) + ";";
      BOOST_TEST(values.size() == learner.store.values().size());
      for (const float x : values) BOOST_TEST(x == 0);
    }
    return all;
  };
  using enum OptimizerKind;
  BOOST_TEST(names({.kind = sgd}) == "");
  BOOST_TEST(names({.kind = sgd, .momentum = 0.5}) == "momentum;");
  BOOST_TEST(names({.kind = adagrad}) == "sum_of_squares;");
  BOOST_TEST(names({.kind = rmsprop}) == "mean_square;");
  BOOST_TEST(names({.kind = adam}) == "first_moment;second_moment;");
  BOOST_TEST(names({.kind = adamw}) == "first_moment;second_moment;");
}

BOOST_AUTO_TEST_CASE(steps_are_counted_where_they_matter) {
  for (const OptimizerKind kind : optimizer_kinds) {
    Learner<float> learner(5, {.kind = kind});
    Optimizer<float>& optimizer = learner.optimizer;
    const bool counts = kind == OptimizerKind::adam || kind == OptimizerKind::adamw;
    const std::string op = "[" + std::string(name_of(kind)) + "] ";
    BOOST_TEST((optimizer.kind() == kind));
    optimizer.step(), optimizer.step();
    BOOST_TEST(optimizer.steps() == (counts ? 2 : 0));
    optimizer.set_steps(0);
    BOOST_TEST(optimizer.steps() == 0);
    if (counts) optimizer.set_steps(7);
    BOOST_TEST(optimizer.steps() == (counts ? 7 : 0));
    BOOST_TEST(thrown<ValueError>([&] { optimizer.set_steps(counts ? -1 : 3); }) ==
               op + (counts ? "the number of steps must be >= 0, it is -1"
                            : "the number of steps is always 0, it cannot be 3"));
  }
}

BOOST_AUTO_TEST_CASE(learning_rates) {
  for (const OptimizerKind kind : optimizer_kinds) {
    const OptimizerSettings settings{.kind = kind, .learning_rate = 0.5};
    Learner<double> learner(5, settings), changed(5, {.kind = kind, .learning_rate = 1});
    BOOST_TEST(learner.optimizer.learning_rate() == 0.5);
    changed.optimizer.set_learning_rate(0.5);
    learner.draw_gradients(), learner.optimizer.step();
    changed.draw_gradients(), changed.optimizer.step();
    BOOST_TEST(changed.values() == learner.values());
    BOOST_TEST(thrown<ValueError>([&] { learner.optimizer.set_learning_rate(-1); }) ==
               "[" + std::string(name_of(kind)) + "] learning_rate must be finite and >= 0, it is -1.000000");
  }
  ParamStore<float> store;  // too large for it
  BOOST_TEST(thrown<ValueError>([&] {
               Optimizer<float>(store, {.learning_rate = 1e39});
             }).starts_with("[adam] learning_rate must be finite and >= 0, it is 9999"));
}

BOOST_AUTO_TEST_CASE(names_of_kinds) {
  using enum OptimizerKind;
  BOOST_TEST(name_of(sgd) == "sgd");
  BOOST_TEST(name_of(adagrad) == "adagrad");
  BOOST_TEST(name_of(rmsprop) == "rmsprop");
  BOOST_TEST(name_of(adam) == "adam");
  BOOST_TEST(name_of(adamw) == "adamw");
  for (const OptimizerKind kind : optimizer_kinds) BOOST_TEST((optimizer_kind(name_of(kind)) == kind));
  BOOST_TEST(thrown<ValueError>([] { optimizer_kind("Adam"); }) ==
             "[optimizer] \"Adam\" is none; there are sgd, adagrad, rmsprop, adam and adamw");
}

BOOST_AUTO_TEST_CASE(options_reach_the_class_that_checks_them) {
  ParamStore<double> store;
  const auto error = [&](const OptimizerSettings& settings) {
    return thrown<ValueError>([&] { Optimizer<double>(store, settings); });
  };
  BOOST_TEST(error({.kind = OptimizerKind::sgd, .momentum = 1}) == "[sgd] momentum must be in [0, 1), it is 1.000000");
  BOOST_TEST(error({.kind = OptimizerKind::rmsprop, .decay = 1}) ==
             "[rmsprop] decay must be in [0, 1), it is 1.000000");
  BOOST_TEST(error({.kind = OptimizerKind::adam, .momentum = 1, .decay = 1, .weight_decay = -1}) ==
             "(nothing was thrown)");
}

BOOST_AUTO_TEST_CASE(shards_do_its_step) {
  for (const OptimizerSettings& settings : all_settings()) {
    Learner<float> alone(40000, settings), shared(40000, settings);  // enough that each thread has a range
    Shards<float> shards(shared.store, 2, 2);
    for (int step = 0; step < 2; ++step) {
      alone.draw_gradients(), alone.optimizer.step({.clip_by_value = 1.5});
      shared.draw_gradients(), shared.optimizer.step({.clip_by_value = 1.5}, shards);
    }
    BOOST_TEST((alone.values() == shared.values()));
  }
}

BOOST_AUTO_TEST_CASE(its_step_takes_nothing_from_the_heap) {
  for (const OptimizerSettings& settings : all_settings()) {
    Learner<float> learner(100, settings);
    learner.draw_gradients();
    learner.optimizer.step();
    const long before = heap::allocations();
    for (int i = 0; i < 5; ++i)
      learner.optimizer.set_learning_rate(0.01 * i), learner.optimizer.step({.clip_by_value = 1});
    BOOST_TEST(heap::allocations() - before == 0);
  }
}

BOOST_AUTO_TEST_SUITE_END()
