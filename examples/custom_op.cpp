// An op of your own, outside the library: softplus(x) = log(1 + e^x), computed so that it does not overflow.
// A rule is one plain struct. vjp and jvp are written in ops, so they are recorded like anything else, and derivatives
// of every order follow.
#include <algorithm>
#include <cmath>
#include <iostream>
#include <xgrad/ops/ops.hpp>

using namespace xgrad;

template <class T>
struct Softplus {
  static constexpr const char* name = "softplus";
  static constexpr int arity = 1;
  Shape shape(const Inputs<T>& x) const { return x.shape(0); }
  void forward(const Inputs<T>& x, const Output<T>& y) const {
    std::transform(x[0], x[0] + x.size(0), y.data(),
                   [](T a) { return std::max(a, T(0)) + std::log1p(std::exp(-std::abs(a))); });
  }
  Var<T> vjp(const Context<T>& c, int, const Var<T>& y_bar) const { return y_bar * sigmoid(c.x(0)); }
  Var<T> jvp(const Context<T>& c, int, const Var<T>& x_dot) const { return x_dot * sigmoid(c.x(0)); }
};

template <class T>
Var<T> softplus(const Var<T>& x) {
  return record<T>(Softplus<T>{}, x);
}

bool near(double a, double b) { return std::abs(a - b) < 1e-12; }

int main() {
  Tape<double> tape;
  const auto x = leaf(Array<double>{-2.0, 0.5, 800.0});
  const auto y = sum(softplus(x));
  const auto first = grad(y, {x})[0];            // recorded, so ...
  const auto second = grad(sum(first), {x})[0];  // ... it can be differentiated again
  const auto along = jvp(y, {x}, {constant(Array<double>{1.0, 1.0, 1.0})});
  bool right = near(along.item(), sum(first).item());
  for (std::size_t i = 0; i < 3; ++i) {
    const double s = 1 / (1 + std::exp(-x.data()[i]));
    std::cout << "x " << x.data()[i] << "   f' " << first.data()[i] << "   f'' " << second.data()[i] << "\n";
    right = right && near(first.data()[i], s) && near(second.data()[i], s * (1 - s));
  }
  std::cout << "f' along (1, 1, 1) " << along.item() << (right ? "" : "   WRONG") << "\n";
  return right ? 0 : 1;
}
