// Loops over the rows of a dense (rows, n) array: rows by id, softmax and its kin. Every exponential is taken of x -
// max, so no finite input overflows.
#pragma once
#include "../../autograd/core/shape.hpp"

namespace xgrad::kernels {

/// out[i] (+)= table[ids[i]], `rows` rows of n elements.
template <class T>
void take_rows(Index rows, Index n, const T* table, const Index* ids, T* out, bool add);
/// table[ids[i]] += x[i], in the order of i.
template <class T>
void scatter_rows(Index rows, Index n, const T* x, const Index* ids, T* table);

/// y = softmax of each row.
template <class T>
void softmax_rows(Index rows, Index n, const T* x, T* y);
/// x_bar (+)= y (y_bar - sum(y y_bar)).
template <class T>
void softmax_rows_backward(Index rows, Index n, const T* y, const T* y_bar, T* x_bar, bool add);

/// y = (x - max) - log sum exp(x - max). Subtracted in this order: at logits of 1e8 the logarithm is not lost.
template <class T>
void log_softmax_rows(Index rows, Index n, const T* x, T* y);
/// x_bar (+)= y_bar - exp(y) sum(y_bar).
template <class T>
void log_softmax_rows_backward(Index rows, Index n, const T* y, const T* y_bar, T* x_bar, bool add);

/// y[row] = log sum exp(x), n > 0. A row of -infinity alone gives -infinity.
template <class T>
void logsumexp_rows(Index rows, Index n, const T* x, T* y);
/// x_bar (+)= y_bar[row] exp(x - y[row]).
template <class T>
void logsumexp_rows_backward(Index rows, Index n, const T* x, const T* y, const T* y_bar, T* x_bar, bool add);

/// y[row] = the largest element, n > 0; NaN wins.
template <class T>
void max_rows(Index rows, Index n, const T* x, T* y);
/// x_bar (+)= y_bar[row] shared equally by the elements that tie for the maximum.
template <class T>
void max_rows_backward(Index rows, Index n, const T* x, const T* y, const T* y_bar, T* x_bar, bool add);

/// Returns weight * sum over rows of -log softmax(x)[target], in nats, and leaves its gradient in `slope`:
/// weight * (softmax(x) - onehot(target)). `slope` may not be x.
template <class T>
T cross_entropy_rows(Index rows, Index n, const T* x, const Index* targets, T weight, T* slope);

}  // namespace xgrad::kernels
