// The norm of the gradients and what is beyond a bound, against long double; clip_by_norm.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <xgrad/models/models.hpp>

#include "../../heap.hpp"
#include "../../ops/isa_scope.hpp"
#include "../../thrown.hpp"

using namespace xgrad;
namespace tt = boost::test_tools;

namespace {

// Holder of a parameter of n elements, written where a sweep would leave them.
template <class T>
struct Holder {
  ParamStore<T> store;
  Parameter<T> w;

  explicit Holder(const std::vector<T>& g) : w(store.add(Shape{static_cast<Index>(g.size())})) {
    std::copy(g.begin(), g.end(), store.gradients().flat().begin());
  }
  std::vector<T> values() {
    const auto g = store.gradients().of(w);
    return {g.begin(), g.end()};
  }
};

/// Measures and clips.
template <class T>
bool clip(Holder<T>& of, double bound) {
  auto& gradients = of.store.gradients();
  return clip_by_norm(gradients, gradient_figures(gradients), bound);
}

template <class T>
std::vector<T> normals(std::size_t n, double stddev = 3) {
  Rng rng(static_cast<std::uint32_t>(n));
  std::vector<T> g(n);
  rng.fill_normal(std::span<T>(g), stddev);
  return g;
}

constexpr std::size_t sizes[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 100, 1001};

template <class T>
void check_figures() {
  for (const std::size_t n : sizes) {
    const auto g = normals<T>(n);
    long double squares = 0;
    Size beyond = 0;
    for (const T x : g) squares += static_cast<long double>(x) * x, beyond += std::abs(x) > T(2.5);
    Holder<T> gradients(g);
    const auto figures = gradient_figures(gradients.store.gradients(), 2.5);
    BOOST_TEST(figures.norm == double(std::sqrt(squares)), tt::tolerance(1e-14));
    BOOST_TEST(figures.beyond == beyond);
    BOOST_TEST(gradient_figures(gradients.store.gradients()).beyond == 0);
    BOOST_TEST((gradients.values() == g));
  }
}

// Behind an odd number of elements are no zeros here but others that must not count.
template <class T>
void check_kernel() {
  for (const std::size_t n : sizes) {
    std::vector<T> g = normals<T>(n);
    const auto want = kernels::sums_of_gradients(static_cast<Size>(n), T(2.5), g.data());
    g.resize(n + 64, T(1e6));
    const auto got = kernels::sums_of_gradients(static_cast<Size>(n), T(2.5), g.data());
    BOOST_TEST(got.squares == want.squares);
    BOOST_TEST(got.beyond == want.beyond);
  }
}

template <class T>
void check_clip() {
  for (const std::size_t n : sizes) {
    const auto g = normals<T>(n);
    Holder<T> gradients(g);
    const double before = gradient_figures(gradients.store.gradients()).norm, bound = before / 3;
    BOOST_TEST(!clip(gradients, before));
    BOOST_TEST((gradients.values() == g));  // at the bound: untouched
    BOOST_TEST(clip(gradients, bound));
    BOOST_TEST(gradient_figures(gradients.store.gradients()).norm == bound,
               tt::tolerance(sizeof(T) == 4 ? 3e-7 : 1e-15));
    const auto after = gradients.values();
    for (std::size_t i = 0; i < n; ++i)
      BOOST_TEST(after[i] == T(1) / 3 * g[i], tt::tolerance(sizeof(T) == 4 ? T(3e-7) : T(1e-15)));
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(gradients)

BOOST_AUTO_TEST_CASE(figures_of_any_size) {
  for (const simd::Isa isa : isas_here()) {
    const IsaScope scope(isa);
    check_figures<float>(), check_figures<double>();
    check_kernel<float>(), check_kernel<double>();
  }
}

BOOST_AUTO_TEST_CASE(the_norm_of_floats_has_the_same_bits_everywhere) {
  Holder<float> gradients(normals<float>(12345));
  std::vector<double> norms;
  for (const simd::Isa isa : isas_here()) {
    const IsaScope scope(isa);
    norms.push_back(gradient_figures(gradients.store.gradients()).norm);
  }
  for (const double norm : norms) BOOST_TEST(norm == norms[0]);
}

// Squares of floats that no float can hold.
BOOST_AUTO_TEST_CASE(large_and_small_floats) {
  Holder<float> large({3e30f, 4e30f}), small({3e-30f, 4e-30f});
  BOOST_TEST(gradient_figures(large.store.gradients()).norm == 5e30, tt::tolerance(1e-7));
  BOOST_TEST(gradient_figures(small.store.gradients()).norm == 5e-30, tt::tolerance(1e-7));
  BOOST_TEST(clip(large, 5));
  BOOST_TEST(large.values()[0] == 3, tt::tolerance(1e-6));
}

BOOST_AUTO_TEST_CASE(beyond_is_not_at_the_bound) {
  Holder<double> gradients({5, -5, 5.5, -6, 0, 4});
  BOOST_TEST(gradient_figures(gradients.store.gradients(), 5).beyond == 2);
}

BOOST_AUTO_TEST_CASE(numbers_that_are_none) {
  const double nan = std::nan("");
  Holder<double> with_nan({7, nan, 1, INFINITY});
  const auto figures = gradient_figures(with_nan.store.gradients(), 5);
  BOOST_TEST(std::isnan(figures.norm));
  BOOST_TEST(figures.beyond == 2);  // NaN is not
  Holder<float> infinite({7, -INFINITY, 1});
  BOOST_TEST(gradient_figures(infinite.store.gradients(), 5).norm == INFINITY);
  BOOST_TEST(gradient_figures(infinite.store.gradients(), 5).beyond == 2);
  BOOST_TEST(gradient_figures(infinite.store.gradients()).beyond == 0);
}

// Neither does NaN spread, nor does everything become zero beside an infinity.
BOOST_AUTO_TEST_CASE(clip_by_norm_leaves_a_norm_that_is_none) {
  Holder<double> with_nan({7, std::nan(""), 1}), infinite({7, INFINITY, 1});
  BOOST_TEST(!clip(with_nan, 0.5));
  BOOST_TEST(with_nan.values()[0] == 7);
  BOOST_TEST(with_nan.values()[2] == 1);
  BOOST_TEST(!clip(infinite, 0.5));
  BOOST_TEST((infinite.values() == std::vector<double>{7, INFINITY, 1}));
}

BOOST_AUTO_TEST_CASE(clip_by_norm_of_any_size) {
  for (const simd::Isa isa : isas_here()) {
    const IsaScope scope(isa);
    check_clip<float>(), check_clip<double>();
  }
}

BOOST_AUTO_TEST_CASE(clip_by_norm_is_over_all_parameters) {
  ParamStore<double> store;
  const auto a = store.add(Array<double>{0, 0}), b = store.add(Array<double>{0});
  {
    Tape<double> tape;
    backward(sum(a * constant(Array<double>{2, 3})) + sum(b * constant(Array<double>{6})));
  }
  BOOST_TEST(clip_by_norm(store.gradients(), gradient_figures(store.gradients()), 3.5));
  BOOST_TEST(a.grad()(1) == 1.5, tt::tolerance(1e-15));
  BOOST_TEST(b.grad()(0) == 3, tt::tolerance(1e-15));
  const GradientFigures after = gradient_figures(store.gradients());
  BOOST_TEST(after.norm == 3.5, tt::tolerance(1e-15));
  BOOST_TEST(!clip_by_norm(store.gradients(), after, 100));
  BOOST_TEST(b.grad()(0) == 3, tt::tolerance(1e-15));  // below the bound: untouched
}

// There is no second pass: what was measured is believed.
BOOST_AUTO_TEST_CASE(clip_by_norm_takes_the_norm_that_was_measured) {
  Holder<double> gradients({3, 4});
  BOOST_TEST(clip_by_norm(gradients.store.gradients(), {.norm = 10}, 5));
  BOOST_TEST((gradients.values() == std::vector<double>{1.5, 2}));
}

BOOST_AUTO_TEST_CASE(nothing_comes_from_the_heap) {
  Holder<float> gradients(normals<float>(1000));
  const long before = heap::allocations();
  clip(gradients, 1);
  BOOST_TEST(heap::allocations() - before == 0);
}

BOOST_AUTO_TEST_CASE(no_gradients) {
  ParamStore<double> store;
  BOOST_TEST(gradient_figures(store.gradients(), 1).norm == 0);
  BOOST_TEST(gradient_figures(store.gradients(), 1).beyond == 0);
  BOOST_TEST(!clip_by_norm(store.gradients(), {}, 1));
}

BOOST_AUTO_TEST_CASE(bounds_that_are_none) {
  Holder<double> gradients({1, 2});
  for (const double bound : {0.0, -1.0, std::nan("")}) {
    const std::string message = "[clip] the bound must be > 0, it is " + std::to_string(bound);
    BOOST_TEST(thrown<ValueError>([&] { clip_by_norm(gradients.store.gradients(), {}, bound); }) == message);
    BOOST_TEST(thrown<ValueError>([&] { gradient_figures(gradients.store.gradients(), bound); }) == message);
  }
  BOOST_TEST((gradients.values() == std::vector<double>{1, 2}));
}

BOOST_AUTO_TEST_CASE(gradients_of_a_sweep_that_was_cut_short) {
  Holder<double> gradients({1, 2});
  gradients.store.gradients().mark_incomplete();
  BOOST_CHECK_THROW(gradient_figures(gradients.store.gradients()), TapeError);
  BOOST_CHECK_THROW(clip_by_norm(gradients.store.gradients(), {}, 1), TapeError);
}

BOOST_AUTO_TEST_SUITE_END()
