// The matrix products and the transpose against plain loops, on every instruction set that this processor has. Operands
// lie in arrays that end with their last element, so that the address sanitizer sees what is read beyond; between their
// rows lie NaNs, and around results canaries.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <memory>
#include <random>
#include <sstream>
#include <vector>
#include <xgrad/ops/kernels/blas.hpp>

#include "isa_scope.hpp"
#include "sparse.hpp"

namespace {

using namespace xgrad;
using kernels::Matrix;
using simd::Isa;
using Types = std::tuple<float, double>;
using Random = std::mt19937;

// rows x columns (as stored) of random numbers, `gap` NaNs after each row but the last.
template <class T>
class Operand {
 public:
  Operand(Index rows, Index columns, Index gap, bool transposed, Random& random)
      : stride_(Size(columns) + Size(gap)), transposed_(transposed) {
    const Size size = rows > 0 && columns > 0 ? Size(rows - 1) * stride_ + Size(columns) : 0;
    data_.reset(new T[std::size_t(size)]);
    std::uniform_real_distribution<T> some(-1, 1);
    for (Size i = 0; i < size; ++i)
      data_[std::size_t(i)] = i % stride_ < Size(columns) ? some(random) : std::numeric_limits<T>::quiet_NaN();
  }
  Matrix<T> matrix() const { return {data_.get(), stride_, transposed_}; }
  long double at(Index i, Index j) const {
    return data_[std::size_t(transposed_ ? Size(j) * stride_ + Size(i) : Size(i) * stride_ + Size(j))];
  }

 private:
  Size stride_;
  bool transposed_;
  std::unique_ptr<T[]> data_;
};

struct Case {
  Index m, n, k;
  bool a_transposed, b_transposed, add;
  Index a_gap, b_gap;
};
std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << c.m << " x " << c.k << (c.a_transposed ? " transposed" : "") << " times " << c.k << " x " << c.n
             << (c.b_transposed ? " transposed" : "") << (c.add ? ", added" : "") << ", gaps " << c.a_gap << " and "
             << c.b_gap;
}

// Room for n results, between canaries.
template <class T>
class Results {
 public:
  explicit Results(std::size_t n) : all_(n + 2 * margin, canary) {}
  T* begin() { return all_.data() + margin; }
  const T& operator[](std::size_t i) const { return all_[margin + i]; }
  bool margins_are_whole() const {
    const auto whole = [](T v) { return v == canary; };
    return std::all_of(all_.begin(), all_.begin() + margin, whole) &&
           std::all_of(all_.end() - margin, all_.end(), whole);
  }

 private:
  static constexpr std::ptrdiff_t margin = 32;
  static constexpr T canary = T(-12345.5);
  std::vector<T> all_;
};

// What is wrong with a product, or nothing. |c - ab| <= (k + 1) eps (|a| |b| + |c before|): the bound for sums of k
// terms in any order.
template <class T>
class Expected {
 public:
  Expected(const Case& c, Random& random)
      : case_(c),
        a_(c.a_transposed ? c.k : c.m, c.a_transposed ? c.m : c.k, c.a_gap, c.a_transposed, random),
        b_(c.b_transposed ? c.n : c.k, c.b_transposed ? c.k : c.n, c.b_gap, c.b_transposed, random) {
    std::uniform_real_distribution<T> some(-1, 1);
    for (Index i = 0; i < c.m; ++i)
      for (Index j = 0; j < c.n; ++j) {
        before_.push_back(c.add ? some(random) : std::numeric_limits<T>::quiet_NaN());  // which nobody may read
        long double sum = c.add ? before_.back() : 0, size = std::abs(sum);
        for (Index l = 0; l < c.k; ++l) {
          const long double term = a_.at(i, l) * b_.at(l, j);
          sum += term;
          size += std::abs(term);
        }
        want_.push_back(sum);
        bound_.push_back((c.k + 1) * static_cast<long double>(std::numeric_limits<T>::epsilon()) * size);
      }
  }

  template <class Multiply>
  std::string fault(Multiply multiply) const {
    Results<T> c(before_.size());
    std::copy(before_.begin(), before_.end(), c.begin());
    multiply(case_.m, case_.n, case_.k, a_.matrix(), b_.matrix(), c.begin(), case_.add);
    std::ostringstream what;
    what << case_ << " on " << isa() << ": ";
    if (!c.margins_are_whole()) return what.str() + "wrote beyond the result";
    for (std::size_t i = 0; i < want_.size(); ++i)
      if (!(std::abs(c[i] - want_[i]) <= bound_[i])) {
        what << "element (" << i / std::size_t(case_.n) << ", " << i % std::size_t(case_.n) << ") is " << c[i]
             << ", not " << want_[i];
        return what.str();
      }
    return "";
  }

