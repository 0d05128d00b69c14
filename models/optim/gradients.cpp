#include "gradients.hpp"

#include <cmath>

#include "../../autograd/core/error.hpp"
#include "../../autograd/core/scalars.hpp"
#include "../../ops/kernels/update.hpp"

namespace xgrad {

namespace {

template <class T>
Size size_of(std::span<T> values) {
  return static_cast<Size>(values.size());
}

}  // namespace

void detail::check_bound(double bound) {
  if (!(bound > 0)) fail<ValueError>("clip", "the bound must be > 0, it is " + std::to_string(bound));
}

template <class T>
GradientFigures gradient_figures(GradientBuffer<T>& gradients, double bound) {
  detail::check_bound(bound);
  const auto g = gradients.flat();
  const auto [squares, beyond] = kernels::sums_of_gradients(size_of(g), static_cast<T>(bound), g.data());
  return {std::sqrt(squares), beyond};
}

template <class T>
bool clip_by_norm(GradientBuffer<T>& gradients, const GradientFigures& measured, double bound) {
  detail::check_bound(bound);
  const auto g = gradients.flat();
  const bool scales = measured.norm > bound && std::isfinite(measured.norm);
  if (scales) kernels::scale_values(size_of(g), static_cast<T>(bound / measured.norm), g.data());
  return scales;
}

#define XGRAD_INSTANTIATE(T)                                             \
  template GradientFigures gradient_figures(GradientBuffer<T>&, double); \
  template bool clip_by_norm(GradientBuffer<T>&, const GradientFigures&, double);
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad
