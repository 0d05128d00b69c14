#include "rows.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "simd/cpu.hpp"
#include "simd/lane.hpp"

namespace xgrad::kernels {

namespace {

[[gnu::used]] const bool* const checked = &cpu_checked;

template <class T>
T row_max(Index n, const T* x) {
  T m = -std::numeric_limits<T>::infinity();
  bool nan = false;
  for (Index i = 0; i < n; ++i) {
    m = x[i] > m ? x[i] : m;
    nan |= x[i] != x[i];
  }
  return nan ? std::numeric_limits<T>::quiet_NaN() : m;
}

// Eight running sums, as loops::sum has: short dependency chains, small rounding error.
template <class T, class F>
T row_sum(Index n, F term) {
  T part[8] = {};
  Index i = 0;
  for (; i + 8 <= n; i += 8)
    for (Index k = 0; k < 8; ++k) part[k] += term(i + k);
  T rest = 0;
  for (; i < n; ++i) rest += term(i);
  return ((part[0] + part[4]) + (part[1] + part[5])) + ((part[2] + part[6]) + (part[3] + part[7])) + rest;
}

// y = exp(x - shift), and their sum.
template <class T>
[[gnu::flatten]] T exp_row(Index n, const T* x, T shift, T* y) {
  using L = Lane<xsimd::batch<T>>;
  Size i = 0;
  L sum;
  for (; i + L::width <= n; i += L::width) {
    const L e = exp(L::load(x + i) - L(shift));
    e.store(y + i);
    sum = sum + e;
  }
  T total = 0;
  if (i < n) {
    T t[std::size_t(L::width)] = {};
    std::copy_n(x + i, n - i, t);
    exp(L::load(t) - L(shift)).store(t);
    std::copy_n(t, n - i, y + i);
    for (Size k = 0; k < n - i; ++k) total += t[k];
  }
  T part[std::size_t(L::width)];
  sum.store(part);
  for (const T p : part) total += p;
  return total;
}

template <class T>
void put(T* to, T value, bool add) {
  *to = add ? *to + value : value;
}

}  // namespace

template <class T>
void softmax_rows(Index rows, Index n, const T* x, T* y) {
  for (Index r = 0; r < rows; ++r, x += n, y += n) {
    const T scale = T(1) / exp_row(n, x, row_max(n, x), y);
    for (Index i = 0; i < n; ++i) y[i] *= scale;
  }
}

template <class T>
void softmax_rows_backward(Index rows, Index n, const T* y, const T* y_bar, T* x_bar, bool add) {
  for (Index r = 0; r < rows; ++r, y += n, y_bar += n, x_bar += n) {
    const T dot = row_sum<T>(n, [=](Index i) { return y[i] * y_bar[i]; });
    for (Index i = 0; i < n; ++i) put(x_bar + i, y[i] * (y_bar[i] - dot), add);
  }
}

template <class T>
void log_softmax_rows(Index rows, Index n, const T* x, T* y) {
  for (Index r = 0; r < rows; ++r, x += n, y += n) {
    const T max = row_max(n, x), log_sum = std::log(exp_row(n, x, max, y));
    for (Index i = 0; i < n; ++i) y[i] = (x[i] - max) - log_sum;
  }
}

template <class T>
void log_softmax_rows_backward(Index rows, Index n, const T* y, const T* y_bar, T* x_bar, bool add) {
  for (Index r = 0; r < rows; ++r, y += n, y_bar += n, x_bar += n) {
    const T sum = row_sum<T>(n, [=](Index i) { return y_bar[i]; });
    for (Index i = 0; i < n; ++i) put(x_bar + i, y_bar[i] - std::exp(y[i]) * sum, add);
  }
}

template <class T>
void logsumexp_rows(Index rows, Index n, const T* x, T* y) {
  for (Index r = 0; r < rows; ++r, x += n) {
    const T max = row_max(n, x);
    y[r] = std::isfinite(max) ? std::log(row_sum<T>(n, [=](Index i) { return std::exp(x[i] - max); })) + max : max;
  }
}

template <class T>
void logsumexp_rows_backward(Index rows, Index n, const T* x, const T* y, const T* y_bar, T* x_bar, bool add) {
  for (Index r = 0; r < rows; ++r, x += n, x_bar += n)
    for (Index i = 0; i < n; ++i) put(x_bar + i, y_bar[r] * std::exp(x[i] - y[r]), add);
}

template <class T>
void max_rows(Index rows, Index n, const T* x, T* y) {
  for (Index r = 0; r < rows; ++r, x += n) y[r] = row_max(n, x);
}

template <class T>
void max_rows_backward(Index rows, Index n, const T* x, const T* y, const T* y_bar, T* x_bar, bool add) {
  for (Index r = 0; r < rows; ++r, x += n, x_bar += n) {
    const T share = y_bar[r] / static_cast<T>(std::count(x, x + n, y[r]));
    const bool nan = y[r] != y[r];  // then all are, as the rule in ops has it
    for (Index i = 0; i < n; ++i) put(x_bar + i, nan ? y[r] : x[i] == y[r] ? share : T(0), add);
  }
}

template <class T>
T cross_entropy_rows(Index rows, Index n, const T* x, const Index* targets, T weight, T* slope) {
  double loss = 0;  // thousands of rows: summed in float, the last digits would go
  for (Index r = 0; r < rows; ++r, x += n, slope += n) {
    const T max = row_max(n, x), sum = exp_row(n, x, max, slope), scale = weight / sum;
    for (Index i = 0; i < n; ++i) slope[i] *= scale;
    slope[targets[r]] -= weight;
    loss += static_cast<double>(std::log(sum) - (x[targets[r]] - max));
  }
  return static_cast<T>(static_cast<double>(weight) * loss);
}

#define XGRAD_INSTANTIATE(T)                                                                   \
  template void softmax_rows(Index, Index, const T*, T*);                                      \
  template void softmax_rows_backward(Index, Index, const T*, const T*, T*, bool);             \
  template void log_softmax_rows(Index, Index, const T*, T*);                                  \
  template void log_softmax_rows_backward(Index, Index, const T*, const T*, T*, bool);         \
  template void logsumexp_rows(Index, Index, const T*, T*);                                    \
  template void logsumexp_rows_backward(Index, Index, const T*, const T*, const T*, T*, bool); \
  template void max_rows(Index, Index, const T*, T*);                                          \
  template void max_rows_backward(Index, Index, const T*, const T*, const T*, T*, bool);       \
  template T cross_entropy_rows(Index, Index, const T*, const Index*, T, T*);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad::kernels