 private:
  Case case_;
  Operand<T> a_, b_;
  std::vector<T> before_;
  std::vector<long double> want_, bound_;
};

const std::vector<Index> some_m{1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 16, 25, 50, 64, 65};
const std::vector<Index> some_k{0, 1, 2, 3, 5, 7, 25, 100, 255, 256, 257, 300};
std::vector<Index> some_n() {
  std::vector<Index> all{31, 32, 33, 34, 35, 64, 67, 100, 128, 129};
  for (Index n = 1; n <= 20; ++n) all.push_back(n);
  return all;
}

// Every m with every n, each with some k of its own, transposed or not, added or not, dense or not.
template <class T, class Multiply>
void check_products(std::uint32_t seed, int times, bool b_may_be_transposed, Multiply multiply) {
  Random random(seed);
  const auto pick = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
  for (const Index m : some_m)
    for (const Index n : some_n())
      for (int i = 0; i < times; ++i) {
        const Index k = some_k[std::size_t(pick(int(some_k.size())))];
        const Case c{m,
                     n,
                     k,
                     pick(2) == 1,
                     b_may_be_transposed && pick(2) == 1,
                     pick(2) == 1,
                     pick(2) * pick(20),
                     pick(2) * pick(20)};
        if (random() % test_sparsity() != 0) continue;
        const Expected<T> expected(c, random);
        for (const Isa isa : isas_here()) {
          const IsaScope scope(isa);
          const std::string fault = expected.fault(multiply);
          BOOST_TEST(fault == "");
        }
      }
}

