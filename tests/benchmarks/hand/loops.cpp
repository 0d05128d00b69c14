#include "loops.hpp"

#include <functional>
#include <xgrad/ops/kernels/simd/dispatch.hpp>

namespace hand {

namespace simd = xgrad::simd;

template <class T>
void gather_rows(Index rows, Index n, const T* table, const Index* ids, const T* bias, T* out) {
  simd::on_lanes<T>([=]<class L>() {
    for (Index r = 0; r < rows; ++r)
      simd::map<L>(n, out + Size(r) * n, false, std::plus<L>(), table + Size(ids[r]) * n, bias);
  });
}

template <class T>
void add_rows(Index rows, Index n, const T* x, T* out) {
  simd::on_lanes<T>([=]<class L>() {
    for (Index r = 0; r < rows; ++r) simd::map<L>(n, out, true, std::identity(), x + Size(r) * n);
  });
}

template <class T>
void tanh_backward(Index rows, Index n, const T* h, T* dh, T* bias_bar) {
  simd::on_lanes<T>([=]<class L>() {
    for (Size at = 0; at < Size(rows) * n; at += n)
      for (Size j = 0; j < n; j += L::width) {
        const Size left = n - j;
        const L y = simd::load<L>(h + at + j, left), da = simd::load<L>(dh + at + j, left) * ((1 - y) * (1 + y));
        simd::store(da, dh + at + j, left);
        simd::store(simd::load<L>(bias_bar + j, left) + da, bias_bar + j, left);
      }
  });
}

template <class T>
void lstm_forward(Index rows, Index hidden, T* gates, const T* c_before, T* c, T* tanh_c, T* h) {
  simd::on_lanes<T>([=]<class L>() {
    for (Index r = 0; r < rows; ++r) {
      T *const i = gates + Size(4) * r * hidden, *const f = i + hidden, *const g = f + hidden, *const o = g + hidden;
      const Size at = Size(r) * hidden;
      for (Size j = 0; j < hidden; j += L::width) {
        const Size left = hidden - j;
        const auto load = [=](const T* p) { return simd::load<L>(p + j, left); };
        const auto put = [=](const L& x, T* p) { simd::store(x, p + j, left); };
        const L in = sigmoid(load(i)), keep = sigmoid(load(f)), fresh = tanh(load(g)), out = sigmoid(load(o));
        const L cell = keep * load(c_before + at) + in * fresh, tanh_cell = tanh(cell);
        put(in, i), put(keep, f), put(fresh, g), put(out, o);
        put(cell, c + at), put(tanh_cell, tanh_c + at), put(out * tanh_cell, h + at);
      }
    }
  });
}

template <class T>
void lstm_backward(Index rows, Index hidden, T* gates, const T* c_before, const T* tanh_c, const T* dh,
                   const T* dh_after, T* dc, T* bias_bar) {
  simd::on_lanes<T>([=]<class L>() {
    for (Index r = 0; r < rows; ++r) {
      T* const row = gates + Size(4) * r * hidden;
      const Size at = Size(r) * hidden;
      for (Size j = 0; j < hidden; j += L::width) {
        const Size left = hidden - j;
        const auto load = [=](const T* p) { return simd::load<L>(p + j, left); };
        const auto leave = [=](Index gate, const L& da) {
          T *const to = row + Size(gate) * hidden + j, *const sum = bias_bar + Size(gate) * hidden + j;
          simd::store(da, to, left);
          simd::store(simd::load<L>(sum, left) + da, sum, left);
        };
        const L i = load(row), f = load(row + hidden), g = load(row + 2 * Size(hidden)),
                o = load(row + 3 * Size(hidden));
        const L t = load(tanh_c + at), h_bar = load(dh + at) + load(dh_after + at);
        const L c_bar = load(dc + at) + h_bar * o * ((1 - t) * (1 + t));
        leave(0, c_bar * g * (i * (1 - i)));
        leave(1, c_bar * load(c_before + at) * (f * (1 - f)));
        leave(2, c_bar * i * ((1 - g) * (1 + g)));
        leave(3, h_bar * t * (o * (1 - o)));
        simd::store(c_bar * f, dc + at + j, left);
      }
    }
  });
}

#define XGRAD_INSTANTIATE(T)                                                     \
  template void gather_rows(Index, Index, const T*, const Index*, const T*, T*); \
  template void add_rows(Index, Index, const T*, T*);                            \
  template void tanh_backward(Index, Index, const T*, T*, T*);                   \
  template void lstm_forward(Index, Index, T*, const T*, T*, T*, T*);            \
  template void lstm_backward(Index, Index, T*, const T*, const T*, const T*, const T*, T*, T*);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

}  // namespace hand
