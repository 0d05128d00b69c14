// The limit for LSTMs: the training step of any number of layers, written by hand on the same kernels.
//
// As in rnn.hpp, only the recurrent products are done step by step; the inputs of a higher layer are one product over a
// block of time steps. All gates are one loop each way, in place: the forward pass leaves their activations where the
// products put their sums, and the backward pass the gradients, with the bias's summed on the way. What was tried, W5
// on a Zen 3 in turns, when all products were still OpenBLAS's: blocks of 1 take 1.07 times as long as blocks of 10, 5
// to 50 lie within 2 percent, and W_hh transposed once a step saves 1 percent.
#pragma once
#include "output.hpp"

namespace hand {

template <class T>
class Lstm {
 public:
  enum : std::size_t { w_ih, w_hh, b, per_layer };  // places in Pointers, from 3 * layer on; then W and b of the output

  Lstm(const Sizes& s, int layers, const Plan& plan)
      : s_(s), plan_(plan), output_(plan.block * s.batch, s.hidden, s.vocabulary) {
    for (int i = 0; i < layers; ++i) layers_.emplace_back(s, plan);
  }

  /// h (B, H) and c (B, H) of each layer that the next window begins with: zeros until something is written there.
  std::vector<T*> first_state() {
    std::vector<T*> all;
    for (Layer& l : layers_) all.insert(all.end(), {l.h.data(), l.c.data()});
    return all;
  }
  /// Makes the state after the window the first one of the next.
  void carry() {
    for (Layer& l : layers_) {
      std::copy(l.h.end() - row(), l.h.end(), l.h.begin());
      std::copy(l.c.end() - row(), l.c.end(), l.c.begin());
    }
  }

  /// Assigns all gradients; returns the loss in nats.
  T step(Pointers<const T> w, const Window<T>& x, Pointers<T> g) {
    const std::size_t out = layers_.size() * per_layer;
    T loss = 0;
    output_.begin(w[out]);
    for (Index t = 0; t < s_.steps; t += plan_.block) {
      const Index end = std::min(t + plan_.block, s_.steps);
      for (std::size_t i = 0; i < layers_.size(); ++i) forward(i, w.subspan(i * per_layer), x, t, end);
      loss += output_.step((end - t) * s_.batch, layers_.back().h.data() + (t + 1) * row(),
                           {w[out], w[out + 1], g[out], g[out + 1]}, x.targets + t * s_.batch, x.scale,
                           layers_.back().dh.data() + t * row(), t > 0);
    }
    for (std::size_t i = 0; i < layers_.size(); ++i)
      begin_backward(i, w[i * per_layer + w_hh], g.subspan(i * per_layer));
    for (Index end = s_.steps; end > 0;) {
      const Index begin = (end - 1) / plan_.block * plan_.block;
      for (std::size_t i = layers_.size(); i-- > 0;)
        backward(i, w.subspan(i * per_layer), x, g.subspan(i * per_layer), begin, end);
      end = begin;
    }
    return loss;
  }

 private:
  struct Layer {
    std::vector<T> gates, h, c, tanh_c;  // (T, B, 4H), (T + 1, B, H), (T + 1, B, H), (T, B, H)
    std::vector<T> dh;                   // (T, B, H), from above; `recurrent`, from the step after, stands beside it
    std::vector<T> recurrent, dc;        // (B, H)
    std::vector<T> w_hh_t;               // (4H, H)

    Layer(const Sizes& s, const Plan& plan)
        : gates(size(s.steps, s.batch, 4 * s.hidden)),
          h(size(s.steps + 1, s.batch, s.hidden)),
          c(h.size()),
          tanh_c(size(s.steps, s.batch, s.hidden)),
          dh(tanh_c.size()),
          recurrent(size(s.batch, s.hidden)),
          dc(recurrent.size()),
          w_hh_t(plan.transposed ? size(s.hidden, 4 * s.hidden) : 0) {}
  };
  std::ptrdiff_t row() const { return std::ptrdiff_t(s_.batch) * s_.hidden; }

  void forward(std::size_t i, Pointers<const T> w, const Window<T>& x, Index begin, Index end) {
    const Index h = s_.hidden, batch = s_.batch, rows = (end - begin) * batch;
    Layer& l = layers_[i];
    T* const gates = l.gates.data() + 4 * begin * row();
    if (i == 0) {
      gather_rows(rows, 4 * h, w[w_ih], x.inputs + begin * batch, w[b], gates);
    } else {
      const T* const below = layers_[i - 1].h.data() + (begin + 1) * row();
      kernels::multiply_add<T>(rows, 4 * h, h, {below, h}, {w[w_ih], 4 * h}, w[b], 0, gates);
    }
    for (Index t = begin; t < end; ++t) {
      T *const a = l.gates.data() + 4 * t * row(), *const before = l.h.data() + t * row(),
               *const c = l.c.data() + t * row();
      kernels::multiply<T>(batch, 4 * h, h, {before, h}, {w[w_hh], 4 * h}, a, true);
      lstm_forward(batch, h, a, c, c + row(), l.tanh_c.data() + t * row(), before + row());
    }
  }

  void begin_backward(std::size_t i, const T* w, Pointers<T> g) {
    Layer& l = layers_[i];
    if (plan_.transposed) kernels::transpose(s_.hidden, 4 * s_.hidden, w, l.w_hh_t.data());
    std::fill(l.recurrent.begin(), l.recurrent.end(), T(0));
    std::fill(l.dc.begin(), l.dc.end(), T(0));
    std::fill_n(g[b], 4 * s_.hidden, T(0));
    if (i == 0) std::fill_n(g[w_ih], size(s_.vocabulary, 4 * s_.hidden), T(0));
  }

  void backward(std::size_t i, Pointers<const T> w, const Window<T>& x, Pointers<T> g, Index begin, Index end) {
    const Index h = s_.hidden, batch = s_.batch, rows = (end - begin) * batch;
    Layer& l = layers_[i];
    const kernels::Matrix<T> w_hh_t =
        plan_.transposed ? kernels::Matrix<T>{l.w_hh_t.data(), h} : kernels::Matrix<T>{w[w_hh], 4 * h, true};
    for (Index t = end; t-- > begin;) {
      T* const a = l.gates.data() + 4 * t * row();
      lstm_backward(batch, h, a, l.c.data() + t * row(), l.tanh_c.data() + t * row(), l.dh.data() + t * row(),
                    l.recurrent.data(), l.dc.data(), g[b]);
      if (t > 0) kernels::multiply<T>(batch, h, 4 * h, {a, 4 * h}, w_hh_t, l.recurrent.data(), false);
      if (i == 0) scatter_rows(batch, 4 * h, a, x.inputs + t * batch, g[w_ih]);
    }
    const kernels::Matrix<T> da{l.gates.data() + 4 * begin * row(), 4 * h};
    const bool add = end < s_.steps;
    kernels::multiply<T>(h, 4 * h, rows, {l.h.data() + begin * row(), h, true}, da, g[w_hh], add);
    if (i == 0) return;
    Layer& below = layers_[i - 1];
    kernels::multiply<T>(h, 4 * h, rows, {below.h.data() + (begin + 1) * row(), h, true}, da, g[w_ih], add);
    kernels::multiply<T>(rows, h, 4 * h, da, {w[w_ih], 4 * h, true}, below.dh.data() + begin * row(), false);
  }

  Sizes s_;
  Plan plan_;
  OutputLayer<T> output_;
  std::vector<Layer> layers_;
};

}  // namespace hand
