// A character model of any recurrent cell: CharRnn with the cell as an argument.
#pragma once
#include <xgrad/models/models.hpp>

template <class T, template <class> class Cell>
struct Recurrent {
  using Value = T;
  using State = typename Cell<T>::State;
  struct Options {
    xgrad::Index vocabulary, hidden;
  };
  struct Loss {
    xgrad::Var<T> loss;
    State state;
  };

  Cell<T> cell;
  xgrad::Linear<T> head;

  Recurrent(xgrad::ParamStore<T>& store, const Options& o)
      : cell(store, o.vocabulary, o.hidden), head(store, o.hidden, o.vocabulary) {}

  /// As CharRnn::loss: ids time-major, nats summed over time and averaged over streams.
  Loss loss(std::span<const xgrad::Index> inputs, std::span<const xgrad::Index> targets, State state) const {
    const xgrad::Index batch = hidden_of(state).shape()[0], steps = xgrad::Index(inputs.size()) / batch;
    const xgrad::Var<T> projected = cell.project(inputs);
    const xgrad::Vars<T> x = unstack(reshape(projected, xgrad::Shape{steps, batch, projected.shape()[1]}));
    thread_local std::vector<xgrad::Var<T>> hidden_states;  // kept for its capacity; threads may share a model
    hidden_states.clear();
    for (xgrad::Index t = 0; t < steps; ++t) {
      state = cell(x[t], state);
      hidden_states.push_back(hidden_of(state));
    }
    const xgrad::Var<T> logits = head(stack(hidden_states));  // (T, B, V)
    return {softmax_cross_entropy(logits, targets, T(1) / static_cast<T>(batch)), state};
  }

  struct Step {
    xgrad::Var<T> logits;
    State state;
  };
  /// One character for each of B streams.
  Step step(std::span<const xgrad::Index> ids, const State& state) const {
    const State next = cell(cell.project(ids), state);
    return {head(hidden_of(next)), next};
  }

  void visit(auto&& f) const {
    f("rnn", cell);
    f("head", head);
  }
};
