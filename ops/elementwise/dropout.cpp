#include "dropout.hpp"

#include "../../autograd/core/scalars.hpp"
#include "../../autograd/rules/record.hpp"
#include "../samples.hpp"

namespace xgrad {

namespace {

// x times a fixed array: linear, and its own VJP and JVP.
template <class T>
struct Masked {
  static constexpr const char* name = "dropout";
  static constexpr int arity = 1;
  static constexpr bool linear = true;
  const T* mask;  // in the tape's memory, of x's shape

  Shape shape(const Inputs<T>& x) const { return x.shape(0); }
  void forward(const Inputs<T>& x, const Output<T>& y) {
    for (Size i = 0, n = y.size(); i < n; ++i) y.data()[i] = x[0][i] * mask[i];
  }
  Var<T> vjp(const Context<T>&, int, const Var<T>& y_bar) const { return record<T>(*this, y_bar); }
  void accumulate(Pullback<T>& p) const {
    const Acc<T> x_bar = p.into(0);
    if (!x_bar) return;
    for (Size i = 0, n = p.size(); i < n; ++i)
      x_bar.data()[i] = (x_bar.add() ? x_bar.data()[i] : T(0)) + p.y_bar()[i] * mask[i];
  }

  static std::vector<Sample<T>> samples(Rng& rng) {
    return samples::unary<T>(rng, samples::uniform<T>(-2, 2), [](const Var<T>& x) {
      Rng seeded(7);
      return dropout(x, 0.4, seeded);
    });
  }
  static std::vector<Kink<T>> kinks() { return no_kinks<T>(); }
  static constexpr DoubleBackward double_backward = twice_differentiable;
  static std::vector<ErrorSample> error_samples() {
    const auto call = [](double p) {
      Rng seeded(7);
      dropout(Tape<T>::require("test").filled({2}, T(0)), p, seeded);
    };
    return {{[=] { call(1.0); }, "[dropout] the probability must lie in [0, 1), it is 1.000000"},
            {[=] { call(-0.5); }, "[dropout] the probability must lie in [0, 1), it is -0.500000"}};
  }
};

}  // namespace

template <class T>
Var<T> dropout(const Var<T>& x, double p, Rng& rng) {
  if (!(p >= 0 && p < 1)) fail<ValueError>("dropout", "the probability must lie in [0, 1), it is " + std::to_string(p));
  if (p == 0) return x;
  Tape<T>& tape = Tape<T>::require("dropout");
  const Size n = tape.node(tape.resolve("dropout", x)).size();  // checked before anything is drawn
  T* mask = tape.allocate(n);
  const T kept = static_cast<T>(1 / (1 - p));
  for (Size i = 0; i < n; ++i) mask[i] = rng.uniform() < p ? T(0) : kept;
  return record<T>(Masked<T>{mask}, x);
}

template <class T>
std::vector<OpInfo<T>> dropout_ops() {
  return {op_info<T, Masked<T>>()};
}

#define XGRAD_INSTANTIATE(T)                            \
  template Var<T> dropout(const Var<T>&, double, Rng&); \
  template std::vector<OpInfo<T>> dropout_ops<T>();
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad
