// Backpropagation through time for the GRU. Products of small letters are elementwise; d stands for dL/d.
//
// Forward, t = 1 .. T, x_t one-hot; u_t and v_t (B, 3H) hold their blocks side by side, u_r u_z u_n and v_r v_z v_n:
//
//   u_t = x_t W_ih + b_ih
//   v_t = h_{t-1} W_hh + b_hh
//   r = sigmoid(u_r + v_r),  z = sigmoid(u_z + v_z)
//   n = tanh(u_n + r v_n)
//   h_t = (1 - z) n + z h_{t-1}
//   y_t, L_t of h_t: output_layer.hpp
//
// Backward, t = T .. 1, with dh_T = 0 at first. h_t goes into y_t, v_{t+1} and h_{t+1};
// sigmoid' = sigmoid (1 - sigmoid), tanh' = 1 - tanh^2:
//
//   dh_t    += dy_t W^T                                  to what the step after has left
//   du_n     = dh_t (1 - z) (1 - n^2)
//   dv_n     = du_n r
//   du_r     = dv_r = du_n v_n r (1 - r)
//   du_z     = dv_z = dh_t (h_{t-1} - n) z (1 - z)
//   dW_ih   += x_t^T du_t                                a row for each stream
//   dW_hh   += h_{t-1}^T dv_t
//   db_ih   += du_t,  db_hh += dv_t, summed over streams
//   dh_{t-1} = dh_t z + dv_t W_hh^T
#include "loops.hpp"
#include "output_layer.hpp"

namespace by_hand {

namespace {

enum : std::size_t { w_ih, w_hh, b_ih, b_hh, w_out, b_out };  // places in Weights

struct Step {
  Matrix gates;  // r z n (B, 3H)
  Matrix v;      // v_t (B, 3H)
  Matrix h;      // (B, H), after the step
};

Step forward(const Weights& w, const std::size_t* ids, const Matrix& h) {
  const std::size_t H = h.columns;
  Step s{Matrix(h.rows, 3 * H), Matrix(h.rows, 3 * H), h};
  Matrix& gates = s.gates;  // u_t at first
  add_rows_of(w[w_ih], ids, gates);
  add_to_rows(w[b_ih], gates);
  add_product(h, w[w_hh], s.v);
  add_to_rows(w[b_hh], s.v);
  for (std::size_t i = 0; i < h.rows; ++i)
    for (std::size_t j = 0; j < H; ++j) {
      const Real r = gates(i, j) = sigmoid(gates(i, j) + s.v(i, j));
      const Real z = gates(i, H + j) = sigmoid(gates(i, H + j) + s.v(i, H + j));
      const Real n = gates(i, 2 * H + j) = std::tanh(gates(i, 2 * H + j) + r * s.v(i, 2 * H + j));
      s.h(i, j) = (1 - z) * n + z * h(i, j);
    }
  return s;
}

// Takes dh_t and makes it dh_t z; fills du_t and dv_t.
void gates_backward(const Step& s, const Matrix& h_before, Matrix& dh, Matrix& du, Matrix& dv) {
  const std::size_t H = dh.columns;
  for (std::size_t i = 0; i < dh.rows; ++i)
    for (std::size_t j = 0; j < H; ++j) {
      const Real r = s.gates(i, j), z = s.gates(i, H + j), n = s.gates(i, 2 * H + j);
      const Real du_n = du(i, 2 * H + j) = dh(i, j) * (1 - z) * (1 - n * n);
      dv(i, 2 * H + j) = du_n * r;
      du(i, j) = dv(i, j) = du_n * s.v(i, 2 * H + j) * r * (1 - r);
      du(i, H + j) = dv(i, H + j) = dh(i, j) * (h_before(i, j) - n) * z * (1 - z);
      dh(i, j) *= z;
    }
}

// Adds to the gradients, and to dh what h_{t-1} is owed for v_t.
void products_backward(const Weights& w, const std::size_t* ids, const Matrix& h_before, const Matrix& du,
                       const Matrix& dv, Weights& dw, Matrix& dh) {
  add_to_rows_of(du, ids, dw[w_ih]);
  add_transposed_product(h_before, dv, dw[w_hh]);
  add_sum_of_rows(du, dw[b_ih]);
  add_sum_of_rows(dv, dw[b_hh]);
  add_product_transposed(dv, w[w_hh], dh);
}

}  // namespace

Result gru(const Weights& w, const Window& window, const State& first) {
  const std::size_t B = first[0].rows, H = first[0].columns, T = window.inputs.size() / B;
  const std::size_t *const inputs = window.inputs.data(), *const targets = window.targets.data();
  Result r{0, zeros_like(w), zeros_like(first), {}};
  std::vector<Step> steps{{{}, {}, first[0]}};  // 0 .. T
  std::vector<Matrix> dy;                       // dy_1 .. dy_T
  for (std::size_t t = 0; t < T; ++t) {
    steps.push_back(forward(w, inputs + t * B, steps[t].h));
    const OutputStep output = output_forward(steps[t + 1].h, w[w_out], w[b_out], targets + t * B);
    r.loss += output.loss;
    dy.push_back(output.dy);
  }
  r.state = {steps[T].h};
  Matrix& dh = r.state_gradients[0];
  for (std::size_t t = T; t-- > 0;) {
    output_backward(steps[t + 1].h, w[w_out], dy[t], r.gradients[w_out], r.gradients[b_out], dh);
    Matrix du(B, 3 * H), dv(B, 3 * H);
    gates_backward(steps[t + 1], steps[t].h, dh, du, dv);
    products_backward(w, inputs + t * B, steps[t].h, du, dv, r.gradients, dh);
  }
  return r;
}

}  // namespace by_hand
