// Values and derivatives where numbers are extreme.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <xgrad/ops/ops.hpp>

using namespace xgrad;
namespace tt = boost::test_tools;

namespace {

using D = double;
constexpr D inf = std::numeric_limits<D>::infinity();
const D nan_value = std::nan("");

// f and its derivative, element by element.
struct At {
  Array<D> y, slope;
};
template <class F>
At at(F f, const Array<D>& x) {
  Tape<D> tape;
  const Var<D> v = leaf(x), y = f(v);
  At r{make_array<D>(y.shape()), {}};
  std::copy_n(y.data(), y.size(), r.y.data());
  backward(sum(y));
  r.slope = v.grad();
  return r;
}

template <class T>
T cross_entropy(const Array<T>& logits, Index target, Array<T>* gradient = nullptr) {
  Tape<T> tape;
  const Var<T> x = leaf(logits), loss = softmax_cross_entropy(x, std::span<const Index>(&target, 1), Reduction::sum);
  backward(loss);
  if (gradient) *gradient = x.grad();
  return loss.item();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(numerics)

BOOST_AUTO_TEST_CASE(saturating_functions_stay_in_their_range) {
  const Array<D> x{-inf, -1e4, -20, -1e-310, -0.0, 0.0, 1e-310, 20, 1e4, inf};
  for (const bool is_tanh : {true, false}) {
    const At r = is_tanh ? at([](auto v) { return tanh(v); }, x) : at([](auto v) { return sigmoid(v); }, x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      BOOST_TEST(r.y(i) >= (is_tanh ? -1 : 0));
      BOOST_TEST(r.y(i) <= 1);
      BOOST_TEST(r.slope(i) >= 0);
      BOOST_TEST(r.slope(i) <= 1);
    }
    BOOST_TEST(r.y(0) == (is_tanh ? -1 : 0));
    BOOST_TEST(r.y(9) == 1);
  }
}

BOOST_AUTO_TEST_CASE(not_a_number_goes_through) {
  const Array<D> x{nan_value, 1};
  const auto value = [&](auto f) { return at(f, x).y(0); };
  BOOST_TEST(std::isnan(value([](auto v) { return relu(v); })));
  BOOST_TEST(std::isnan(value([](auto v) { return tanh(v); })));
  BOOST_TEST(std::isnan(value([](auto v) { return exp(v); })));
  BOOST_TEST(std::isnan(value([](auto v) { return clip(v, 0.0, 1.0); })));
  BOOST_TEST(std::isnan(value([](auto v) { return maximum(v, 0.0); })));
  BOOST_TEST(std::isnan(value([](auto v) { return minimum(2 * v, v); })));
  BOOST_TEST(std::isnan(at([](auto v) { return max(v); }, x).y()));
  BOOST_TEST(std::isnan(at([](auto v) { return logsumexp(v); }, x).y()));
  BOOST_TEST(std::isnan(at([](auto v) { return softmax(v); }, x).y(1)));
}

BOOST_AUTO_TEST_CASE(vectors_with_a_tail_equal_scalars) {
  // 1 to 37 elements: whatever the width of a vector, whole ones and a rest.
  for (Index n = 1; n <= 37; ++n) {
    Rng rng{std::uint32_t(n)};
    Array<D> x = make_array<D>({n});
    for (D& v : x) v = 3 * rng.normal();
    const At t = at([](auto v) { return tanh(v); }, x), e = at([](auto v) { return exp(v); }, x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      BOOST_TEST(t.y(i) == std::tanh(x(i)), tt::tolerance(1e-15));
      BOOST_TEST(e.y(i) == std::exp(x(i)), tt::tolerance(1e-15));
    }
  }
}

BOOST_AUTO_TEST_CASE(cross_entropy_is_exact_at_large_logits) {
  BOOST_TEST(cross_entropy<D>({{1e8, 1e8}}, 0) == std::log(2.0), tt::tolerance(1e-15));
  BOOST_TEST(cross_entropy<D>({{-1e8, -1e8}}, 1) == std::log(2.0), tt::tolerance(1e-15));
  BOOST_TEST(cross_entropy<float>({{1e8f, 1e8f}}, 0) == std::log(2.0f), tt::tolerance(1e-7f));
  BOOST_TEST(cross_entropy<float>({{1e4f, -1e4f, 0}}, 1) == 2e4f);
  BOOST_TEST(cross_entropy<D>({{1e8, -1e8}}, 1) == 2e8);
  BOOST_TEST(cross_entropy<D>({{1e8, -1e8}}, 0) == 0);
  BOOST_TEST(cross_entropy<D>({{1e8, 1e8 - 1, 1e8 - 3}}, 1) == 1 + std::log(1 + std::exp(-1.0) + std::exp(-3.0)),
             tt::tolerance(4e-16));
  const D huge = std::numeric_limits<D>::max();
  BOOST_TEST(cross_entropy<D>({{huge, huge, huge}}, 2) == std::log(3.0), tt::tolerance(1e-15));
  BOOST_TEST(cross_entropy<D>({{0, -inf, 0}}, 0) == std::log(2.0), tt::tolerance(1e-15));  // a mask
}

BOOST_AUTO_TEST_CASE(cross_entropy_gradients_sum_to_zero) {
  for (const D scale : {1.0, 1e4, 1e8}) {
    Rng rng(4);
    Array<D> x = make_array<D>({1, 65}), g;
    for (D& v : x) v = scale * rng.normal();
    cross_entropy<D>(x, 7, &g);
    D total = 0;
    for (const D v : g) {
      BOOST_TEST(std::isfinite(v));
      total += v;
    }
    BOOST_TEST(std::abs(total) < 4 * std::numeric_limits<D>::epsilon());
  }
}

BOOST_AUTO_TEST_CASE(logarithms_of_sums_do_not_overflow) {
  const auto value = [](auto f, const Array<D>& x) { return at(f, x).y; };
  const auto lse = [](auto v) { return logsumexp(v); };
  BOOST_TEST(value(lse, {1000, 1000})() == 1000 + std::log(2.0), tt::tolerance(1e-15));
  BOOST_TEST(value(lse, {-1000, -1000})() == -1000 + std::log(2.0), tt::tolerance(1e-15));
  BOOST_TEST(value(lse, {-inf, 3})() == 3);
  BOOST_TEST(value(lse, {-inf, -inf})() == -inf);
  const auto log_soft = value([](auto v) { return log_softmax(v); }, {1e8, 1e8 - 2});
  BOOST_TEST(log_soft(1) == -2 - std::log(1 + std::exp(-2.0)), tt::tolerance(4e-16));
}

BOOST_AUTO_TEST_CASE(dropout_keeps_the_mean_and_its_mask) {
  Rng rng(5), same(5), other(6);
  Tape<D> tape;
  Array<D> ones = make_array<D>({100, 100});
  ones.fill(1);
  const Var<D> x = leaf(ones), y = dropout(x, 0.3, rng);
  D zero = 0, total = 0;
  for (Size i = 0; i < y.size(); ++i) {
    BOOST_TEST((y.data()[i] == 0 || y.data()[i] == 1 / 0.7));
    zero += y.data()[i] == 0;
    total += y.data()[i];
  }
  BOOST_TEST(zero == 3000.0, tt::tolerance(0.05));
  BOOST_TEST(total == 10000.0, tt::tolerance(0.05));
  BOOST_TEST((dropout(x, 0.3, same).value() == y.value()));
  BOOST_TEST((dropout(x, 0.3, other).value() != y.value()));
  // The same mask in first and second derivatives: of sum y^3, 3 y^2 m and 6 y m^2.
  const Var<D> g = grad(sum(y * y * y), {x})[0], h = grad(sum(g), {x})[0];
  for (Size i = 0; i < y.size(); ++i) {
    const D m = y.data()[i];
    BOOST_TEST(g.data()[i] == 3 * m * m * m, tt::tolerance(1e-14));
    BOOST_TEST(h.data()[i] == 6 * m * m * m, tt::tolerance(1e-14));
  }
  BOOST_TEST((dropout(x, 0, rng).data() == x.data()));
}

BOOST_AUTO_TEST_CASE(products_of_any_layout_equal_plain_loops) {
  for (const Index m : {1, 2, 5, 16})
    for (const Index n : {1, 3, 16})
      for (const Index k : {1, 2, 7, 20})
        for (const int flags : {0, 1, 2, 3}) {
          const bool ta = flags & 1, tb = flags & 2;
          Rng rng(9);
          Array<D> a = make_array<D>(ta ? Shape{k, m} : Shape{m, k}), b = make_array<D>(tb ? Shape{n, k} : Shape{k, n});
          for (D& v : a) v = rng.normal();
          for (D& v : b) v = rng.normal();
          Tape<D> tape;
          const Var<D> c = matmul(constant(a), constant(b), ta, tb);
          for (std::size_t i = 0; i < std::size_t(m); ++i)
            for (std::size_t j = 0; j < std::size_t(n); ++j) {
              D want = 0, size = 0;
              for (std::size_t l = 0; l < std::size_t(k); ++l) {
                const D term = (ta ? a(l, i) : a(i, l)) * (tb ? b(j, l) : b(l, j));
                want += term;
                size += std::abs(term);
              }
              BOOST_TEST(std::abs(c.value()(i, j) - want) <= 1e-14 * size);
            }
        }
}

BOOST_AUTO_TEST_SUITE_END()
