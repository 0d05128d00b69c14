// What all optimisers have in common: clipping within the step, ranges, learning rates, states, errors.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <xgrad/models/models.hpp>

#include "../../heap.hpp"
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

// Some parameters of uneven sizes under an optimiser, and the same gradients for whoever asks in the same order.
template <template <class> class Optimizer, class T>
struct Learner {
  ParamStore<T> store;
  Parameter<T> a = store.add(Shape{3, 5}), b = store.add(Shape{7});
  Optimizer<T> optimizer{store, {}};

  explicit Learner(std::uint32_t seed = 5) {
    Rng rng(seed);
    rng.fill_normal(a.mutable_value(), 1);
    rng.fill_normal(b.mutable_value(), 1);
  }
  // Normal, some of them far beyond a bound of 5, clipped here where a bound is given.
  void draw_gradients(Rng& rng, T bound = std::numeric_limits<T>::infinity()) {
    const Array<T> to_a = rng.normal_array<T>({3, 5}, 6), to_b = rng.normal_array<T>({7}, 6);
    Tape<T> tape;
    store.zero_grad();
    backward(sum(a * constant(to_a)) + sum(b * constant(to_b)));
    for (T& g : store.gradients().flat()) g = g > bound ? bound : g < -bound ? -bound : g;
  }
  std::vector<T> values() const { return {store.values().begin(), store.values().end()}; }
};

template <class T>
struct Momentum : Sgd<T> {
  struct Options {};
  Momentum(ParamStore<T>& store, const Options&) : Sgd<T>(store, {.learning_rate = 0.01, .momentum = 0.9}) {}
};

// A step that clips is the step of clipped gradients, to the bit, and leaves the gradients as they were.
template <template <class> class Optimizer, class T>
void check_clipped_steps() {
  Learner<Optimizer, T> fused, separate, unclipped;
  Rng one(9), same(9), other(9);
  for (int step = 0; step < 5; ++step) {
    fused.draw_gradients(one);
    const auto g = fused.store.gradients().flat();
    const std::vector<T> before(g.begin(), g.end());
    fused.optimizer.step({.clip_by_value = 5});
    BOOST_TEST(std::equal(before.begin(), before.end(), fused.store.gradients().flat().begin()));
    separate.draw_gradients(same, 5);
    separate.optimizer.step();
    unclipped.draw_gradients(other);
    unclipped.optimizer.step();
  }
  BOOST_TEST(fused.values() == separate.values());
  BOOST_TEST(fused.values() != unclipped.values());
}

// [0, n) in 64-byte lines, the last first.
template <class T>
struct Lines {
  int calls = 0;
  template <class F>
  void for_ranges(Size n, F&& f) {
    constexpr Size line = 64 / sizeof(T);
    for (Size begin = (n - 1) / line * line; begin >= 0; begin -= line, ++calls) f(begin, std::min(n, begin + line));
  }
};

struct NoRanges {
  template <class F>
  void for_ranges(Size, F&&) const {
    throw TapeError("none");
  }
};

// A step in ranges is the step, to the bit; one whose ranges cannot be had changes nothing, the number of steps
// included.
template <template <class> class Optimizer, class T>
void check_ranges() {
  Learner<Optimizer, T> whole, pieces;
  Lines<T> lines;
  Rng one(9), same(9);
  for (int step = 0; step < 5; ++step) {
    const StepOptions how{.clip_by_value = step % 2 ? 5 : INFINITY};
    whole.draw_gradients(one), whole.optimizer.step(how);
    pieces.draw_gradients(same);
    const auto before = pieces.values();
    BOOST_CHECK_THROW(pieces.optimizer.step(how, NoRanges()), TapeError);
    BOOST_TEST(pieces.values() == before);
    pieces.optimizer.step(how, lines);
    BOOST_TEST(pieces.values() == whole.values());
  }
  BOOST_TEST(lines.calls >= 5 * 2);
}

