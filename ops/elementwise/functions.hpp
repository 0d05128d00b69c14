// Functions of one argument, elementwise; the result has the shape of x. y stands for the result in the formulas.
#pragma once
#include "../../autograd/tape/var.hpp"
#include "../op_info.hpp"

namespace xgrad {

/// e^x. VJP: y_bar y.
template <class T>
Var<T> exp(const Var<T>& x);
/// Natural logarithm. VJP: y_bar / x.
template <class T>
Var<T> log(const Var<T>& x);
/// Square root. VJP: y_bar / (2 y), infinite at 0.
template <class T>
Var<T> sqrt(const Var<T>& x);
/// x^2. VJP: 2 x y_bar.
template <class T>
Var<T> square(const Var<T>& x);
/// |x|. VJP: y_bar sign(x), 0 at 0.
template <class T>
Var<T> abs(const Var<T>& x);
/// Hyperbolic tangent. VJP: y_bar (1 - y)(1 + y).
template <class T>
Var<T> tanh(const Var<T>& x);
/// 1 / (1 + e^-x). VJP: y_bar y (1 - y).
template <class T>
Var<T> sigmoid(const Var<T>& x);
/// max(x, 0). VJP: y_bar where x > 0, else 0, also at 0.
template <class T>
Var<T> relu(const Var<T>& x);
/// x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2: the tanh form (Hendrycks and Gimpel, arXiv 1606.08415).
template <class T>
Var<T> gelu(const Var<T>& x);
/// 1 where x > 0, else 0. Piecewise constant: its derivative is zero.
template <class T>
Var<T> heaviside(const Var<T>& x);
/// -1, 0 or 1. Piecewise constant: its derivative is zero.
template <class T>
Var<T> sign(const Var<T>& x);

template <class T>
std::vector<OpInfo<T>> function_ops();

}  // namespace xgrad
