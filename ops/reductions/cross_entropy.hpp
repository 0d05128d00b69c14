// The loss of a classifier: softmax and negative log-likelihood in one op, in nats.
#pragma once
#include "../../autograd/tape/var.hpp"
#include "../op_info.hpp"

namespace xgrad {

/// What becomes of the losses of the rows.
enum class Reduction { sum, mean };

/// -log softmax(logits)[target], summed or averaged over all rows, in nats; logits (..., C) with one target a row, in
/// row-major order. Exact where logits are as large as 1e8. VJP: y_bar (softmax(logits) - onehot(target)), which is
/// computed together with the loss. The targets are copied.
/// Throws ShapeError where logits have no axis or another number of rows than there are targets, ValueError for a
/// target outside [0, C).
template <class T>
Var<T> softmax_cross_entropy(const Var<T>& logits, std::span<const Index> targets,
                             Reduction reduction = Reduction::mean);

/// The same, the sum multiplied by `weight`: 1 / B makes it a mean over B streams.
template <class T>
Var<T> softmax_cross_entropy(const Var<T>& logits, std::span<const Index> targets, std::type_identity_t<T> weight);

template <class T>
std::vector<OpInfo<T>> cross_entropy_ops();

}  // namespace xgrad
