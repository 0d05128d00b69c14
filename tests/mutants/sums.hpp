// Mutants 6 to 9: the sum over what was broadcast, as the sweep makes it.
#pragma once
#include <xgrad/autograd/core/loops.hpp>

#include "helpers.hpp"

namespace xgrad::mutants {

inline bool of_sums() { return selected >= 6 && selected <= 9; }

/// Mutant 9 acts where (n, n) is summed to n elements.
inline bool wrong_axis(const Shape& from, const Shape& to) {
  return mutant(9) && from.rank() == 2 && square(from) && to.size() == from[0];
}

/// The factors with which elements of shape `from` enter the sum of shape `to`.
template <class T>
std::vector<T> factors(const Shape& from, const Shape& to) {
  std::vector<T> out(std::size_t(from.size()), T(1));
  const int lead = from.rank() - to.rank();
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (mutant(8)) out[i] = T(double(to.size()) / double(from.size()));
    Size rest = Size(i);
    for (int axis = from.rank() - 1; axis >= 0; --axis) {
      const bool copy = rest % from[axis] != 0;  // not the first
      rest /= from[axis];
      const bool added = axis < lead, repeated = !added && to[axis - lead] == 1 && from[axis] > 1;
      if (copy && ((mutant(7) && added) || (mutant(6) && repeated))) out[i] = T(0);
    }
  }
  return out;
}

/// loops::sum_to, as the selected mutant has it.
template <class T>
void sum_to(const Shape& from, const Shape& to, const T* x, T* out, bool add) {
  if (!of_sums()) return loops::sum_to(from, to, x, out, add);
  std::vector<T> changed = factors<T>(from, to);
  const Size n = wrong_axis(from, to) ? from[0] : 0;
  for (std::size_t i = 0; i < changed.size(); ++i) changed[i] *= x[n ? Size(i) % n * n + Size(i) / n : Size(i)];
  loops::sum_to(from, to, static_cast<const T*>(changed.data()), out, add);
}

}  // namespace xgrad::mutants