template <template <class> class Optimizer>
void check_bounds() {
  Learner<Optimizer, double> learner;
  Rng rng(9);
  learner.draw_gradients(rng);
  const auto before = learner.values();
  for (const double bound : {0.0, -1.0, std::nan("")})
    BOOST_TEST(thrown<ValueError>([&] { learner.optimizer.step({.clip_by_value = bound}); }) ==
               "[clip] the bound must be > 0, it is " + std::to_string(bound));
  BOOST_TEST(learner.values() == before);
}

template <template <class> class Optimizer>
void check_nan() {
  ParamStore<double> store;
  const auto w = store.add(Array<double>{1, 1, 1});
  Optimizer<double> optimizer(store, {});
  set_gradient(store, w, {std::nan(""), INFINITY, 1});
  optimizer.step({.clip_by_value = 5});
  BOOST_TEST(std::isnan(w.value()(0)));  // not hidden
  BOOST_TEST(std::isfinite(w.value()(1)));
  BOOST_TEST(std::isfinite(w.value()(2)));
}

template <template <class> class Optimizer>
void check_heap() {
  Learner<Optimizer, float> learner;
  Rng rng(9);
  learner.draw_gradients(rng);
  learner.optimizer.step({.clip_by_value = 5});
  const long before = heap::allocations();
  for (int i = 0; i < 10; ++i) learner.optimizer.step({.clip_by_value = 5});
  BOOST_TEST(heap::allocations() - before == 0);
}

