// The models of the workloads with their first weights, and what the updates are told. The one file that says which
// layers and optimisers of models/ are timed.
#pragma once
#include <xgrad/models/models.hpp>

#include "../hand/trainer.hpp"
#include "workload.hpp"

namespace bench {

using namespace xgrad;

inline hand::Training training_of(const Workload& w) {
  hand::Training training;
  training.optimizer = w.lstm() ? hand::Optimizer::adam : hand::Optimizer::adagrad;
  // A first step of either moves every weight by the rate. At H 512 Adagrad's usual 0.1 makes of the recurrence a chaos
  // in which no two roundings stay together, and tape and hand could not be held against each other.
  training.rate = 1e-3;
  return training;
}

/// f(store, model) on a new model of this workload, with first weights of which biases are not zero.
template <class T, class F>
auto with_model(const Workload& w, F f) {
  const auto go = [&](auto make) {
    auto store = std::make_unique<ParamStore<T>>();
    auto model = make(*store);
    Rng rng(1);
    for (const auto& p : named_parameters(model)) rng.fill_normal(p.parameter.mutable_value(), 0.05);
    return f(std::move(store), std::move(model));
  };
  if (w.lstm())
    return go([&](auto& store) {
      return CharLstm<T>(store, {.vocabulary = w.vocabulary, .hidden = w.hidden, .layers = w.lstm_layers});
    });
  return go([&](auto& store) { return CharRnn<T>(store, {.vocabulary = w.vocabulary, .hidden = w.hidden}); });
}

/// Clips and updates, in ranges or as one.
template <class T>
class Update {
 public:
  Update(ParamStore<T>& store, const hand::Training& t)
      : training_(t),
        adagrad_(store, {.learning_rate = t.rate, .eps = t.eps}),
        adam_(store, {.learning_rate = t.rate, .beta1 = t.b1, .beta2 = t.b2, .eps = t.eps}) {}
  template <class Ranges = OneRange>
  void step(Ranges&& ranges = Ranges()) {
    const StepOptions how{.clip_by_value = training_.bound};
    if (training_.optimizer == hand::Optimizer::adam) adam_.step(how, ranges);
    else adagrad_.step(how, ranges);
  }

 private:
  hand::Training training_;
  Adagrad<T> adagrad_;
  Adam<T> adam_;
};

/// Where the parameters of a model lie in its store.
template <class M>
hand::Layout layout_of(const M& model) {
  hand::Layout layout{{}, 0};
  for (const auto& p : named_parameters(model)) {
    layout.offsets.push_back(p.parameter.slot().offset);
    layout.size = Size(p.parameter.slot().store->values().size());
  }
  return layout;
}

}  // namespace bench
