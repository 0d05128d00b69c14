// Linear layers: a product and what is added to it, alone and with the tanh that follows it in a recurrence.
#pragma once
#include "../../autograd/tape/var.hpp"
#include "../op_info.hpp"

namespace xgrad {

/// x w + b: x (..., k), w (k, n); b broadcasts to the result (..., n), so it may be a bias (n) or a full addend.
/// Throws ShapeError where the inner lengths differ or b does not fit.
template <class T>
Var<T> affine(const Var<T>& x, const Var<T>& w, const Var<T>& b);

/// tanh(x w + b) as one node: what is in the tanh is neither kept nor has a gradient of its own. VJP: with
/// z_bar = y_bar (1 - y^2), x_bar = z_bar w^T, w_bar = x^T z_bar, b_bar = z_bar. Throws as affine does.
template <class T>
Var<T> affine_tanh(const Var<T>& x, const Var<T>& w, const Var<T>& b);

template <class T>
std::vector<OpInfo<T>> affine_ops();

}  // namespace xgrad
