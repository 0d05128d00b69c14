#include "functions.hpp"

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
  using samples::off_zero, samples::uniform, samples::unary_op;
  return {
      unary_op<T>("exp", exp<T>, uniform<T>(-2, 2)),
      unary_op<T>("log", log<T>, uniform<T>(0.5, 3)),
      unary_op<T>("sqrt", sqrt<T>, uniform<T>(0.5, 3)),
      unary_op<T>("square", square<T>, uniform<T>(-2, 2)),
      unary_op<T>("abs", abs<T>, off_zero<T>(0.2, 2)),
      unary_op<T>("tanh", tanh<T>, uniform<T>(-2, 2)),
      unary_op<T>("sigmoid", sigmoid<T>, uniform<T>(-3, 3)),
      unary_op<T>("relu", relu<T>, off_zero<T>(0.2, 2)),
      unary_op<T>("gelu", gelu<T>, uniform<T>(-2, 2)),
      unary_op<T>("heaviside", heaviside<T>, off_zero<T>(0.2, 2)),
      unary_op<T>("sign", sign<T>, off_zero<T>(0.2, 2)),
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
