#include "optim.hpp"

#include <cmath>

#include "../../autograd/core/error.hpp"
#include "../../autograd/core/scalars.hpp"
#include "../../ops/kernels/update.hpp"

namespace xgrad {

namespace {

void check_bound(double bound) {
  if (!(bound > 0)) fail<ValueError>("clip", "the bound must be > 0, it is " + std::to_string(bound));
}

template <class T>
Size size_of(std::span<T> values) {
  return static_cast<Size>(values.size());
}

}  // namespace

template <class T>
void clip_by_value(GradientBuffer<T>& gradients, double bound) {
  check_bound(bound);
  const auto g = gradients.flat();
  kernels::clip_values(size_of(g), static_cast<T>(bound), g.data());
}

template <class T>
double clip_by_norm(GradientBuffer<T>& gradients, double bound) {
  check_bound(bound);
  const auto g = gradients.flat();
  const double norm = std::sqrt(kernels::sum_of_squares(size_of(g), g.data()));
  if (norm > bound) kernels::scale_values(size_of(g), static_cast<T>(bound / norm), g.data());
  return norm;
}

template <class T>
void Sgd<T>::step() {
  const auto g = store_.gradients().flat();
  kernels::sgd_update(size_of(g), static_cast<T>(options_.learning_rate), g.data(), store_.mutable_values().data());
}

template <class T>
void Adagrad<T>::step() {
  const auto g = store_.gradients().flat();
  kernels::adagrad_update(size_of(g), static_cast<T>(options_.learning_rate), static_cast<T>(options_.eps), g.data(),
                          accumulators().data(), store_.mutable_values().data());
}

template <class T>
std::span<T> Adagrad<T>::accumulators() {
  sums_.resize(store_.values().size(), T(0));
  return sums_;
}

#define XGRAD_INSTANTIATE(T)                                \
  template void clip_by_value(GradientBuffer<T>&, double);  \
  template double clip_by_norm(GradientBuffer<T>&, double); \
  template class Sgd<T>;                                    \
  template class Adagrad<T>;
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad
