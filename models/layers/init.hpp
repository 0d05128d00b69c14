// Initial weights.
#pragma once
#include "../module.hpp"

namespace xgrad {

/// Independent normal values, in the order in which a (out, in) matrix of NumPy or PyTorch would be filled: so a
/// transposed parameter gets the very numbers of `RandomState(seed).randn(out, in) * stddev`.
template <class T>
void init_normal(const Parameter<T>& w, Layout layout, double stddev, Rng& rng);

/// Every matrix of a model by init_normal, in the order of visit; vectors are left at zero.
template <class M>
void init_normal(const M& model, double stddev, Rng& rng) {
  for (const auto& p : named_parameters(model))
    if (p.parameter.rank() == 2) init_normal(p.parameter, p.layout, stddev, rng);
}

}  // namespace xgrad
