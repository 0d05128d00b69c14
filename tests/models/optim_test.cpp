// Optimisers and clipping against their closed forms.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <xgrad/models/models.hpp>

#include "../heap.hpp"
#include "../thrown.hpp"

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

// beta1 = 1/2, beta2 = 3/4, rate 1/10, eps 1/2, so that all roots are whole numbers:
//   g = 2: m = 1, v = 1; corrected by 1/2 and 1/4 they are 2 and 4, and w falls by 0.2 / (2 + 1/2);
//   g = 5: m = 3, v = 7; corrected by 3/4 and 7/16 they are 4 and 16, and w falls by 0.4 / (4 + 1/2).
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

BOOST_AUTO_TEST_CASE(a_thousand_steps_of_adam_by_the_paper) {
  check_adam<float>(1e-5f);
  check_adam<double>(1e-12);
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

BOOST_AUTO_TEST_CASE(adams_options) {
  ParamStore<float> store;
  using Options = Adam<float>::Options;
  const auto error = [&](const Options& options) { return thrown<ValueError>([&] { Adam<float>(store, options); }); };
  BOOST_TEST(error({.beta1 = 1}) == "[adam] beta1 must be in [0, 1), it is 1.000000");
  BOOST_TEST(error({.beta2 = -0.5}) == "[adam] beta2 must be in [0, 1), it is -0.500000");
  BOOST_TEST(error({.beta2 = std::nan("")}) == "[adam] beta2 must be in [0, 1), it is nan");
  BOOST_TEST(error({.eps = 0}) == "[adam] eps must be > 0, it is 0.000000");
  BOOST_TEST(error({.eps = 1e-60}) == "[adam] eps must be > 0, it is 0.000000");  // in float
  Adam<float> adam(store, {});
  BOOST_TEST(thrown<ValueError>([&] { adam.set_steps(-1); }) == "[adam] the number of steps must be >= 0, it is -1");
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
}

BOOST_AUTO_TEST_CASE(a_step_in_ranges_is_the_step) {
  check_ranges<Sgd, float>(), check_ranges<Sgd, double>();
  check_ranges<Adagrad, float>(), check_ranges<Adagrad, double>();
  check_ranges<Adam, float>(), check_ranges<Adam, double>();
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
}

BOOST_AUTO_TEST_CASE(a_step_takes_nothing_from_the_heap) {
  check_heap<Sgd>();
  check_heap<Adagrad>();
  check_heap<Adam>();
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
  check_bounds<Sgd>();
  check_bounds<Adagrad>();
  check_bounds<Adam>();
  ParamStore<double> store;
  for (const double bound : {0.0, -1.0, std::nan("")})
    BOOST_TEST(thrown<ValueError>([&] { clip_by_norm(store.gradients(), bound); }) ==
               "[clip] the bound must be > 0, it is " + std::to_string(bound));
}

BOOST_AUTO_TEST_SUITE_END()
