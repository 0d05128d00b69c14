// exp, log, tanh and sigmoid as the kernels compute them, against libm in long double: the largest errors in units of
// the last place, and the ends of the ranges. Each on every instruction set that this processor has.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <random>
#include <vector>
#include <xgrad/ops/elementwise/function_objects.hpp>
#include <xgrad/ops/kernels/elementwise/elementwise.hpp>

#include "isa_scope.hpp"
#include "sparse.hpp"

namespace {

using namespace xgrad;
using simd::Isa;
using Types = std::tuple<float, double>;

template <class T>
constexpr T inf = std::numeric_limits<T>::infinity();
template <class T>
constexpr T tiniest = std::numeric_limits<T>::denorm_min();

// A function as the kernels have it, and what it should be.
template <class F>
struct Function;
template <>
struct Function<functions::Exp> {
  static long double exact(long double x) { return std::exp(x); }
};
template <>
struct Function<functions::Log> {
  static long double exact(long double x) { return std::log(x); }
};
template <>
struct Function<functions::Tanh> {
  static long double exact(long double x) { return std::tanh(x); }
};
template <>
struct Function<functions::Sigmoid> {
  static long double exact(long double x) {
    const long double e = std::exp(-std::abs(x));
    return (x < 0 ? e : 1) / (1 + e);
  }
};

template <class F, class T>
std::vector<T> values(const std::vector<T>& x) {
  std::vector<T> y(x.size());
  kernels::Unary<T, F>::forward(F{}, Size(x.size()), x.data(), y.data());
  return y;
}
template <class F, class T>
T value(T x) {
  return values<F>(std::vector<T>{x})[0];
}

// The distance of y from `exact` in units of T's last place at `exact`. An infinity, or none, where rounding has the
// other is a distance of infinity; so is NaN.
template <class T>
double distance(T y, long double exact) {
  using Limits = std::numeric_limits<T>;
  if (std::isnan(exact)) return std::isnan(y) ? 0 : inf<double>;
  if (std::isinf(static_cast<T>(exact)) || std::isinf(y)) return y == static_cast<T>(exact) ? 0 : inf<double>;
  if (std::isnan(y)) return inf<double>;
  const int exponent = exact == 0 ? Limits::min_exponent - 1 : std::max(std::ilogb(exact), Limits::min_exponent - 1);
  return static_cast<double>(std::abs(std::ldexp(y - exact, Limits::digits - 1 - exponent)));
}

// Arguments: all there are by steps of a prime (float), or random ones of all exponents (double); and such around every
// k ln2 / 2, where exp and tanh go over to the next reduced argument.
std::vector<float> arguments(float) {
  std::vector<float> x;
  const std::uint64_t step = 4099 * test_sparsity();
  for (std::uint64_t bits = 0; bits < (1ull << 32); bits += step)
    x.push_back(__builtin_bit_cast(float, unsigned(bits)));
  return x;
}
std::vector<double> arguments(double) {
  std::vector<double> x;
  std::mt19937_64 random(20);
  const std::uint64_t step = test_sparsity();
  for (int i = 0; i < 400'000; i += int(step)) x.push_back(__builtin_bit_cast(double, random()));
  std::uniform_real_distribution<double> some(-750, 750), few(-25, 25), little(-1, 1), more(0, 3);
  for (int i = 0; i < 200'000; i += int(step))
    for (const double v : {some(random), few(random), little(random), more(random)}) x.push_back(v);
  return x;
}
template <class T>
std::vector<T> all_arguments() {
  std::vector<T> x = arguments(T());
  const int most = std::numeric_limits<T>::max_exponent * 2 + 200;  // of k: up to overflow, down to the last subnormal
  for (int k = -most; k <= most; k += 1 + int(test_sparsity() / 8)) {
    const T middle = static_cast<T>(k * 0.34657359027997265471L);
    T up = middle, down = middle;
    for (int i = 0; i < 8; ++i) {
      x.insert(x.end(), {up, down});
      up = std::nextafter(up, inf<T>), down = std::nextafter(down, -inf<T>);
    }
  }
  return x;
}

template <class F, class T>
void check_errors(double bound) {
  const std::vector<T> x = all_arguments<T>();
  std::vector<long double> exact;
  for (const T v : x) exact.push_back(Function<F>::exact(v));
  for (const Isa isa : isas_here()) {
    const IsaScope scope(isa);
    const std::vector<T> y = values<F>(x);
    double worst = 0;
    std::size_t at = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
      if (const double error = distance(y[i], exact[i]); error > worst) worst = error, at = i;
    BOOST_TEST_MESSAGE(F::name << " of " << sizeof(T) << " bytes on " << xgrad::isa() << ": " << worst << " at "
                               << x[at]);
    BOOST_TEST(worst <= bound, F::name << " of " << sizeof(T) << " bytes on " << xgrad::isa() << " is off by " << worst
                                       << " units of the last place, not " << bound << ", at " << x[at] << ": " << y[at]
                                       << " for " << exact[at]);
    BOOST_TEST(worst > bound / 2);  // else the bound says nothing
  }
}

// f() on each instruction set.
template <class F>
void on_each(F f) {
  for (const Isa isa : isas_here()) {
    const IsaScope scope(isa);
    BOOST_TEST_CONTEXT(xgrad::isa()) f();
  }
}

template <class T>
bool same(T a, T b) {  // with signs of zeros
  return a == b && std::signbit(a) == std::signbit(b);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(elementary)

BOOST_AUTO_TEST_CASE(exp_float) { check_errors<functions::Exp, float>(1.1); }
BOOST_AUTO_TEST_CASE(exp_double) { check_errors<functions::Exp, double>(1.1); }
BOOST_AUTO_TEST_CASE(log_float) { check_errors<functions::Log, float>(0.9); }
BOOST_AUTO_TEST_CASE(log_double) { check_errors<functions::Log, double>(1.0); }
BOOST_AUTO_TEST_CASE(tanh_float) { check_errors<functions::Tanh, float>(2.5); }
BOOST_AUTO_TEST_CASE(tanh_double) { check_errors<functions::Tanh, double>(2.6); }
BOOST_AUTO_TEST_CASE(sigmoid_float) { check_errors<functions::Sigmoid, float>(2.2); }
BOOST_AUTO_TEST_CASE(sigmoid_double) { check_errors<functions::Sigmoid, double>(2.3); }

BOOST_AUTO_TEST_CASE_TEMPLATE(reciprocal_roots, T, Types) {
  std::mt19937_64 random(6);
  std::vector<T> x(20000), y(x.size());
  constexpr int exponents = std::numeric_limits<T>::max_exponent - 2;  // of normal numbers
  for (T& v : x)
    v = std::ldexp(T(1) + T(random() % 4096) / T(4096), int(random() % std::uint64_t(2 * exponents)) - exponents);
  for (const Isa isa : isas_here()) {
    const IsaScope scope(isa);
    simd::on_lanes<T>([&x, &y]<class L>() {
      const auto f = [](const L& a) { return reciprocal_sqrt(a); };
      simd::map<L>(Size(x.size()), y.data(), false, f, x.data());
    });
    double worst = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
      worst = std::max(worst, distance(y[i], 1 / std::sqrt(static_cast<long double>(x[i]))));
    BOOST_TEST(worst <= 2.0);
    BOOST_TEST(worst > 0.5);  // or the test sees nothing
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(exp_at_its_ends, T, Types) {
  using functions::Exp;
  // The last argument with a finite value, and with one that is not rounded to zero.
  const T last = std::is_same_v<T, float> ? T(0x1.62e42ep+6) : T(0x1.62e42fefa39efp+9);
  const T first = std::is_same_v<T, float> ? T(-0x1.9fe368p+6) : T(-0x1.74910d52d3051p+9);
  on_each([&] {
    BOOST_TEST(std::isfinite(value<Exp>(last)));
    BOOST_TEST(value<Exp>(std::nextafter(last, inf<T>)) == inf<T>);
    BOOST_TEST(value<Exp>(first) == tiniest<T>);
    BOOST_TEST(same(value<Exp>(std::nextafter(first, -inf<T>)), T(0)));
    BOOST_TEST(value<Exp>(std::numeric_limits<T>::max()) == inf<T>);
    BOOST_TEST(same(value<Exp>(std::numeric_limits<T>::lowest()), T(0)));
    BOOST_TEST(value<Exp>(inf<T>) == inf<T>);
    BOOST_TEST(same(value<Exp>(-inf<T>), T(0)));
    for (const T zero : {T(0), T(-0.0), tiniest<T>, -tiniest<T>}) BOOST_TEST(value<Exp>(zero) == 1);
    // Subnormal results are results.
    const T small = std::log(std::numeric_limits<T>::min()) - T(3), y = value<Exp>(small);
    BOOST_TEST(std::fpclassify(y) == FP_SUBNORMAL);
    BOOST_TEST(distance(y, std::exp(static_cast<long double>(small))) <= 1);
  });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(log_at_its_ends, T, Types) {
  using functions::Log;
  on_each([] {
    BOOST_TEST(value<Log>(T(0)) == -inf<T>);
    BOOST_TEST(value<Log>(T(-0.0)) == -inf<T>);
    for (const T negative : {T(-1), -tiniest<T>, -inf<T>}) BOOST_TEST(std::isnan(value<Log>(negative)));
    BOOST_TEST(value<Log>(inf<T>) == inf<T>);
    BOOST_TEST(same(value<Log>(T(1)), T(0)));
    using Limits = std::numeric_limits<T>;
    for (const T x : {tiniest<T>, 3 * tiniest<T>, Limits::min() / 3, std::nextafter(Limits::min(), T(0)), Limits::min(),
                      Limits::max()})
      BOOST_TEST(distance(value<Log>(x), std::log(static_cast<long double>(x))) <= 1, x);
  });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(tanh_at_its_ends, T, Types) {
  using functions::Tanh;
  on_each([] {
    for (const T sign : {T(1), T(-1)}) {
      for (const T x : {T(0), tiniest<T>, std::numeric_limits<T>::min()})  // tanh x = x
        BOOST_TEST(same(value<Tanh>(sign * x), sign * x), sign * x);
      for (const T x : {T(20), T(1000), std::numeric_limits<T>::max(), inf<T>})
        BOOST_TEST(value<Tanh>(sign * x) == sign, sign * x);
    }
    for (T x = 8; x < 21; x += T(1) / 64) BOOST_TEST(value<Tanh>(x) <= 1);
  });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(sigmoid_at_its_ends, T, Types) {
  using functions::Sigmoid;
  on_each([] {
    for (const T x : {T(40), std::numeric_limits<T>::max(), inf<T>}) BOOST_TEST(value<Sigmoid>(x) == 1, x);
    for (const T x : {std::numeric_limits<T>::lowest(), -inf<T>}) BOOST_TEST(same(value<Sigmoid>(x), T(0)), x);
    for (const T zero : {T(0), T(-0.0)}) BOOST_TEST(value<Sigmoid>(zero) == T(0.5));
    // Where exp(-x) overflows the value is subnormal, not zero.
    const T x = std::log(std::numeric_limits<T>::min()) - T(3), y = value<Sigmoid>(x);
    BOOST_TEST(std::fpclassify(y) == FP_SUBNORMAL);
    BOOST_TEST(distance(y, Function<Sigmoid>::exact(x)) <= 1);
  });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(not_a_number_stays_none, T, Types) {
  const T nan = std::numeric_limits<T>::quiet_NaN();
  on_each([&] {
    for (const T x : {nan, -nan}) {
      BOOST_TEST(std::isnan(value<functions::Exp>(x)));
      BOOST_TEST(std::isnan(value<functions::Log>(x)));
      BOOST_TEST(std::isnan(value<functions::Tanh>(x)));
      BOOST_TEST(std::isnan(value<functions::Sigmoid>(x)));
    }
    // And goes nowhere else: neighbours in a vector are what they are alone.
    std::vector<T> x(19, T(0.75)), want = values<functions::Tanh>(x);
    x[5] = nan;
    const std::vector<T> y = values<functions::Tanh>(x);
    for (std::size_t i = 0; i < x.size(); ++i) BOOST_TEST((i == 5 ? std::isnan(y[i]) : y[i] == want[i]));
  });
}

BOOST_AUTO_TEST_SUITE_END()
