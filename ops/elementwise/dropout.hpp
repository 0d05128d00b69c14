// Random masks.
#pragma once
#include "../../autograd/core/rng.hpp"
#include "../../autograd/tape/var.hpp"
#include "../op_info.hpp"

namespace xgrad {

/// Inverted dropout: each element is zeroed with probability p, the others are divided by 1 - p, so that the mean
/// stays. One draw of `rng.uniform()` an element, in row-major order. The mask is kept on the tape: derivatives of any
/// order see the same one. For p = 0 it is x itself and draws nothing. Throws ValueError for p outside [0, 1).
template <class T>
Var<T> dropout(const Var<T>& x, double p, Rng& rng);

template <class T>
std::vector<OpInfo<T>> dropout_ops();

}  // namespace xgrad
