#include "loops.hpp"

#include <algorithm>
#include <xgrad/ops/kernels/simd/lane.hpp>

namespace hand {

namespace {

// A whole lane of memory, or the last `n` elements of a row, which go through a buffer.
struct Whole {
  template <class L>
  static L load(const typename L::Value* p) {
    return L::load(p);
  }
  template <class L>
  static void store(L x, typename L::Value* p) {
    x.store(p);
  }
};
struct Part {
  Index n;
  template <class L>
  L load(const typename L::Value* p) const {
    typename L::Value v[std::size_t(L::width)] = {};
    std::copy_n(p, n, v);
    return L::load(v);
  }
  template <class L>
  void store(L x, typename L::Value* p) const {
    typename L::Value v[std::size_t(L::width)];
    x.store(v);
    std::copy_n(v, n, p);
  }
};

// f(j, part) for each lane of a row of n elements.
template <class L, class F>
void over_lanes(Index n, F f) {
  constexpr Index width = Index(L::width);
  Index j = 0;
  for (; j + width <= n; j += width) f(j, Whole{});
  if (j < n) f(j, Part{n - j});
}

}  // namespace

template <class T>
void gather_rows(Index rows, Index n, const T* table, const Index* ids, const T* __restrict bias, T* __restrict out) {
  for (Index r = 0; r < rows; ++r, out += n) {
    const T* __restrict x = table + Size(ids[r]) * n;
    for (Index j = 0; j < n; ++j) out[j] = x[j] + bias[j];
  }
}

template <class T>
void scatter_rows(Index rows, Index n, const T* __restrict x, const Index* ids, T* table) {
  for (Index r = 0; r < rows; ++r, x += n) add(Size(n), x, table + Size(ids[r]) * n);
}

template <class T>
void fill_rows(Index rows, Index n, const T* __restrict bias, T* __restrict out) {
  for (Index r = 0; r < rows; ++r, out += n) std::copy_n(bias, n, out);
}

template <class T>
void add_rows(Index rows, Index n, const T* __restrict x, T* __restrict out) {
  for (Index r = 0; r < rows; ++r, x += n) add(Size(n), x, out);
}

// In blocks that fit the L1 cache both ways.
template <class T>
void transpose(Index rows, Index columns, const T* __restrict x, T* __restrict y) {
  constexpr Index block = 16;
  for (Index i0 = 0; i0 < rows; i0 += block)
    for (Index j0 = 0; j0 < columns; j0 += block) {
      const Index i1 = std::min(rows, i0 + block), j1 = std::min(columns, j0 + block);
      for (Index j = j0; j < j1; ++j)
        for (Index i = i0; i < i1; ++i) y[Size(j) * rows + i] = x[Size(i) * columns + j];
    }
}

template <class T>
void tanh_backward(Index rows, Index n, const T* __restrict h, T* __restrict dh, T* __restrict bias_bar) {
  for (Index r = 0; r < rows; ++r, h += n, dh += n)
    for (Index j = 0; j < n; ++j) bias_bar[j] += dh[j] *= (1 - h[j]) * (1 + h[j]);
}

template <class T>
[[gnu::flatten]] void lstm_forward(Index rows, Index hidden, T* gates, const T* c_before, T* c, T* tanh_c, T* h) {
  using L = xgrad::LaneOf<T>;
  for (Index r = 0; r < rows; ++r) {
    T *const i = gates + Size(4) * r * hidden, *const f = i + hidden, *const g = f + hidden, *const o = g + hidden;
    const Size at = Size(r) * hidden;
    over_lanes<L>(hidden, [&](Index j, auto part) {
      const L in = sigmoid(part.template load<L>(i + j)), keep = sigmoid(part.template load<L>(f + j));
      const L fresh = tanh(part.template load<L>(g + j)), out = sigmoid(part.template load<L>(o + j));
      const L cell = keep * part.template load<L>(c_before + at + j) + in * fresh, tanh_cell = tanh(cell);
      part.store(in, i + j), part.store(keep, f + j), part.store(fresh, g + j), part.store(out, o + j);
      part.store(cell, c + at + j), part.store(tanh_cell, tanh_c + at + j), part.store(out * tanh_cell, h + at + j);
    });
  }
}

template <class T>
[[gnu::flatten]] void lstm_backward(Index rows, Index hidden, T* gates, const T* c_before, const T* tanh_c, const T* dh,
                                    const T* dh_after, T* dc, T* bias_bar) {
  using L = xgrad::LaneOf<T>;
  const L one(1);
  for (Index r = 0; r < rows; ++r) {
    T* const row = gates + Size(4) * r * hidden;
    const Size at = Size(r) * hidden;
    over_lanes<L>(hidden, [&](Index j, auto part) {
      const auto load = [&](const T* p) { return part.template load<L>(p); };
      const auto leave = [&](Index gate, L da) {
        const Size place = Size(gate) * hidden + j;
        part.store(da, row + place);
        part.store(load(bias_bar + place) + da, bias_bar + place);
      };
      const L i = load(row + j), f = load(row + hidden + j), g = load(row + 2 * Size(hidden) + j);
      const L o = load(row + 3 * Size(hidden) + j), t = load(tanh_c + at + j),
              h_bar = load(dh + at + j) + load(dh_after + at + j);
      const L c_bar = load(dc + at + j) + h_bar * o * ((one - t) * (one + t));
      leave(0, c_bar * g * (i * (one - i)));
      leave(1, c_bar * load(c_before + at + j) * (f * (one - f)));
      leave(2, c_bar * i * ((one - g) * (one + g)));
      leave(3, h_bar * t * (o * (one - o)));
      part.store(c_bar * f, dc + at + j);
    });
  }
}

template <class T>
void add(Size n, const T* __restrict a, T* __restrict out) {
  for (Size i = 0; i < n; ++i) out[i] += a[i];
}

#define XGRAD_INSTANTIATE(T)                                                                     \
  template void gather_rows(Index, Index, const T*, const Index*, const T*, T*);                 \
  template void scatter_rows(Index, Index, const T*, const Index*, T*);                          \
  template void fill_rows(Index, Index, const T*, T*);                                           \
  template void add_rows(Index, Index, const T*, T*);                                            \
  template void transpose(Index, Index, const T*, T*);                                           \
  template void tanh_backward(Index, Index, const T*, T*, T*);                                   \
  template void lstm_forward(Index, Index, T*, const T*, T*, T*, T*);                            \
  template void lstm_backward(Index, Index, T*, const T*, const T*, const T*, const T*, T*, T*); \
  template void add(Size, const T*, T*);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

}  // namespace hand
