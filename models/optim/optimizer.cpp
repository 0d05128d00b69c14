#include "optimizer.hpp"

#include <algorithm>

#include "../../autograd/core/error.hpp"
#include "../../autograd/core/scalars.hpp"

namespace xgrad {

namespace {

constexpr std::array<std::string_view, optimizer_kinds.size()> names = {"sgd", "adagrad", "rmsprop", "adam", "adamw"};

template <class Options>
double eps_of(const OptimizerSettings& settings) {
  return settings.eps.value_or(Options().eps);
}

template <class T>
std::vector<OptimizerState<T>> state_of(Sgd<T>& sgd) {
  if (sgd.momenta().empty()) return {};
  return {{"momentum", sgd.momenta()}};
}
template <class T>
std::vector<OptimizerState<T>> state_of(Adagrad<T>& adagrad) {
  return {{"sum_of_squares", adagrad.accumulators()}};
}
template <class T>
std::vector<OptimizerState<T>> state_of(RmsProp<T>& rmsprop) {
  return {{"mean_square", rmsprop.mean_squares()}};
}
template <class T>
std::vector<OptimizerState<T>> state_of(Adam<T>& adam) {  // and AdamW
  return {{"first_moment", adam.first_moments()}, {"second_moment", adam.second_moments()}};
}

}  // namespace

std::string_view name_of(OptimizerKind kind) { return names[static_cast<std::size_t>(kind)]; }

OptimizerKind optimizer_kind(std::string_view name) {
  const auto at = std::find(names.begin(), names.end(), name);
  if (at == names.end())
    fail<ValueError>("optimizer",
                     "\"" + std::string(name) + "\" is none; there are sgd, adagrad, rmsprop, adam and adamw");
  return optimizer_kinds[static_cast<std::size_t>(at - names.begin())];
}

template <class T>
auto Optimizer<T>::make(ParamStore<T>& store, const OptimizerSettings& s) -> Any {
  const double rate = s.learning_rate;
  switch (s.kind) {
    case OptimizerKind::sgd:
      return Sgd<T>(store, {rate, s.momentum});
    case OptimizerKind::adagrad:
      return Adagrad<T>(store, {rate, eps_of<typename Adagrad<T>::Options>(s)});
    case OptimizerKind::rmsprop:
      return RmsProp<T>(store, {rate, s.decay, eps_of<typename RmsProp<T>::Options>(s)});
    case OptimizerKind::adam:
      return Adam<T>(store, {rate, s.beta1, s.beta2, eps_of<typename Adam<T>::Options>(s)});
    case OptimizerKind::adamw:
      break;
  }
  return AdamW<T>(store, {rate, s.beta1, s.beta2, eps_of<typename AdamW<T>::Options>(s), s.weight_decay});
}

template <class T>
Optimizer<T>::Optimizer(ParamStore<T>& store, const OptimizerSettings& settings) : any_(make(store, settings)) {}

template <class T>
double Optimizer<T>::learning_rate() const {
  return std::visit([](const auto& optimizer) { return optimizer.learning_rate(); }, any_);
}

template <class T>
void Optimizer<T>::set_learning_rate(double rate) {
  std::visit([rate](auto& optimizer) { optimizer.set_learning_rate(rate); }, any_);
}

template <class T>
std::vector<OptimizerState<T>> Optimizer<T>::state() {
  return std::visit([](auto& optimizer) { return state_of(optimizer); }, any_);
}

template <class T>
std::int64_t Optimizer<T>::steps() const {
  return std::visit(
      [](const auto& optimizer) -> std::int64_t {
        if constexpr (requires { optimizer.steps(); }) return optimizer.steps();
        else return 0;
      },
      any_);
}

template <class T>
void Optimizer<T>::set_steps(std::int64_t steps) {
  std::visit(
      [this, steps](auto& optimizer) {
        if constexpr (requires { optimizer.set_steps(steps); }) optimizer.set_steps(steps);
        else if (steps != 0)
          fail<ValueError>(name_of(kind()), "the number of steps is always 0, it cannot be " + std::to_string(steps));
      },
      any_);
}

#define XGRAD_INSTANTIATE(T) template class Optimizer<T>;
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad
