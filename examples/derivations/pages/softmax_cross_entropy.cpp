// The worked cases of docs/derivations/softmax_cross_entropy.md: one row of three logits.
#include <by_hand/output_layer.hpp>

#include "../pages.hpp"

namespace derivations {

namespace {

constexpr std::size_t target = 1;

// The loss and its gradient at logits y, by hand: an output layer without weights, whose bias is y.
by_hand::OutputStep loss_by_hand(const Matrix& y) {
  return by_hand::output_forward(Matrix(1, 1), Matrix(1, y.columns), y, &target);
}

Matrix softmax_by_hand(const Matrix& y) {
  Matrix p = loss_by_hand(y).dy;
  p(0, target) += 1;
  return p;
}

Real slope(Matrix y, std::size_t k) {
  const Real h = 1e-3L, at = y(0, k);
  const auto f = [&](int n) {
    y(0, k) = at + Real(n) * h;
    return loss_by_hand(y).loss;
  };
  return (45 * (f(1) - f(-1)) - 9 * (f(2) - f(-2)) + (f(3) - f(-3))) / (60 * h);
}

void print_gradient(std::ostream& out, const Matrix& y) {
  const Block block(out, "softmax_cross_entropy gradient");
  xgrad::Tape<double> tape;
  const V logits = xgrad::leaf(array(y));
  const xgrad::Index id = target;
  const V loss = softmax_cross_entropy(logits, {&id, 1}, xgrad::Reduction::sum);
  backward(loss);
  const by_hand::OutputStep hand = loss_by_hand(y);
  const Matrix p = softmax_by_hand(y), y_bar = gradient_of(logits);
  Agreement agreement, numeric;
  agreement.compare("the loss", hand.loss, loss.item());
  agreement.compare("y_bar", hand.dy, y_bar);
  Table table({"k", "y_k", "p_k", "[k = target]", "dy_k by hand", "y_bar on the tape", "difference quotient"});
  for (std::size_t k = 0; k < y.columns; ++k) {
    numeric.compare("dy against a difference quotient", hand.dy(0, k), slope(y, k));
    table.add({std::to_string(k), number(y(0, k)), number(p(0, k)), k == target ? "1" : "0", number(hand.dy(0, k)),
               number(y_bar(0, k)), number(slope(y, k))});
  }
  out << table << "\nThe loss is " << number(hand.loss) << " nats by hand and " << number(loss.item())
      << " on the tape. Largest difference between hand and tape: " << agreement.bound() << ".\n";
}

// Row i by hand, and as the VJP of softmax with the cotangent e_i.
void print_jacobian(std::ostream& out, const Matrix& y) {
  const Block block(out, "softmax_cross_entropy jacobian");
  const Matrix p = softmax_by_hand(y);
  Agreement agreement;
  Table table({"i", "by y_0 by hand", "tape", "by y_1 by hand", "tape", "by y_2 by hand", "tape"});
  for (std::size_t i = 0; i < y.columns; ++i) {
    xgrad::Tape<double> tape;
    const V logits = xgrad::leaf(array(y));
    Matrix e(1, y.columns), hand(1, y.columns);
    e(0, i) = 1;
    backward(softmax(logits), array(e));
    const Matrix row = gradient_of(logits);
    std::vector<std::string> cells{"p_" + std::to_string(i)};
    for (std::size_t j = 0; j < y.columns; ++j) {
      hand(0, j) = p(0, i) * (Real(i == j) - p(0, j));
      cells.insert(cells.end(), {number(hand(0, j)), number(row(0, j))});
    }
    agreement.compare("the Jacobian", hand, row);
    table.add(cells);
  }
  out << table << "\nLargest difference: " << agreement.bound() << ".\n";
}

}  // namespace

void softmax_cross_entropy_page(std::ostream& out) {
  const Matrix y = matrix(1, 3, {1, 0, -1});
  print_jacobian(out, y);
  print_gradient(out, y);
}

}  // namespace derivations
