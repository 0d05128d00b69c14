#include "output_layer.hpp"

#include <algorithm>

#include "loops.hpp"

namespace by_hand {

OutputStep output_forward(const Matrix& h, const Matrix& w, const Matrix& b, const std::size_t* targets) {
  const std::size_t streams = h.rows, vocabulary = w.columns;
  OutputStep step{0, Matrix(streams, vocabulary)};
  Matrix& y = step.dy;  // y_t at first
  add_product(h, w, y);
  add_to_rows(b, y);
  for (std::size_t s = 0; s < streams; ++s) {
    // exp(y - top) / sum exp(y - top) is the same softmax, and no exponential overflows.
    Real top = y(s, 0), total = 0;
    for (std::size_t k = 0; k < vocabulary; ++k) top = std::max(top, y(s, k));
    for (std::size_t k = 0; k < vocabulary; ++k) total += std::exp(y(s, k) - top);
    step.loss += (std::log(total) - (y(s, targets[s]) - top)) / Real(streams);
    for (std::size_t k = 0; k < vocabulary; ++k)
      y(s, k) = (std::exp(y(s, k) - top) / total - (k == targets[s] ? 1 : 0)) / Real(streams);
  }
  return step;
}

void output_backward(const Matrix& h, const Matrix& w, const Matrix& dy, Matrix& dw, Matrix& db, Matrix& dh) {
  add_transposed_product(h, dy, dw);
  add_sum_of_rows(dy, db);
  add_product_transposed(dy, w, dh);
}

}  // namespace by_hand
