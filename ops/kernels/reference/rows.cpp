// Softmax and its kin by their definitions, a row at a time. The shift by the largest element, which keeps exponentials
// finite, is a constant of the function: complex numbers are shifted by the largest real part.
#include "../rows.hpp"

#include <cmath>
#include <complex>
#include <type_traits>
#include <vector>

#include "../../../autograd/core/scalars.hpp"

namespace xgrad::kernels {

namespace {

template <class T>
bool is_nan(T x) {
  return x != x;
}

// NaN wins.
template <class T>
const T* largest(Index n, const T* x) {
  const T* top = x;
  for (const T* p = x; p != x + n; ++p)
    if (std::real(*p) > std::real(*top) || is_nan(*p)) top = p;
  return top;
}

// exp(x - shift), and log of their sum.
template <class T>
struct Row {
  T shift, log_sum;
  std::vector<T> p;  // softmax
  Row(Index n, const T* x) : shift(std::real(*largest(n, x))) {
    T sum = 0;
    for (Index i = 0; i < n; ++i) sum += p.emplace_back(std::exp(x[i] - shift));
    for (T& v : p) v /= sum;
    log_sum = std::log(sum);
  }
};

template <class T>
void put(T* to, T value, bool add) {
  *to = add ? *to + value : value;
}

}  // namespace

template <class T>
void take_rows(Index rows, Index n, const T* table, const Index* ids, T* out, bool add) {
  for (Index r = 0; r < rows; ++r)
    for (Index i = 0; i < n; ++i) put(out++, table[Size(ids[r]) * n + i], add);
}

template <class T>
void scatter_rows(Index rows, Index n, const T* x, const Index* ids, T* table) {
  for (Index r = 0; r < rows; ++r)
    for (Index i = 0; i < n; ++i) table[Size(ids[r]) * n + i] += *x++;
}

template <class T>
void softmax_rows(Index rows, Index n, const T* x, T* y) {
  for (Index r = 0; n > 0 && r < rows; ++r, x += n)
    for (const T& p : Row<T>(n, x).p) *y++ = p;
}

template <class T>
void softmax_rows_backward(Index rows, Index n, const T* y, const T* y_bar, T* x_bar, bool add) {
  for (Index r = 0; r < rows; ++r, y += n, y_bar += n, x_bar += n) {
    T dot = 0;
    for (Index i = 0; i < n; ++i) dot += y[i] * y_bar[i];
    for (Index i = 0; i < n; ++i) put(x_bar + i, y[i] * (y_bar[i] - dot), add);
  }
}

template <class T>
void log_softmax_rows(Index rows, Index n, const T* x, T* y) {
  for (Index r = 0; n > 0 && r < rows; ++r, x += n, y += n) {
    const Row<T> row(n, x);
    for (Index i = 0; i < n; ++i) y[i] = (x[i] - row.shift) - row.log_sum;
  }
}

template <class T>
void log_softmax_rows_backward(Index rows, Index n, const T* y, const T* y_bar, T* x_bar, bool add) {
  for (Index r = 0; r < rows; ++r, y += n, y_bar += n, x_bar += n) {
    T sum = 0;
    for (Index i = 0; i < n; ++i) sum += y_bar[i];
    for (Index i = 0; i < n; ++i) put(x_bar + i, y_bar[i] - std::exp(y[i]) * sum, add);
  }
}

template <class T>
void logsumexp_rows(Index rows, Index n, const T* x, T* y) {
  for (Index r = 0; r < rows; ++r, x += n) {
    const Row<T> row(n, x);
    y[r] = std::isfinite(std::real(row.shift)) ? row.log_sum + row.shift : row.shift;
  }
}

template <class T>
void logsumexp_rows_backward(Index rows, Index n, const T* x, const T* y, const T* y_bar, T* x_bar, bool add) {
  for (Index r = 0; r < rows; ++r, x += n, x_bar += n)
    for (Index i = 0; i < n; ++i) put(x_bar + i, y_bar[r] * std::exp(x[i] - y[r]), add);
}

template <class T>
void max_rows(Index rows, Index n, const T* x, T* y) {
  for (Index r = 0; r < rows; ++r, x += n) y[r] = *largest(n, x);
}

template <class T>
void max_rows_backward(Index rows, Index n, const T* x, const T* y, const T* y_bar, T* x_bar, bool add) {
  for (Index r = 0; r < rows; ++r, x += n, x_bar += n) {
    T ties = 0;
    for (Index i = 0; i < n; ++i) ties += T(std::real(x[i]) == std::real(y[r]) ? 1 : 0);
    const auto slope = [&](T v) { return std::real(v) == std::real(y[r]) ? y_bar[r] / ties : T(0); };
    for (Index i = 0; i < n; ++i) put(x_bar + i, is_nan(y[r]) ? y[r] : slope(x[i]), add);
  }
}

template <class T>
T cross_entropy_rows(Index rows, Index n, const T* x, const Index* targets, T weight, T* slope) {
  std::conditional_t<std::is_same_v<T, float>, double, T> loss = 0;  // over thousands of rows
  for (Index r = 0; r < rows; ++r, x += n, slope += n) {
    const Row<T> row(n, x);
    loss += weight * (row.log_sum - (x[targets[r]] - row.shift));
    for (Index i = 0; i < n; ++i) slope[i] = weight * (row.p[static_cast<std::size_t>(i)] - T(i == targets[r] ? 1 : 0));
  }
  return static_cast<T>(loss);
}

#define XGRAD_INSTANTIATE(T)                                                                   \
  template void take_rows(Index, Index, const T*, const Index*, T*, bool);                     \
  template void scatter_rows(Index, Index, const T*, const Index*, T*);                        \
  template void softmax_rows(Index, Index, const T*, T*);                                      \
  template void softmax_rows_backward(Index, Index, const T*, const T*, T*, bool);             \
  template void log_softmax_rows(Index, Index, const T*, T*);                                  \
  template void log_softmax_rows_backward(Index, Index, const T*, const T*, T*, bool);         \
  template void logsumexp_rows(Index, Index, const T*, T*);                                    \
  template void logsumexp_rows_backward(Index, Index, const T*, const T*, const T*, T*, bool); \
  template void max_rows(Index, Index, const T*, T*);                                          \
  template void max_rows_backward(Index, Index, const T*, const T*, const T*, T*, bool);       \
  template T cross_entropy_rows(Index, Index, const T*, const Index*, T, T*);
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad::kernels
