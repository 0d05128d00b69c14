// Loops over all parameters at once: what is done after the sweep.
#pragma once
#include "../../autograd/core/shape.hpp"

namespace xgrad::kernels {

/// x limited to [-bound, bound]; NaN stays NaN.
template <class T>
void clip_values(Size n, T bound, T* x);

/// The sum of squares, summed in double.
template <class T>
double sum_of_squares(Size n, const T* x);

/// sum += g.
template <class T>
void add_values(Size n, const T* g, T* sum);

/// x *= s.
template <class T>
void scale_values(Size n, T s, T* x);

/// w -= rate g.
template <class T>
void sgd_update(Size n, T rate, const T* g, T* w);

/// m += g^2; w -= rate g / sqrt(m + eps).
template <class T>
void adagrad_update(Size n, T rate, T eps, const T* g, T* m, T* w);

}  // namespace xgrad::kernels
