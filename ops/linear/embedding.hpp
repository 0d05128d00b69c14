// Rows by number: the product of a one-hot row with a matrix, without the product.
#pragma once
#include "../../autograd/tape/var.hpp"
#include "../op_info.hpp"

namespace xgrad {

/// Rows ids[0], ids[1], ... of w (V, H), as (ids.size(), H). VJP: each row of y_bar is added to the row it came from.
/// The ids are copied. Throws ShapeError where w has not two axes, ValueError for an id outside [0, V).
template <class T>
Var<T> embedding(const Var<T>& w, std::span<const Index> ids);

/// The adjoint: row i of x (n, H) added to row ids[i] of zeros (rows, H).
/// Throws ShapeError where x has not ids.size() rows, ValueError for an id outside [0, rows).
template <class T>
Var<T> scatter_rows(const Var<T>& x, std::span<const Index> ids, Index rows);

template <class T>
std::vector<OpInfo<T>> embedding_ops();

}  // namespace xgrad
