// What is done with the gradients between the sweep and the step: measuring them, and bounding their norm. Clipping
// element by element is no pass of its own but part of a step (StepOptions in optim.hpp).
#pragma once
#include <limits>

#include "../../autograd/tape/parameter.hpp"

namespace xgrad {

struct GradientFigures {
  double norm = 0;  // the 2-norm of all gradients
  Size beyond = 0;  // elements with |g| > bound: those that clip_by_value = bound would change
};

/// Both in one pass over all gradients, which are as the sweep left them; for a line of progress. The squares are
/// summed in double, in an order that depends on the store's size alone. Where an element is NaN, the norm is, and the
/// element is not beyond; where one is infinite, the norm is. Throws ValueError unless bound > 0, TapeError after a
/// sweep that was cut short.
template <class T>
GradientFigures gradient_figures(GradientBuffer<T>& gradients, double bound = std::numeric_limits<double>::infinity());

/// Scales the gradients so that their 2-norm over all parameters is at most `bound`, to round-off; returns whether it
/// was above. The norm is taken from `measured`, what gradient_figures said of these gradients as they are. Where it is
/// no finite number they are left alone, for a scaled infinity is NaN, and what stands beside it would become zero or
/// NaN. Throws as gradient_figures does.
template <class T>
bool clip_by_norm(GradientBuffer<T>& gradients, const GradientFigures& measured, double bound);

namespace detail {

/// Throws ValueError unless bound > 0.
void check_bound(double bound);

}  // namespace detail

}  // namespace xgrad
