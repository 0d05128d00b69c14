#include "rows.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "simd/dispatch.hpp"

namespace xgrad::kernels {

namespace {

template <class L>
using ValueOf = typename L::Value;

// The sum, or the largest, of the elements of a lane; NaN wins.
template <class L>
XGRAD_INLINE ValueOf<L> sum_of(const L& a) {
  ValueOf<L> total = 0;
  for (Size i = 0; i < L::width; ++i) total += a.v[i];
  return total;
}
template <class L>
XGRAD_INLINE ValueOf<L> largest_of(const L& a) {
  ValueOf<L> m = a.v[0];
  for (Size i = 1; i < L::width; ++i) m = a.v[i] > m || a.v[i] != a.v[i] ? a.v[i] : m;
  return m;
}

// f(x) of a row, folded by `join` from `start` on. The rest that fills no vector is filled up with `filler`.
template <class L, class Join, class F, class... X>
XGRAD_INLINE L fold(Index n, ValueOf<L> start, ValueOf<L> filler, Join join, F f, const X*... x) {
  L total = start;
  Size i = 0;
  for (; i + L::width <= n; i += L::width) total = join(total, f(L::load(x + i)...));
  if (i < n) {
    L rest = f(L::load(x + i, n - i)...);
    for (Size k = 0; k < L::width; ++k)
      if (k >= n - i) rest.v[k] = filler;
    total = join(total, rest);
  }
  return total;
}

template <class L>
XGRAD_INLINE ValueOf<L> row_max(Index n, const ValueOf<L>* x) {
  constexpr auto lowest = -std::numeric_limits<ValueOf<L>>::infinity();
  const auto larger = [](const L& a, const L& b) { return maximum(a, b); };
  return largest_of(fold<L>(n, lowest, lowest, larger, std::identity(), x));
}

// The sum of f(x) over a row.
template <class L, class F, class... X>
XGRAD_INLINE ValueOf<L> row_sum(Index n, F f, const X*... x) {
  return sum_of(fold<L>(n, 0, 0, std::plus<L>(), f, x...));
}

// y = exp(x - shift), and their sum.
template <class L>
XGRAD_INLINE ValueOf<L> exp_row(Index n, const ValueOf<L>* x, ValueOf<L> shift, ValueOf<L>* y) {
  L total;
  for (Size i = 0; i < n; i += L::width) {
    const Size left = n - i;
    L e = exp(simd::load<L>(x + i, left) - L(shift));
    simd::store(e, y + i, left);
    for (Size k = left; k < L::width; ++k) e.v[k] = 0;
    total = total + e;
  }
  return sum_of(total);
}

}  // namespace

template <class T>
void take_rows(Index rows, Index n, const T* table, const Index* ids, T* out, bool add) {
  simd::on_lanes<T>([=]<class L>() {
    for (Index r = 0; r < rows; ++r) simd::map<L>(n, out + Size(r) * n, add, std::identity(), table + Size(ids[r]) * n);
  });
}

template <class T>
void scatter_rows(Index rows, Index n, const T* x, const Index* ids, T* table) {
  simd::on_lanes<T>([=]<class L>() {
    for (Index r = 0; r < rows; ++r) simd::map<L>(n, table + Size(ids[r]) * n, true, std::identity(), x + Size(r) * n);
  });
}

template <class T>
void softmax_rows(Index rows, Index n, const T* x, T* y) {
  simd::on_lanes<T>([=]<class L>() {
    for (Index r = 0; r < rows; ++r) {
      const T* in = x + Size(r) * n;
      T* out = y + Size(r) * n;
      const L scale = T(1) / exp_row<L>(n, in, row_max<L>(n, in), out);
      const auto scaled = [=](const L& e) { return e * scale; };
      simd::map<L>(n, out, false, scaled, out);
    }
  });
}

template <class T>
void softmax_rows_backward(Index rows, Index n, const T* y, const T* y_bar, T* x_bar, bool add) {
  simd::on_lanes<T>([=]<class L>() {
    for (Size at = 0; at < Size(rows) * n; at += n) {
      const L dot = row_sum<L>(n, std::multiplies<L>(), y + at, y_bar + at);
      const auto slope = [=](const L& p, const L& g) { return p * (g - dot); };
      simd::map<L>(n, x_bar + at, add, slope, y + at, y_bar + at);
    }
  });
}

template <class T>
void log_softmax_rows(Index rows, Index n, const T* x, T* y) {
  simd::on_lanes<T>([=]<class L>() {
    for (Size at = 0; at < Size(rows) * n; at += n) {
      const T max = row_max<L>(n, x + at), log_sum = std::log(exp_row<L>(n, x + at, max, y + at));
      const auto shifted = [=](const L& a) { return (a - L(max)) - L(log_sum); };
      simd::map<L>(n, y + at, false, shifted, x + at);
    }
  });
}

template <class T>
void log_softmax_rows_backward(Index rows, Index n, const T* y, const T* y_bar, T* x_bar, bool add) {
  simd::on_lanes<T>([=]<class L>() {
    for (Size at = 0; at < Size(rows) * n; at += n) {
      const L sum = row_sum<L>(n, std::identity(), y_bar + at);
      const auto slope = [=](const L& a, const L& g) { return g - exp(a) * sum; };
      simd::map<L>(n, x_bar + at, add, slope, y + at, y_bar + at);
    }
  });
}

template <class T>
void logsumexp_rows(Index rows, Index n, const T* x, T* y) {
  simd::on_lanes<T>([=]<class L>() {
    for (Index r = 0; r < rows; ++r) {
      const T *in = x + Size(r) * n, max = row_max<L>(n, in);
      const auto shifted = [=](const L& a) { return exp(a - L(max)); };
      y[r] = std::isfinite(max) ? std::log(row_sum<L>(n, shifted, in)) + max : max;
    }
  });
}

template <class T>
void logsumexp_rows_backward(Index rows, Index n, const T* x, const T* y, const T* y_bar, T* x_bar, bool add) {
  simd::on_lanes<T>([=]<class L>() {
    for (Index r = 0; r < rows; ++r) {
      const L shift = y[r], g = y_bar[r];
      const auto slope = [=](const L& a) { return g * exp(a - shift); };
      simd::map<L>(n, x_bar + Size(r) * n, add, slope, x + Size(r) * n);
    }
  });
}

template <class T>
void max_rows(Index rows, Index n, const T* x, T* y) {
  simd::on_lanes<T>([=]<class L>() {
    for (Index r = 0; r < rows; ++r) y[r] = row_max<L>(n, x + Size(r) * n);
  });
}

template <class T>
void max_rows_backward(Index rows, Index n, const T* x, const T* y, const T* y_bar, T* x_bar, bool add) {
  for (Index r = 0; r < rows; ++r, x += n, x_bar += n) {
    const T share = y_bar[r] / static_cast<T>(std::count(x, x + n, y[r]));
    const bool nan = y[r] != y[r];  // then all are, as the rule in ops has it
    for (Index i = 0; i < n; ++i) {
      const T g = nan ? y[r] : x[i] == y[r] ? share : T(0);
      x_bar[i] = add ? x_bar[i] + g : g;
    }
  }
}

template <class T>
T cross_entropy_rows(Index rows, Index n, const T* x, const Index* targets, T weight, T* slope) {
  return simd::on_lanes<T>([=]<class L>() {
    double loss = 0;  // thousands of rows: summed in float, the last digits would go
    for (Index r = 0; r < rows; ++r) {
      const T* in = x + Size(r) * n;
      T* out = slope + Size(r) * n;
      const T max = row_max<L>(n, in), sum = exp_row<L>(n, in, max, out);
      const L scale = weight / sum;
      const auto scaled = [=](const L& e) { return e * scale; };
      simd::map<L>(n, out, false, scaled, out);
      out[targets[r]] -= weight;
      loss += static_cast<double>(std::log(sum) - (in[targets[r]] - max));
    }
    return static_cast<T>(static_cast<double>(weight) * loss);
  });
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
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad::kernels
