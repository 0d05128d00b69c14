// Any of the optimisers, chosen at run time: what a program has whose user names one. Where the choice is known when
// the program is written, the classes of optim.hpp are enough.
#pragma once
#include <array>
#include <optional>
#include <string_view>
#include <variant>

#include "optim.hpp"

namespace xgrad {

enum class OptimizerKind { sgd, adagrad, rmsprop, adam, adamw };

inline constexpr std::array optimizer_kinds = {OptimizerKind::sgd, OptimizerKind::adagrad, OptimizerKind::rmsprop,
                                               OptimizerKind::adam, OptimizerKind::adamw};

/// "sgd", "adagrad", "rmsprop", "adam" or "adamw".
std::string_view name_of(OptimizerKind kind);
/// The kind of that name. Throws ValueError where there is none.
OptimizerKind optimizer_kind(std::string_view name);

/// Options of all kinds; each takes those that it has, and looks at no others.
struct OptimizerSettings {
  OptimizerKind kind = OptimizerKind::adam;
  double learning_rate = 1e-3;
  double momentum = 0;                // sgd
  double decay = 0.99;                // rmsprop
  double beta1 = 0.9, beta2 = 0.999;  // adam, adamw
  std::optional<double> eps{};        // all but sgd; where there is none, the class's own default
  double weight_decay = 0.01;         // adamw
};

/// One array of an optimiser's state, in the layout of the store.
template <class T>
struct OptimizerState {
  std::string_view name;  // "momentum", "sum_of_squares", "mean_square", "first_moment" or "second_moment"
  std::span<T> values;
};

template <class T>
class Optimizer {
 public:
  /// Throws ValueError as the constructor of that kind's class does.
  Optimizer(ParamStore<T>& store, const OptimizerSettings& settings);

  /// What the step of that class is: see optim.hpp.
  template <class Ranges = OneRange>
  void step(const StepOptions& how = {}, Ranges&& ranges = Ranges()) {
    std::visit([&](auto& optimizer) { optimizer.step(how, ranges); }, any_);
  }

  OptimizerKind kind() const { return static_cast<OptimizerKind>(any_.index()); }
  double learning_rate() const;
  /// For the next step on. Throws ValueError unless the rate is finite and >= 0.
  void set_learning_rate(double rate);

  /// What must be saved, with steps(), for training to go on as if it had not been interrupted; to restore it, write to
  /// the arrays. They are as long as the store's values, and stay where they are until the store grows.
  std::vector<OptimizerState<T>> state();
  /// The steps that have been taken, where the formula depends on their number; 0 for sgd, adagrad and rmsprop.
  std::int64_t steps() const;
  /// Throws ValueError for a negative number, and, where the formula does not depend on it, for any but 0.
  void set_steps(std::int64_t steps);

 private:
  using Any = std::variant<Sgd<T>, Adagrad<T>, RmsProp<T>, Adam<T>, AdamW<T>>;  // in the order of OptimizerKind
  static Any make(ParamStore<T>& store, const OptimizerSettings& settings);

  Any any_;
};

extern template class Optimizer<float>;
extern template class Optimizer<double>;

}  // namespace xgrad
