// Backpropagation through time for the tanh RNN. Products of small letters are elementwise; d stands for dL/d.
//
// Forward, t = 1 .. T, x_t one-hot:
//
//   a_t = x_t W_ih + h_{t-1} W_hh + b
//   h_t = tanh(a_t)
//   y_t, L_t of h_t: output_layer.hpp
//
// Backward, t = T .. 1, with dh_T = 0 at first. h_t goes into y_t and a_{t+1}; tanh' = 1 - tanh^2:
//
//   dh_t    += dy_t W^T                    to what the step after has left
//   da_t     = dh_t (1 - h_t^2)
//   dW_ih   += x_t^T da_t                  a row for each stream
//   dW_hh   += h_{t-1}^T da_t
//   db      += da_t, summed over streams
//   dh_{t-1} = da_t W_hh^T
#include "loops.hpp"
#include "output_layer.hpp"

namespace by_hand {

namespace {

enum : std::size_t { w_ih, w_hh, b, w_out, b_out };  // places in Weights

Matrix forward(const Weights& w, const std::size_t* ids, const Matrix& before) {
  Matrix h(before.rows, before.columns);  // a_t at first
  add_rows_of(w[w_ih], ids, h);
  add_product(before, w[w_hh], h);
  add_to_rows(w[b], h);
  for (Real& v : h.v) v = std::tanh(v);
  return h;
}

// Takes dh_t, adds to the gradients, returns dh_{t-1}.
Matrix backward(const Weights& w, const std::size_t* ids, const Matrix& before, const Matrix& h, const Matrix& dh,
                Weights& dw) {
  Matrix da(h.rows, h.columns);
  for (std::size_t i = 0; i < h.v.size(); ++i) da.v[i] = dh.v[i] * (1 - h.v[i] * h.v[i]);
  add_to_rows_of(da, ids, dw[w_ih]);
  add_transposed_product(before, da, dw[w_hh]);
  add_sum_of_rows(da, dw[b]);
  Matrix dh_before(h.rows, h.columns);
  add_product_transposed(da, w[w_hh], dh_before);
  return dh_before;
}

}  // namespace

Result rnn(const Weights& w, const Window& window, const State& first) {
  const std::size_t B = first[0].rows, T = window.inputs.size() / B;
  const std::size_t *const inputs = window.inputs.data(), *const targets = window.targets.data();
  Result r{0, zeros_like(w), zeros_like(first), {}};
  std::vector<Matrix> h{first[0]}, dy;  // h_0 .. h_T and dy_1 .. dy_T
  for (std::size_t t = 0; t < T; ++t) {
    h.push_back(forward(w, inputs + t * B, h[t]));
    const OutputStep output = output_forward(h[t + 1], w[w_out], w[b_out], targets + t * B);
    r.loss += output.loss;
    dy.push_back(output.dy);
  }
  r.state = {h[T]};
  Matrix& dh = r.state_gradients[0];
  for (std::size_t t = T; t-- > 0;) {
    output_backward(h[t + 1], w[w_out], dy[t], r.gradients[w_out], r.gradients[b_out], dh);
    dh = backward(w, inputs + t * B, h[t], h[t + 1], dh, r.gradients);
  }
  return r;
}

}  // namespace by_hand
