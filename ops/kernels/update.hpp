// Loops over all parameters at once: what is done after the sweep.
#pragma once
#include "../../autograd/core/shape.hpp"

namespace xgrad::kernels {

/// What one pass over gradients finds.
struct GradientSums {
  double squares = 0;  // of all elements, summed in double
  Size beyond = 0;     // elements with |g| > bound; NaN is none of them
};
/// The terms of the sum are added in an order that depends on n alone: for float, whose squares are exact in double,
/// the bits are the same on every instruction set.
template <class T>
GradientSums sums_of_gradients(Size n, T bound, const T* g);

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

/// v = momentum v + g; w -= rate v.
template <class T>
void momentum_update(Size n, T rate, T momentum, T bound, const T* g, T* v, T* w);

/// m += g^2; w -= rate g / sqrt(m + eps).
template <class T>
void adagrad_update(Size n, T rate, T eps, T bound, const T* g, T* m, T* w);

/// What all elements have in common in one step of RMSProp.
template <class T>
struct RmsPropStep {
  T keep, take;  // decay, 1 - decay
  T rate, eps, bound;
};

/// m = decay m + (1 - decay) g^2; w -= rate g / (sqrt(m) + eps).
template <class T>
void rmsprop_update(Size n, const RmsPropStep<T>& step, const T* g, T* m, T* w);

/// What all elements have in common in one step of Adam; its powers of beta are taken in double.
template <class T>
struct AdamStep {
  T keep1, take1;  // beta1, 1 - beta1
  T keep2, take2;  // beta2, 1 - beta2
  T rate;          // of the uncorrected m: rate / (1 - beta1^t)
  T root;          // of the uncorrected sqrt(v): 1 / sqrt(1 - beta2^t)
  T eps, bound;
  T shrink = 1;  // of w: 1 - learning rate * weight decay
};

/// m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2; w = shrink w - rate m / (root sqrt(v) + eps).
template <class T>
void adam_update(Size n, const AdamStep<T>& step, const T* g, T* m, T* v, T* w);

}  // namespace xgrad::kernels
