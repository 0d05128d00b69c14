// Edits of vjp and of recorded gradients, in ops.
#pragma once
#include <xgrad/autograd/transforms/transforms.hpp>
#include <xgrad/ops/elementwise/arithmetic.hpp>
#include <xgrad/ops/shaping/reshape.hpp>

#include "sums.hpp"

namespace xgrad::mutants {

/// xgrad::sum_to for the gradient of what was broadcast, as the selected mutant has it.
template <class T>
Var<T> sum_to(const Var<T>& x, const Shape& to) {
  const Shape from = x.shape();
  if (!of_sums() || from == to) return xgrad::sum_to(x, to);
  if (mutant(9)) return xgrad::sum_to(wrong_axis(from, to) ? transpose(x) : x, to);
  const std::vector<T> all = factors<T>(from, to);
  return xgrad::sum_to(x * constant(std::span<const T>(all), from), to);
}

/// Mutant 24: y_bar with its axis in the other place.
template <class T>
Var<T> turned(const Var<T>& y_bar, const Shape& from) {
  const Shape is = y_bar.shape(), to = turned(is, from);
  return to == is ? y_bar : reshape(y_bar, to);
}

template <class T>
Var<T> seed(const Var<T>& y_bar) {
  if (mutant(48)) return Tape<T>::require("seed").filled(y_bar.shape(), T(1));
  return mutant(45) ? y_bar * (1 + 5e-6) : y_bar;
}

/// Mutant 28: x, with zeros in the rows whose id comes again.
template <class T>
Var<T> last_rows(const auto& ids, const Var<T>& x) {
  std::vector<T> kept;
  for (Index i = 0; i < ids.count; ++i) kept.push_back(T(overwritten(ids, i) ? 0 : 1));
  return x * constant(std::span<const T>(kept), Shape{ids.count, 1});
}

}  // namespace xgrad::mutants
