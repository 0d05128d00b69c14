// A character model whose cell is chosen when the program runs. What it does is CharRnn's; this file only passes the
// calls on to the one that there is.
#pragma once
#include <algorithm>
#include <cmath>
#include <span>
#include <variant>
#include <xgrad/models/models.hpp>

#include "../settings/settings.hpp"

namespace char_rnn {

/// What a model is made of.
struct Architecture {
  ModelKind kind = ModelKind::rnn;
  xgrad::Index vocabulary = 0, hidden = 0, layers = 1, embedding = 0;
  friend bool operator==(const Architecture&, const Architecture&) = default;
};

inline Architecture architecture_of(const Settings& s, xgrad::Index vocabulary) {
  return {s.model, vocabulary, s.hidden, s.layers, s.embedding};
}

/// How many weights such a model has; a double, as it may be more than any machine could hold.
double count_weights(const Architecture& a);

template <class T>
class BasicModel {
 public:
  using Value = T;

  BasicModel(xgrad::ParamStore<T>& store, const Architecture& a) : architecture_(a), model_(make(store, a)) {}

  const Architecture& architecture() const { return architecture_; }
  xgrad::Index layers() const { return architecture_.layers; }
  xgrad::Shape state_shape(xgrad::Index batch) const {
    return with([&](const auto& m) { return m.state_shape(batch); });
  }
  xgrad::Index state_parts() const {
    return with([](const auto& m) { return m.state_parts(); });
  }
  xgrad::Array<T> initial_state(xgrad::Index batch) const {
    return with([&](const auto& m) { return m.initial_state(batch); });
  }
  xgrad::CharRnnStep<T> step(std::span<const xgrad::Index> ids, const xgrad::Var<T>& state) const {
    return with([&](const auto& m) { return m.step(ids, state); });
  }
  xgrad::CharRnnStep<T> logits(std::span<const xgrad::Index> inputs, const xgrad::Var<T>& state) const {
    return with([&](const auto& m) { return m.logits(inputs, state); });
  }
  xgrad::CharRnnLoss<T> loss(std::span<const xgrad::Index> inputs, std::span<const xgrad::Index> targets,
                             const xgrad::Var<T>& state, const xgrad::LossOptions& how = {}) const {
    return with([&](const auto& m) { return m.loss(inputs, targets, state, how); });
  }
  void visit(auto&& f) const {
    with([&](const auto& m) { m.visit(f); });
  }
  /// f(model): a CharRnn<T, Cell>.
  template <class F>
  decltype(auto) with(F&& f) const {
    return std::visit(f, model_);
  }

 private:
  using Any = std::variant<xgrad::CharRnn<T>, xgrad::CharLstm<T>, xgrad::CharGru<T>>;
  static Any make(xgrad::ParamStore<T>& store, const Architecture& a) {
    if (a.kind == ModelKind::lstm) return xgrad::CharLstm<T>(store, {a.vocabulary, a.hidden, a.layers, a.embedding});
    if (a.kind == ModelKind::gru) return xgrad::CharGru<T>(store, {a.vocabulary, a.hidden, a.layers, a.embedding});
    return xgrad::CharRnn<T>(store, {a.vocabulary, a.hidden, a.layers, a.embedding});
  }

  Architecture architecture_;
  Any model_;
};

using Model = BasicModel<float>;

inline bool all_finite(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(), [](float x) { return std::isfinite(x); });
}

}  // namespace char_rnn