// A rate of zero leaves the weights as they are, one that is set holds for the next step, and a wrong one changes
// nothing.
template <template <class> class Optimizer>
void check_learning_rate(const char* name) {
  Learner<Optimizer, double> learner;
  Rng rng(9);
  learner.draw_gradients(rng);
  auto& optimizer = learner.optimizer;
  const auto start = learner.values();
  optimizer.set_learning_rate(0);
  optimizer.step();
  BOOST_TEST(learner.values() == start);
  optimizer.set_learning_rate(0.25);
  BOOST_TEST(optimizer.learning_rate() == 0.25);
  for (const double rate : {-1.0, double(INFINITY), std::nan("")})
    BOOST_TEST(thrown<ValueError>([&] { optimizer.set_learning_rate(rate); }) ==
               std::string("[") + name + "] learning_rate must be finite and >= 0, it is " + std::to_string(rate));
  BOOST_TEST(optimizer.learning_rate() == 0.25);
  optimizer.step();
  BOOST_TEST(learner.values() != start);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(optim)

BOOST_AUTO_TEST_CASE(adamw_without_decay_is_adam) {
  Learner<Adam, float> adam;
  Learner<AdamW, float> adamw;
  AdamW<float> without(adamw.store, {.weight_decay = 0});
  Rng one(9), same(9);
  for (int step = 0; step < 5; ++step) {
    adam.draw_gradients(one), adam.optimizer.step();
    adamw.draw_gradients(same), without.step();
  }
  BOOST_TEST(adam.values() == adamw.values());
}

BOOST_AUTO_TEST_CASE(learning_rates_that_are_set) {
  check_learning_rate<Sgd>("sgd");
  check_learning_rate<Momentum>("sgd");
  check_learning_rate<Adagrad>("adagrad");
  check_learning_rate<RmsProp>("rmsprop");
  check_learning_rate<Adam>("adam");
  check_learning_rate<AdamW>("adamw");
}

BOOST_AUTO_TEST_CASE(adam_goes_on_from_a_saved_state) {
  Learner<Adam, float> straight, resumed;
  Rng rng(9);
  for (int step = 0; step < 10; ++step) straight.draw_gradients(rng), straight.optimizer.step();
  std::copy(straight.store.values().begin(), straight.store.values().end(), resumed.store.mutable_values().begin());
  const auto copy = [](std::span<const float> from, std::span<float> to) {
    BOOST_REQUIRE_EQUAL(from.size(), to.size());
    std::copy(from.begin(), from.end(), to.begin());
  };
  copy(straight.optimizer.first_moments(), resumed.optimizer.first_moments());
  copy(straight.optimizer.second_moments(), resumed.optimizer.second_moments());
  resumed.optimizer.set_steps(straight.optimizer.steps());
  Rng same = rng;
  for (int step = 0; step < 10; ++step) {
    straight.draw_gradients(rng), straight.optimizer.step();
    resumed.draw_gradients(same), resumed.optimizer.step();
  }
  BOOST_TEST(straight.values() == resumed.values());
  BOOST_TEST(resumed.optimizer.steps() == 20);
}

BOOST_AUTO_TEST_CASE(clipping_by_value_is_elementwise) {
  ParamStore<double> store;
  const auto w = store.add(Array<double>{0, 0, 0, 0});
  Sgd<double> sgd(store, {.learning_rate = 1});
  set_gradient(store, w, {7, -7, 3, -5});
  sgd.step({.clip_by_value = 5});
  BOOST_TEST((w.value() == Array<double>{-5, 5, -3, 5}));
  BOOST_TEST((w.grad() == Array<double>{7, -7, 3, -5}));
}

BOOST_AUTO_TEST_CASE(a_clipped_step_is_the_step_of_clipped_gradients) {
  check_clipped_steps<Sgd, float>(), check_clipped_steps<Sgd, double>();
  check_clipped_steps<Adagrad, float>(), check_clipped_steps<Adagrad, double>();
  check_clipped_steps<Adam, float>(), check_clipped_steps<Adam, double>();
  check_clipped_steps<AdamW, float>(), check_clipped_steps<AdamW, double>();
  check_clipped_steps<Momentum, float>(), check_clipped_steps<Momentum, double>();
  check_clipped_steps<RmsProp, float>(), check_clipped_steps<RmsProp, double>();
}

BOOST_AUTO_TEST_CASE(a_step_in_ranges_is_the_step) {
  check_ranges<Sgd, float>(), check_ranges<Sgd, double>();
  check_ranges<Adagrad, float>(), check_ranges<Adagrad, double>();
  check_ranges<Adam, float>(), check_ranges<Adam, double>();
  check_ranges<AdamW, float>(), check_ranges<AdamW, double>();
  check_ranges<Momentum, float>(), check_ranges<Momentum, double>();
  check_ranges<RmsProp, float>(), check_ranges<RmsProp, double>();
}

BOOST_AUTO_TEST_CASE(a_step_on_two_threads_is_the_step) {
  constexpr std::size_t n = 40000;  // enough that each thread has a range
  ParamStore<float> one, two;
  const auto a = one.add(Shape{n}), b = two.add(Shape{n});
  Adam<float> alone(one, {}), shared(two, {});
  Shards<float> shards(two, 2, 2);
  std::atomic<int> ranges = 0;
  shards.for_ranges(n, [&](Size, Size) { ++ranges; });
  BOOST_TEST(ranges == 2);
  Rng rng(3);
  for (int step = 0; step < 3; ++step) {
    const Array<float> g = rng.normal_array<float>({n}, 1);
    set_gradient(one, a, g), alone.step();
    set_gradient(two, b, g), shared.step({}, shards);
    BOOST_TEST((a.value() == b.value()));
  }
}

BOOST_AUTO_TEST_CASE(clipping_does_not_hide_nan) {
  check_nan<Sgd>();
  check_nan<Adagrad>();
  check_nan<Adam>();
  check_nan<AdamW>();
  check_nan<Momentum>();
  check_nan<RmsProp>();
}

BOOST_AUTO_TEST_CASE(a_step_takes_nothing_from_the_heap) {
  check_heap<Sgd>();
  check_heap<Adagrad>();
  check_heap<Adam>();
  check_heap<AdamW>();
  check_heap<Momentum>();
  check_heap<RmsProp>();
}

BOOST_AUTO_TEST_CASE(bounds_that_are_none) {
  check_bounds<Sgd>();
  check_bounds<Adagrad>();
  check_bounds<Adam>();
  check_bounds<AdamW>();
  check_bounds<Momentum>();
  check_bounds<RmsProp>();
}

BOOST_AUTO_TEST_SUITE_END()
