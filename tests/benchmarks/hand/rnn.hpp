// The limit that the tape is held against: the training step of the tanh RNN written by hand, on the same kernels.
//
// Only the recurrent products are done step by step. Input rows and their bias are gathered straight into the state's
// place; output layer, loss and weight gradients take a block of time steps at once (Plan); tanh' and the bias's
// gradient are one loop; every buffer is made once. What was tried, W1 to W3 on a Zen 3 in turns, when all products
// were still OpenBLAS's (`workloads` has lines `hand_plans` to try it again):
//
//   block      one stream: all steps at once, products per step take 1.6 (W1) to 1.85 (W2) times as long; 50 streams:
//              1, 5, 10, 25 and 50 lie within 8 percent of each other, 1 is the slowest, 5 to 25 cannot be told apart
//   transposed W_hh once a step, W1 4 percent faster, else no difference: the transposition takes what it saves
#pragma once
#include <xgrad/ops/elementwise/function_objects.hpp>
#include <xgrad/ops/kernels/elementwise/elementwise.hpp>

#include "output.hpp"

namespace hand {

template <class T>
class Rnn {
 public:
  enum : std::size_t { w_ih, w_hh, b, w_out, b_out, count };  // places in Pointers

  Rnn(const Sizes& s, const Plan& plan)
      : s_(s),
        plan_(plan),
        output_(plan.block * s.batch, s.hidden, s.vocabulary),
        states_(size(s.steps + 1, s.batch, s.hidden)),
        da_(size(s.steps, s.batch, s.hidden)),
        w_hh_t_(plan.transposed ? size(s.hidden, s.hidden) : 0) {}
  Rnn(const Sizes& s, int /*layers*/, const Plan& plan) : Rnn(s, plan) {}

  /// The state that the next window begins with, (B, H): zeros until something is written there.
  std::vector<T*> first_state() { return {states_.data()}; }
  /// Makes the state after the window the first one of the next.
  void carry() { std::copy(states_.end() - row(), states_.end(), states_.begin()); }

  /// Assigns all gradients; returns the loss in nats.
  T step(Pointers<const T> w, const Window<T>& x, Pointers<T> g) {
    T loss = 0;
    output_.begin(w[w_out]);
    for (Index t = 0; t < s_.steps; t += plan_.block) {
      const Index end = std::min(t + plan_.block, s_.steps);
      for (Index k = t; k < end; ++k) forward(w, x.inputs + k * s_.batch, state(k + 1));
      loss += output_.step((end - t) * s_.batch, state(t + 1), {w[w_out], w[b_out], g[w_out], g[b_out]},
                           x.targets + t * s_.batch, x.scale, da(t), t > 0);
    }
    backward(w, x, g);
    return loss;
  }

 private:
  std::ptrdiff_t row() const { return std::ptrdiff_t(s_.batch) * s_.hidden; }
  T* state(Index t) { return states_.data() + t * row(); }
  T* da(Index t) { return da_.data() + t * row(); }

  void forward(Pointers<const T> w, const Index* ids, T* h) {  // a = W_ih[x] + b + h' W_hh, h = tanh(a), in place
    gather_rows(s_.batch, s_.hidden, w[w_ih], ids, w[b], h);
    kernels::multiply<T>(s_.batch, s_.hidden, s_.hidden, {h - row(), s_.hidden}, {w[w_hh], s_.hidden}, h, true);
    kernels::Unary<T, xgrad::functions::Tanh>::forward({}, row(), h, h);
  }

  void backward(Pointers<const T> w, const Window<T>& x, Pointers<T> g) {
    const Index h = s_.hidden;
    kernels::Matrix<T> w_hh_t{w[w_hh], h, true};
    if (plan_.transposed) {
      kernels::transpose(h, h, w[w_hh], w_hh_t_.data());
      w_hh_t = {w_hh_t_.data(), h};
    }
    std::fill_n(g[w_ih], size(s_.vocabulary, h), T(0));
    std::fill_n(g[b], h, T(0));
    for (Index end = s_.steps; end > 0;) {
      const Index begin = (end - 1) / plan_.block * plan_.block;
      for (Index t = end; t-- > begin;) {
        tanh_backward(s_.batch, h, state(t + 1), da(t), g[b]);
        if (t > 0) kernels::multiply<T>(s_.batch, h, h, {da(t), h}, w_hh_t, da(t - 1), true);
        scatter_rows(s_.batch, h, da(t), x.inputs + t * s_.batch, g[w_ih]);
      }
      kernels::multiply<T>(h, h, (end - begin) * s_.batch, {state(begin), h, true}, {da(begin), h}, g[w_hh],
                           end < s_.steps);
      end = begin;
    }
  }

  Sizes s_;
  Plan plan_;
  OutputLayer<T> output_;
  std::vector<T> states_, da_;  // (T + 1, B, H), (T, B, H)
  std::vector<T> w_hh_t_;       // (H, H)
};

}  // namespace hand
