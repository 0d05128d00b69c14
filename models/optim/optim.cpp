#include "optim.hpp"

#include <cmath>

#include "../../autograd/core/error.hpp"
#include "../../autograd/core/scalars.hpp"
#include "gradients.hpp"

namespace xgrad {

namespace {

// A checked step's gradients.
template <class T>
const T* gradients_for(ParamStore<T>& store, const StepOptions& how) {
  detail::check_bound(how.clip_by_value);
  return store.gradients().flat().data();
}

// A state of as many elements as the store has now; what is new is zero.
template <class T>
std::span<T> fitted(detail::FlatState<T>& state, const ParamStore<T>& store) {
  state.resize(store.values().size(), T(0));
  return state;
}

[[noreturn]] void refuse(const char* op, const char* name, const char* range, double value) {
  fail<ValueError>(op, std::string(name) + " must be " + range + ", it is " + std::to_string(value));
}

void check_fraction(const char* op, const char* name, double value) {
  if (!(value >= 0 && value < 1)) refuse(op, name, "in [0, 1)", value);
}

template <class T>
void check_eps(const char* op, double eps) {
  if (!(static_cast<T>(eps) > 0)) refuse(op, "eps", "> 0", eps);
}

template <class T>
double checked_size(const char* op, const char* name, double value) {
  if (!(value >= 0 && std::isfinite(static_cast<T>(value)))) refuse(op, name, "finite and >= 0", value);
  return value;
}

}  // namespace

template <class T>
double detail::checked_rate(const char* op, double rate) {
  return checked_size<T>(op, "learning_rate", rate);
}

template <class T>
Sgd<T>::Sgd(ParamStore<T>& store, const Options& options) : store_(store), options_(options) {
  set_learning_rate(options.learning_rate);
  check_fraction("sgd", "momentum", options.momentum);
}

template <class T>
auto Sgd<T>::pass(const StepOptions& how) -> Pass {
  const T* const g = gradients_for(store_, how);
  return {static_cast<T>(options_.learning_rate),
          static_cast<T>(options_.momentum),
          static_cast<T>(how.clip_by_value),
          g,
          momenta().data(),
          store_.mutable_values().data()};
}

template <class T>
void Sgd<T>::Pass::operator()(Size begin, Size end) const {
  if (momentum == 0) kernels::sgd_update(end - begin, rate, bound, g + begin, w + begin);
  else kernels::momentum_update(end - begin, rate, momentum, bound, g + begin, v + begin, w + begin);
}

template <class T>
std::span<T> Sgd<T>::momenta() {
  return static_cast<T>(options_.momentum) == 0 ? std::span<T>() : fitted(momenta_, store_);
}

template <class T>
Adagrad<T>::Adagrad(ParamStore<T>& store, const Options& options) : store_(store), options_(options) {
  set_learning_rate(options.learning_rate);
  check_eps<T>("adagrad", options.eps);
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
  return fitted(sums_, store_);
}

template <class T>
RmsProp<T>::RmsProp(ParamStore<T>& store, const Options& options) : store_(store), options_(options) {
  set_learning_rate(options.learning_rate);
  check_fraction("rmsprop", "decay", options.decay);
  check_eps<T>("rmsprop", options.eps);
}

template <class T>
auto RmsProp<T>::pass(const StepOptions& how) -> Pass {
  const T* const g = gradients_for(store_, how);
  const auto [rate, decay, eps] = options_;
  const kernels::RmsPropStep<T> step{static_cast<T>(decay), static_cast<T>(1 - decay), static_cast<T>(rate),
                                     static_cast<T>(eps), static_cast<T>(how.clip_by_value)};
  return {step, g, mean_squares().data(), store_.mutable_values().data()};
}

template <class T>
void RmsProp<T>::Pass::operator()(Size begin, Size end) const {
  kernels::rmsprop_update(end - begin, step, g + begin, m + begin, w + begin);
}

template <class T>
std::span<T> RmsProp<T>::mean_squares() {
  return fitted(means_, store_);
}

template <class T>
Adam<T>::Adam(const char* name, ParamStore<T>& store, const Options& options, double weight_decay)
    : name_(name), store_(store), options_(options), weight_decay_(weight_decay) {
  set_learning_rate(options.learning_rate);
  check_fraction(name, "beta1", options.beta1);
  check_fraction(name, "beta2", options.beta2);
  check_eps<T>(name, options.eps);
  checked_size<T>(name, "weight_decay", weight_decay);
}

template <class T>
auto Adam<T>::pass(const StepOptions& how) -> Pass {
  const T* const g = gradients_for(store_, how);
  const auto [rate, beta1, beta2, eps] = options_;
  const double t = double(steps_ + 1), first = 1 - std::pow(beta1, t), second = 1 - std::pow(beta2, t);
  const kernels::AdamStep<T> step{
      static_cast<T>(beta1),     static_cast<T>(1 - beta1),         static_cast<T>(beta2),
      static_cast<T>(1 - beta2), static_cast<T>(rate / first),      static_cast<T>(1 / std::sqrt(second)),
      static_cast<T>(eps),       static_cast<T>(how.clip_by_value), static_cast<T>(1 - rate * weight_decay_)};
  return {step, g, first_moments().data(), second_moments().data(), store_.mutable_values().data()};
}

template <class T>
void Adam<T>::Pass::operator()(Size begin, Size end) const {
  kernels::adam_update(end - begin, step, g + begin, m + begin, v + begin, w + begin);
}

template <class T>
std::span<T> Adam<T>::first_moments() {
  return fitted(first_, store_);
}

template <class T>
std::span<T> Adam<T>::second_moments() {
  return fitted(second_, store_);
}

template <class T>
void Adam<T>::set_steps(std::int64_t steps) {
  if (steps < 0) fail<ValueError>(name_, "the number of steps must be >= 0, it is " + std::to_string(steps));
  steps_ = steps;
}

#define XGRAD_INSTANTIATE(T)                                    \
  template double detail::checked_rate<T>(const char*, double); \
  template class Sgd<T>;                                        \
  template class Adagrad<T>;                                    \
  template class RmsProp<T>;                                    \
  template class Adam<T>;                                       \
  template class AdamW<T>;
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad
