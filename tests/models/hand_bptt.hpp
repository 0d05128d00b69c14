// Backpropagation through time for the tanh RNN, derived by hand: plain loops, sums in long double, nothing of xgrad.
//
//   a_t = Wxh[x_t] + h_{t-1} Whh + bh,  h_t = tanh(a_t),  y_t = h_t Why + by,  L = 1/B sum_t sum_b -log
//   softmax(y_t)[target]
//
//   dy_t = (softmax(y_t) - onehot) / B           dWhy = sum_t h_t^T dy_t            dby = sum_t dy_t
//   dh_t = dy_t Why^T + da_{t+1} Whh^T           da_t = dh_t (1 - h_t^2)
//   dWhh = sum_t h_{t-1}^T da_t                  dbh = sum_t da_t                   dWxh[x_t] += da_t
#pragma once
#include <cmath>
#include <vector>

namespace hand {

using Real = long double;

struct Matrix {
  std::size_t rows = 0, columns = 0;
  std::vector<Real> v;
  Matrix(std::size_t r, std::size_t c) : rows(r), columns(c), v(r * c, 0) {}
  Real& operator()(std::size_t i, std::size_t k) { return v[i * columns + k]; }
  Real operator()(std::size_t i, std::size_t k) const { return v[i * columns + k]; }
};

struct Rnn {
  Matrix wxh, whh, bh, why, by;  // (V, H), (H, H), (1, H), (H, V), (1, V)
};

struct Result {
  Real loss = 0;
  Rnn gradient;
  Matrix h0;  // the gradient of the first state, (B, H)
  Matrix state;
};

// What the forward loop leaves for the backward one: h_0 .. h_T, and dy_1 .. dy_T.
struct Trace {
  std::vector<Matrix> h, dy;
  Real loss = 0;
};

// ids time-major: inputs[t * B + b].
inline Trace forward(const Rnn& w, const std::vector<int>& inputs, const std::vector<int>& targets, const Matrix& h0) {
  const std::size_t B = h0.rows, H = h0.columns, V = w.wxh.rows, T = inputs.size() / B;
  Trace trace{{h0}, {}, 0};
  for (std::size_t t = 0; t < T; ++t) {
    Matrix next(B, H), d(B, V);
    for (std::size_t b = 0; b < B; ++b) {
      const std::size_t x = std::size_t(inputs[t * B + b]), target = std::size_t(targets[t * B + b]);
      for (std::size_t j = 0; j < H; ++j) {
        Real a = w.wxh(x, j) + w.bh(0, j);
        for (std::size_t i = 0; i < H; ++i) a += trace.h.back()(b, i) * w.whh(i, j);
        next(b, j) = std::tanh(a);
      }
      Real total = 0;
      for (std::size_t k = 0; k < V; ++k) {
        Real y = w.by(0, k);
        for (std::size_t j = 0; j < H; ++j) y += next(b, j) * w.why(j, k);
        total += d(b, k) = std::exp(y);
      }
      for (std::size_t k = 0; k < V; ++k) d(b, k) /= total;
      trace.loss -= std::log(d(b, target)) / Real(B);
      d(b, target) -= 1;
      for (std::size_t k = 0; k < V; ++k) d(b, k) /= Real(B);
    }
    trace.h.push_back(next);
    trace.dy.push_back(d);
  }
  return trace;
}

inline Result bptt(const Rnn& w, const std::vector<int>& inputs, const std::vector<int>& targets, const Matrix& h0) {
  const std::size_t B = h0.rows, H = h0.columns, V = w.wxh.rows, T = inputs.size() / B;
  const Trace trace = forward(w, inputs, targets, h0);
  Result r{
      trace.loss, {Matrix(V, H), Matrix(H, H), Matrix(1, H), Matrix(H, V), Matrix(1, V)}, Matrix(B, H), trace.h[T]};
  for (std::size_t t = T; t-- > 0;) {
    const Matrix &now = trace.h[t + 1], &before = trace.h[t], &dy = trace.dy[t];
    Matrix da(B, H);
    for (std::size_t b = 0; b < B; ++b) {
      for (std::size_t j = 0; j < H; ++j) {
        Real dh = r.h0(b, j);  // da_{t+1} Whh^T, until the loop ends the gradient of a later state
        for (std::size_t k = 0; k < V; ++k) {
          dh += dy(b, k) * w.why(j, k);
          r.gradient.why(j, k) += now(b, j) * dy(b, k);
        }
        da(b, j) = dh * (1 - now(b, j) * now(b, j));
        r.gradient.bh(0, j) += da(b, j);
        r.gradient.wxh(std::size_t(inputs[t * B + b]), j) += da(b, j);
      }
      for (std::size_t k = 0; k < V; ++k) r.gradient.by(0, k) += dy(b, k);
    }
    r.h0 = Matrix(B, H);
    for (std::size_t b = 0; b < B; ++b)
      for (std::size_t i = 0; i < H; ++i)
        for (std::size_t j = 0; j < H; ++j) {
          r.gradient.whh(i, j) += before(b, i) * da(b, j);
          r.h0(b, i) += da(b, j) * w.whh(i, j);
        }
  }
  return r;
}

}  // namespace hand
