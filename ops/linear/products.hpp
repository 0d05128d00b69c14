// Matrix products.
#pragma once
#include "../../autograd/tape/var.hpp"
#include "../op_info.hpp"

namespace xgrad {

/// The product of a (..., m, k) and b (..., k, n), each perhaps given with its last two axes swapped. Leading axes are
/// a batch and broadcast. VJP: a_bar = y_bar b^T, b_bar = a^T y_bar. A weight that takes part in several products
/// (2-D, b untransposed) gets its gradient in one product over all of them.
/// Throws ShapeError for rank below 2, differing inner lengths, or batches that do not broadcast.
template <class T>
Var<T> matmul(const Var<T>& a, const Var<T>& b, bool transpose_a = false, bool transpose_b = false);

template <class T>
std::vector<OpInfo<T>> product_ops();

}  // namespace xgrad
