// Backpropagation through time for the LSTM. Products of small letters are elementwise; d stands for dL/d.
//
// Forward, t = 1 .. T, x_t one-hot; a_t (B, 4H) holds the gates side by side, a_i a_f a_g a_o:
//
//   a_t = x_t W_ih + h_{t-1} W_hh + b
//   i = sigmoid(a_i),  f = sigmoid(a_f),  g = tanh(a_g),  o = sigmoid(a_o)
//   c_t = f c_{t-1} + i g
//   h_t = o tanh(c_t)
//   y_t, L_t of h_t: output_layer.hpp
//
// Backward, t = T .. 1, with dh_T = dc_T = 0 at first. h_t goes into y_t and a_{t+1}, c_t into h_t and c_{t+1};
// sigmoid' = sigmoid (1 - sigmoid), tanh' = 1 - tanh^2:
//
//   dh_t    += dy_t W^T                       to what the step after has left
//   dc_t    += dh_t o (1 - tanh(c_t)^2)       to what the step after has left
//   da_i     = dc_t g i (1 - i)
//   da_f     = dc_t c_{t-1} f (1 - f)
//   da_g     = dc_t i (1 - g^2)
//   da_o     = dh_t tanh(c_t) o (1 - o)
//   dW_ih   += x_t^T da_t                     a row for each stream
//   dW_hh   += h_{t-1}^T da_t
//   db      += da_t, summed over streams
//   dh_{t-1} = da_t W_hh^T
//   dc_{t-1} = dc_t f
#include "loops.hpp"
#include "output_layer.hpp"

namespace by_hand {

namespace {

enum : std::size_t { w_ih, w_hh, b, w_out, b_out };  // places in Weights

struct Step {
  Matrix gates;  // i f g o (B, 4H)
  Matrix h, c;   // (B, H), after the step
};

Step forward(const Weights& w, const std::size_t* ids, const Matrix& h, const Matrix& c) {
  const std::size_t H = h.columns;
  Step s{Matrix(h.rows, 4 * H), h, c};
  Matrix& gates = s.gates;  // a_t at first
  add_rows_of(w[w_ih], ids, gates);
  add_product(h, w[w_hh], gates);
  add_to_rows(w[b], gates);
  for (std::size_t n = 0; n < h.rows; ++n)
    for (std::size_t j = 0; j < H; ++j) {
      const Real i = gates(n, j) = sigmoid(gates(n, j));
      const Real f = gates(n, H + j) = sigmoid(gates(n, H + j));
      const Real g = gates(n, 2 * H + j) = std::tanh(gates(n, 2 * H + j));
      const Real o = gates(n, 3 * H + j) = sigmoid(gates(n, 3 * H + j));
      s.c(n, j) = f * c(n, j) + i * g;
      s.h(n, j) = o * std::tanh(s.c(n, j));
    }
  return s;
}

// Takes dh_t and what step t + 1 has left in dc, makes dc that of step t - 1, returns da_t.
Matrix gates_backward(const Step& s, const Matrix& c_before, const Matrix& dh, Matrix& dc) {
  const std::size_t H = dh.columns;
  Matrix da(dh.rows, 4 * H);
  for (std::size_t n = 0; n < dh.rows; ++n)
    for (std::size_t j = 0; j < H; ++j) {
      const Real i = s.gates(n, j), f = s.gates(n, H + j), g = s.gates(n, 2 * H + j), o = s.gates(n, 3 * H + j);
      const Real tanh_c = std::tanh(s.c(n, j));
      dc(n, j) += dh(n, j) * o * (1 - tanh_c * tanh_c);
      da(n, j) = dc(n, j) * g * i * (1 - i);
      da(n, H + j) = dc(n, j) * c_before(n, j) * f * (1 - f);
      da(n, 2 * H + j) = dc(n, j) * i * (1 - g * g);
      da(n, 3 * H + j) = dh(n, j) * tanh_c * o * (1 - o);
      dc(n, j) *= f;
    }
  return da;
}

// Adds to the gradients, returns dh_{t-1}.
Matrix products_backward(const Weights& w, const std::size_t* ids, const Matrix& h_before, const Matrix& da,
                         Weights& dw) {
  add_to_rows_of(da, ids, dw[w_ih]);
  add_transposed_product(h_before, da, dw[w_hh]);
  add_sum_of_rows(da, dw[b]);
  Matrix dh_before(h_before.rows, h_before.columns);
  add_product_transposed(da, w[w_hh], dh_before);
  return dh_before;
}

}  // namespace

Result lstm(const Weights& w, const Window& window, const State& first) {
  const std::size_t B = first[0].rows, T = window.inputs.size() / B;
  const std::size_t *const inputs = window.inputs.data(), *const targets = window.targets.data();
  Result r{0, zeros_like(w), zeros_like(first), {}};
  std::vector<Step> steps{{{}, first[0], first[1]}};  // 0 .. T
  std::vector<Matrix> dy;                             // dy_1 .. dy_T
  for (std::size_t t = 0; t < T; ++t) {
    steps.push_back(forward(w, inputs + t * B, steps[t].h, steps[t].c));
    const OutputStep output = output_forward(steps[t + 1].h, w[w_out], w[b_out], targets + t * B);
    r.loss += output.loss;
    dy.push_back(output.dy);
  }
  r.state = {steps[T].h, steps[T].c};
  Matrix &dh = r.state_gradients[0], &dc = r.state_gradients[1];
  for (std::size_t t = T; t-- > 0;) {
    output_backward(steps[t + 1].h, w[w_out], dy[t], r.gradients[w_out], r.gradients[b_out], dh);
    const Matrix da = gates_backward(steps[t + 1], steps[t].c, dh, dc);
    dh = products_backward(w, inputs + t * B, steps[t].h, da, r.gradients);
  }
  return r;
}

}  // namespace by_hand
