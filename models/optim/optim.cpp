#include "optim.hpp"

#include <cmath>

#include "../../autograd/core/error.hpp"
#include "../../autograd/core/scalars.hpp"

namespace xgrad {

namespace {

void check_bound(double bound) {
  if (!(bound > 0)) fail<ValueError>("clip", "the bound must be > 0, it is " + std::to_string(bound));
}

template <class T>
Size size_of(std::span<T> values) {
  return static_cast<Size>(values.size());
}

// A checked step's gradients.
template <class T>
const T* gradients_for(ParamStore<T>& store, const StepOptions& how) {
  check_bound(how.clip_by_value);
  return store.gradients().flat().data();
}

void check_beta(const char* name, double beta) {
  if (!(beta >= 0 && beta < 1))
    fail<ValueError>("adam", std::string(name) + " must be in [0, 1), it is " + std::to_string(beta));
}

}  // namespace

template <class T>
double clip_by_norm(GradientBuffer<T>& gradients, double bound) {
  check_bound(bound);
  const auto g = gradients.flat();
  const double norm = std::sqrt(kernels::sum_of_squares(size_of(g), g.data()));
  if (norm > bound) kernels::scale_values(size_of(g), static_cast<T>(bound / norm), g.data());
  return norm;
}

template <class T>
auto Sgd<T>::pass(const StepOptions& how) -> Pass {
  const T* const g = gradients_for(store_, how);
  return {static_cast<T>(options_.learning_rate), static_cast<T>(how.clip_by_value), g, store_.mutable_values().data()};
}

template <class T>
void Sgd<T>::Pass::operator()(Size begin, Size end) const {
  kernels::sgd_update(end - begin, rate, bound, g + begin, w + begin);
}

template <class T>
auto Adagrad<T>::pass(const StepOptions& how) -> Pass {
  const T* const g = gradients_for(store_, how);
  return {static_cast<T>(options_.learning_rate),
          static_cast<T>(options_.eps),
          static_cast<T>(how.clip_by_value),
          g,
          accumulators().data(),
          store_.mutable_values().data()};
}

template <class T>
void Adagrad<T>::Pass::operator()(Size begin, Size end) const {
  kernels::adagrad_update(end - begin, rate, eps, bound, g + begin, m + begin, w + begin);
}

template <class T>
std::span<T> Adagrad<T>::accumulators() {
  sums_.resize(store_.values().size(), T(0));
  return sums_;
}

template <class T>
Adam<T>::Adam(ParamStore<T>& store, const Options& options) : store_(store), options_(options) {
  check_beta("beta1", options.beta1);
  check_beta("beta2", options.beta2);
  if (!(static_cast<T>(options.eps) > 0))
    fail<ValueError>("adam", "eps must be > 0, it is " + std::to_string(options.eps));
}

template <class T>
auto Adam<T>::pass(const StepOptions& how) -> Pass {
  const T* const g = gradients_for(store_, how);
  const auto [rate, beta1, beta2, eps] = options_;
  const double t = double(steps_ + 1), first = 1 - std::pow(beta1, t), second = 1 - std::pow(beta2, t);
  const kernels::AdamStep<T> step{static_cast<T>(beta1),        static_cast<T>(1 - beta1),
                                  static_cast<T>(beta2),        static_cast<T>(1 - beta2),
                                  static_cast<T>(rate / first), static_cast<T>(1 / std::sqrt(second)),
                                  static_cast<T>(eps),          static_cast<T>(how.clip_by_value)};
  return {step, g, first_moments().data(), second_moments().data(), store_.mutable_values().data()};
}

template <class T>
void Adam<T>::Pass::operator()(Size begin, Size end) const {
  kernels::adam_update(end - begin, step, g + begin, m + begin, v + begin, w + begin);
}

template <class T>
std::span<T> Adam<T>::first_moments() {
  first_.resize(store_.values().size(), T(0));
  return first_;
}

template <class T>
std::span<T> Adam<T>::second_moments() {
  second_.resize(store_.values().size(), T(0));
  return second_;
}

template <class T>
void Adam<T>::set_steps(std::int64_t steps) {
  if (steps < 0) fail<ValueError>("adam", "the number of steps must be >= 0, it is " + std::to_string(steps));
  steps_ = steps;
}

#define XGRAD_INSTANTIATE(T)                                \
  template double clip_by_norm(GradientBuffer<T>&, double); \
  template class Sgd<T>;                                    \
  template class Adagrad<T>;                                \
  template class Adam<T>;
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad
