#include "functions.hpp"

#include <limits>

#include "../../autograd/core/scalars.hpp"
#include "../samples.hpp"
#include "rules.hpp"

namespace xgrad {

#define XGRAD_UNARY(function, Object)                       \
  template <class T>                                        \
  Var<T> function(const Var<T>& x) {                        \
    return record<T>(UnaryRule<T, functions::Object>{}, x); \
  }
XGRAD_UNARY(exp, Exp)
XGRAD_UNARY(log, Log)
XGRAD_UNARY(sqrt, Sqrt)
XGRAD_UNARY(square, Square)
XGRAD_UNARY(abs, Abs)
XGRAD_UNARY(tanh, Tanh)
XGRAD_UNARY(sigmoid, Sigmoid)
XGRAD_UNARY(relu, Relu)
XGRAD_UNARY(gelu, Gelu)
XGRAD_UNARY(heaviside, Heaviside)
XGRAD_UNARY(sign, Sign)
#undef XGRAD_UNARY

template <class T>
std::vector<OpInfo<T>> function_ops() {
  using samples::off_zero, samples::uniform;
  constexpr double infinite = std::numeric_limits<double>::infinity();
  const auto op = [](const char* name, auto f, auto draw, std::vector<Kink<T>> kinks) {
    return samples::unary_op<T>(name, f, draw, no_errors(), std::move(kinks), twice_differentiable);
  };
  const auto at = [](const char* label, auto f, std::initializer_list<double> x, std::initializer_list<double> slopes) {
    return std::vector<Kink<T>>{samples::unary_kink<T>(label, f, x, slopes)};
  };
  const auto gap = off_zero<T>(0.2, 2);
  return {
      op("exp", exp<T>, uniform<T>(-2, 2), no_kinks<T>()),
      op("log", log<T>, uniform<T>(0.5, 3), at("an infinite slope", log<T>, {0, 4}, {infinite, 0.25})),
      op("sqrt", sqrt<T>, uniform<T>(0.5, 3), at("an infinite slope", sqrt<T>, {0, 4}, {infinite, 0.25})),
      op("square", square<T>, uniform<T>(-2, 2), no_kinks<T>()),
      op("abs", abs<T>, gap, at("zeros of both signs", abs<T>, {-1, -0.0, 0, 1}, {-1, 0, 0, 1})),
      op("tanh", tanh<T>, uniform<T>(-2, 2), no_kinks<T>()),
      op("sigmoid", sigmoid<T>, uniform<T>(-3, 3), no_kinks<T>()),
      op("relu", relu<T>, gap, at("zeros of both signs", relu<T>, {-1, -0.0, 0, 1}, {0, 0, 0, 1})),
      op("gelu", gelu<T>, uniform<T>(-2, 2), no_kinks<T>()),
      op("heaviside", heaviside<T>, gap, at("the jump", heaviside<T>, {-1, -0.0, 0, 1}, {0, 0, 0, 0})),
      op("sign", sign<T>, gap, at("the jumps", sign<T>, {-1, -0.0, 0, 1}, {0, 0, 0, 0})),
  };
}

#define XGRAD_INSTANTIATE(T)                \
  template Var<T> exp(const Var<T>&);       \
  template Var<T> log(const Var<T>&);       \
  template Var<T> sqrt(const Var<T>&);      \
  template Var<T> square(const Var<T>&);    \
  template Var<T> abs(const Var<T>&);       \
  template Var<T> tanh(const Var<T>&);      \
  template Var<T> sigmoid(const Var<T>&);   \
  template Var<T> relu(const Var<T>&);      \
  template Var<T> gelu(const Var<T>&);      \
  template Var<T> heaviside(const Var<T>&); \
  template Var<T> sign(const Var<T>&);      \
  template std::vector<OpInfo<T>> function_ops<T>();
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad
