// The limit that the tape is held against: the training step of the tanh RNN written by hand, on the same kernels.
// As fast as I could make it in the same arithmetic: input rows, output layer, loss and all weight gradients are
// batched over time; only the recurrent products are done step by step; every buffer is made once.
#pragma once
#include <algorithm>
#include <vector>
#include <xgrad/autograd/core/loops.hpp>
#include <xgrad/ops/elementwise/function_objects.hpp>
#include <xgrad/ops/kernels/products.hpp>
#include <xgrad/ops/kernels/elementwise.hpp>
#include <xgrad/ops/kernels/rows.hpp>

namespace hand {

using xgrad::Index;
using xgrad::Size;
namespace kernels = xgrad::kernels;

template <class T>
class Rnn {
 public:
  struct Weights {  // of whoever owns them
    const T *wxh, *whh, *bh, *why, *by;
  };
  struct Gradients {
    T *wxh, *whh, *bh, *why, *by;
  };

  Rnn(Index vocabulary, Index hidden, Index steps, Index batch)
      : v_(vocabulary),
        h_(hidden),
        t_(steps),
        b_(batch),
        states_(size((steps + 1) * batch * hidden)),
        slope_(size(steps * batch * vocabulary)),
        logits_(slope_.size()),
        da_(size(steps * batch * hidden)) {}

  /// The state that the window begins with, (B, H), and what it leaves.
  T* first_state() { return states_.data(); }
  const T* last_state() const { return states_.data() + Size(t_) * b_ * h_; }

  /// Assigns all gradients; returns the loss in nats, summed over time and averaged over streams.
  T step(const Weights& w, const Index* inputs, const Index* targets, const Gradients& g) {
    const Size row = Size(b_) * h_;
    const Index rows = t_ * b_;
    for (Index t = 0; t < t_; ++t) {  // a_t = Wxh[x_t] + bh + h_{t-1} Whh, h_t = tanh(a_t), in place
      T *h = states_.data() + (t + 1) * row, *before = h - row;
      for (Index b = 0; b < b_; ++b) {
        const T* x = w.wxh + Size(inputs[t * b_ + b]) * h_;
        for (Index j = 0; j < h_; ++j) h[b * h_ + j] = x[j] + w.bh[j];
      }
      kernels::multiply<T>(b_, h_, h_, {before, h_}, {w.whh, h_}, h, true);
      kernels::Unary<T, xgrad::functions::Tanh>::forward({}, row, h, h);
    }
    const T* states = states_.data() + row;
    for (Index r = 0; r < rows; ++r) std::copy_n(w.by, v_, logits_.data() + Size(r) * v_);
    kernels::multiply<T>(rows, v_, h_, {states, h_}, {w.why, v_}, logits_.data(), true);
    const T loss = kernels::cross_entropy_rows<T>(rows, v_, logits_.data(), targets, T(1) / T(b_), slope_.data());

    kernels::multiply<T>(h_, v_, rows, {states, h_, true}, {slope_.data(), v_}, g.why, false);
    sum_rows(rows, v_, slope_.data(), g.by);
    kernels::multiply<T>(rows, h_, v_, {slope_.data(), v_}, {w.why, v_, true}, da_.data(), false);
    for (Index t = t_; t-- > 0;) {
      T* da = da_.data() + t * row;
      kernels::Unary<T, xgrad::functions::Tanh>::backward({}, row, states + t * row, states + t * row, da, da, false);
      if (t > 0) kernels::multiply<T>(b_, h_, h_, {da, h_}, {w.whh, h_, true}, da - row, true);
    }
    kernels::multiply<T>(h_, h_, rows, {states_.data(), h_, true}, {da_.data(), h_}, g.whh, false);
    sum_rows(rows, h_, da_.data(), g.bh);
    std::fill_n(g.wxh, Size(v_) * h_, T(0));
    for (Index r = 0; r < rows; ++r)
      xgrad::loops::accumulate(Size(h_), da_.data() + Size(r) * h_, g.wxh + Size(inputs[r]) * h_);
    return loss;
  }

 private:
  static std::size_t size(Index n) { return static_cast<std::size_t>(n); }
  static void sum_rows(Index rows, Index n, const T* x, T* out) {
    xgrad::loops::sum_to<T>({rows, n}, {n}, x, out, false);
  }

  Index v_, h_, t_, b_;
  std::vector<T> states_, slope_, logits_, da_;  // (T + 1, B, H), (T, B, V), (T, B, V), (T, B, H)
};

}  // namespace hand
