// The output layer on h_t (B, H), with W (H, V) and b (1, V), and its loss L = sum_t L_t:
//
//   y_t = h_t W + b,  L_t = 1/B sum_streams -log softmax(y_t)[target]
//
// The derivative of -log softmax(y)[target] = log(sum_k exp(y_k)) - y_target by y_k is softmax(y)_k - [k = target], so
//
//   dy_t = (softmax(y_t) - onehot(target)) / B
//   dW = sum_t h_t^T dy_t,  db = sum_t dy_t,  and h_t is owed dy_t W^T
#pragma once
#include "by_hand.hpp"

namespace by_hand {

struct OutputStep {
  Real loss;  // L_t
  Matrix dy;  // dy_t (B, V)
};

/// `targets`: B of them.
OutputStep output_forward(const Matrix& h, const Matrix& w, const Matrix& b, const std::size_t* targets);
/// Adds this step's part to dW, db and dh.
void output_backward(const Matrix& h, const Matrix& w, const Matrix& dy, Matrix& dw, Matrix& db, Matrix& dh);

}  // namespace by_hand
