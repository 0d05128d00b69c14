// Loops over all parameters at once: what is done after the sweep.
#pragma once
#include "../../autograd/core/shape.hpp"

namespace xgrad::kernels {

/// The sum of squares, summed in double.
template <class T>
double sum_of_squares(Size n, const T* x);

/// sum += g.
template <class T>
void add_values(Size n, const T* g, T* sum);

/// x *= s.
template <class T>
void scale_values(Size n, T s, T* x);

// The updates read each g limited to [-bound, bound], infinity for no limit; NaN stays NaN. g itself is not written.

/// w -= rate g.
template <class T>
void sgd_update(Size n, T rate, T bound, const T* g, T* w);

/// m += g^2; w -= rate g / sqrt(m + eps).
template <class T>
void adagrad_update(Size n, T rate, T eps, T bound, const T* g, T* m, T* w);

/// What all elements have in common in one step of Adam; its powers of beta are taken in double.
template <class T>
struct AdamStep {
  T keep1, take1;  // beta1, 1 - beta1
  T keep2, take2;  // beta2, 1 - beta2
  T rate;          // of the uncorrected m: rate / (1 - beta1^t)
  T root;          // of the uncorrected sqrt(v): 1 / sqrt(1 - beta2^t)
  T eps, bound;
};

/// m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2; w -= rate m / (root sqrt(v) + eps).
template <class T>
void adam_update(Size n, const AdamStep<T>& step, const T* g, T* m, T* v, T* w);

}  // namespace xgrad::kernels
