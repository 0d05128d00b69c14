// Products with a weight, as the sweep sees them: the same matrix takes part many times.
#pragma once
#include "../../autograd/rules/pullback.hpp"
#include "../kernels/products.hpp"

namespace xgrad {

/// The deferred products of a weight, multiplied at once.
template <class T>
void flush_products(const DeferredRun<T>& run) {
  kernels::multiply<T>(run.k, run.n, run.rows, {run.a, run.a_stride, true}, {run.d, run.d_stride}, run.w_bar, run.add);
}

/// w^T, where w (k, n) is input i and m rows are to be multiplied by it. Transposed once a sweep, the weight of a
/// recurrence spares every step a transposed product, which our own kernel does not do.
template <class T>
kernels::Matrix<T> turned(Pullback<T>& p, int i, const kernels::Matrix<T>& w, Index m, Index n, Index k) {
  constexpr Size worth_it = 16;  // rows, all uses together
  if (w.transposed || Size(m) * p.uses(i) < worth_it || !kernels::takes_own_kernel<T>(m, k, n)) return w.t();
  return {p.derived(i, p.size(i), [&](T* out) { kernels::transpose(k, n, w.data, out); }), k};
}

}  // namespace xgrad