// Our own kernel, called as multiply is.
template <class T>
void own_kernel(Index m, Index n, Index k, const kernels::Matrix<T>& a, const kernels::Matrix<T>& b, T* c, bool add) {
  kernels::multiply_by_own<T>(m, n, k, a, b, add ? c : nullptr, n, c);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(products)

BOOST_AUTO_TEST_CASE_TEMPLATE(few_rows_equal_plain_loops, T, Types) { check_products<T>(1, 3, false, own_kernel<T>); }

BOOST_AUTO_TEST_CASE_TEMPLATE(products_of_either_kernel_equal_plain_loops, T, Types) {
  check_products<T>(2, 2, true, kernels::multiply<T>);
}

// Every k up to beyond the unrolled ones, with every number of rows up to a whole block: each way through `rows`.
BOOST_AUTO_TEST_CASE_TEMPLATE(few_rows_and_terms_equal_plain_loops, T, Types) {
  Random random(3);
  for (Index m = 1; m <= 13; ++m)
    for (Index k = 0; k <= 9; ++k)
      for (const Index n : {1, 2, 3, 4, 6, 8, 9, 15, 16, 17, 31, 33}) {
        if (random() % test_sparsity() != 0) continue;
        const Expected<T> expected({m, n, k, k % 2 == 1, false, m % 2 == 1, 0, n % 3}, random);
        for (const Isa isa : isas_here()) {
          const IsaScope scope(isa);
          const std::string fault = expected.fault(own_kernel<T>);
          BOOST_TEST(fault == "");
        }
      }
}

// So many terms that the copy of b's columns is made in more than two parts.
BOOST_AUTO_TEST_CASE_TEMPLATE(many_terms_equal_plain_loops, T, Types) {
  Random random(4);
  for (const Index k : {511, 512, 513, 1025, 1600})
    for (const bool transposed : {false, true}) {
      const Expected<T> expected({7, 37, k, transposed, false, transposed, 3, 2}, random);
      for (const Isa isa : isas_here()) {
        const IsaScope scope(isa);
        const std::string fault = expected.fault(own_kernel<T>);
        BOOST_TEST(fault == "");
      }
    }
}

// c = d + a b, where d is a matrix of its own, one row for all, or c itself; by our own kernel and by BLAS.
BOOST_AUTO_TEST_CASE_TEMPLATE(products_start_from_what_they_are_added_to, T, Types) {
  std::vector<T> a(600 * 300), b(300 * 40), d(600 * 41), sum, c;
  Random random(5);
  for (std::vector<T>* x : {&a, &b, &d})
    for (T& v : *x) v = static_cast<T>(int(random() % 64) - 32) / T(32);
  for (const Isa isa : isas_here())
    for (const auto& [m, k] : {std::pair<Index, Index>{1, 10}, {5, 7}, {13, 30}, {50, 300}, {600, 300}})
      for (const Index n : {3, 17, 40}) {
        const IsaScope scope(isa);
        sum.assign(std::size_t(m * n), T(0));
        kernels::multiply<T>(m, n, k, {a.data(), k}, {b.data(), n}, sum.data(), false);
        for (const Size d_row : {Size(0), Size(n), Size(41)}) {
          c.assign(sum.size(), T(7));
          kernels::multiply_add<T>(m, n, k, {a.data(), k}, {b.data(), n}, d.data(), d_row, c.data());
          double worst = 0;
          for (Index i = 0; i < m; ++i)
            for (Index j = 0; j < n; ++j) {
              const std::size_t at = std::size_t(i * n + j);
              worst =
                  std::max(worst, std::abs(double(c[at]) - double(sum[at]) - double(d[std::size_t(i * d_row + j)])));
            }
          BOOST_TEST(worst <= double(k) * 2 * double(std::numeric_limits<T>::epsilon()), m << ' ' << n << ' ' << k);
        }
        std::copy_n(d.data(), m * n, c.data());
        kernels::multiply_add<T>(m, n, k, {a.data(), k}, {b.data(), n}, c.data(), n, c.data());
        double worst = 0;
        for (std::size_t i = 0; i < sum.size(); ++i)
          worst = std::max(worst, std::abs(double(c[i]) - double(sum[i]) - double(d[i])));
        BOOST_TEST(worst <= double(k) * 2 * double(std::numeric_limits<T>::epsilon()), m << ' ' << n << ' ' << k);
      }
}

// Few rows and few terms on every processor, all others where OpenBLAS does not know this one.
BOOST_AUTO_TEST_CASE_TEMPLATE(which_products_take_our_own_kernel, T, Types) {
  constexpr Index least = 16 / sizeof(T);
  for (const Isa isa : isas_here()) {
    const IsaScope scope(isa);
    BOOST_TEST(kernels::takes_own_kernel<T>(64, least, 10000));
    BOOST_TEST(!kernels::takes_own_kernel<T>(64, least - 1, 1));
    BOOST_TEST(kernels::takes_own_kernel<T>(65, least, 256));
    const bool narrower = kernels::vector_bytes_of(blas_core()) < 16 << int(isa);
    BOOST_TEST(kernels::takes_own_kernel<T>(65, least, 257) == narrower);
    BOOST_TEST(!kernels::takes_own_kernel<T>(65, least - 1, 257));
  }
}

BOOST_AUTO_TEST_CASE(vectors_of_blas_cores) {
  BOOST_TEST(kernels::vector_bytes_of("Prescott") == 16);
  BOOST_TEST(kernels::vector_bytes_of("Nehalem") == 16);
  BOOST_TEST(kernels::vector_bytes_of("Haswell") == 32);
  BOOST_TEST(kernels::vector_bytes_of("Zen") == 32);
  BOOST_TEST(kernels::vector_bytes_of("SkylakeX") == 64);
  BOOST_TEST(kernels::vector_bytes_of("a processor of next year") == 64);
}

// As a large product is made where OpenBLAS does not know the processor.
BOOST_AUTO_TEST_CASE_TEMPLATE(many_rows_equal_plain_loops, T, Types) {
  Random random(6);
  for (const bool transposed : {false, true}) {
    const Expected<T> expected({300, 70, 300, transposed, false, transposed, 3, 2}, random);
    for (const Isa isa : isas_here()) {
      const IsaScope scope(isa);
      const std::string fault = expected.fault(own_kernel<T>);
      BOOST_TEST(fault == "");
    }
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(transposes_of_all_small_shapes, T, Types) {
  for (Index m = 0; m <= 40; ++m)
    for (Index n = 0; n <= 40; ++n) {
      const std::size_t size = std::size_t(m) * std::size_t(n);
      const std::unique_ptr<T[]> x(new T[size]);
      for (std::size_t i = 0; i < size; ++i) x[i] = T(i);
      for (const Isa isa : isas_here()) {
        const IsaScope scope(isa);
        Results<T> y(size);
        kernels::transpose(m, n, x.get(), y.begin());
        bool right = y.margins_are_whole();
        for (std::size_t i = 0; i < size; ++i) {
          const std::size_t row = i / std::size_t(n), column = i % std::size_t(n);
          right = right && y[column * std::size_t(m) + row] == x[i];
        }
        BOOST_TEST(right, m << " x " << n << " on " << xgrad::isa());
      }
    }
}

BOOST_AUTO_TEST_SUITE_END()
