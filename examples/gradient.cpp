// A first gradient. Ops record while a tape is in scope; backward leaves gradients in the leaves.
#include <iostream>
#include <xgrad/ops/ops.hpp>

int main() {
  using namespace xgrad;
  Tape<double> tape;
  const auto x = leaf(Array<double>{1.0, 2.0, 3.0});
  const auto w = leaf(Array<double>{0.5, -1.0, 0.25});
  const auto loss = square(tanh(sum(x * w)) - 1.0);
  backward(loss);
  std::cout << "loss " << loss.item() << "\n";
  for (std::size_t i = 0; i < 3; ++i)
    std::cout << "d/dx[" << i << "] = " << x.grad()[i] << "   d/dw[" << i << "] = " << w.grad()[i] << "\n";
}
