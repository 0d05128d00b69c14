// The character RNN as a model graph. There is no backward code here, and none is needed: backpropagation through time
// is what the tape's sweep makes of the forward loop in `loss`.
#pragma once
#include "layers/layers.hpp"

namespace xgrad {

/// A tanh RNN over one-hot characters with a linear output layer: min-char-rnn's model.
template <class T>
class CharRnn {
 public:
  using Value = T;
  using State = Var<T>;  // (B, hidden)

  struct Options {
    Index vocabulary;
    Index hidden = 128;
  };

  CharRnn(ParamStore<T>& store, const Options& options);

  /// The state before any text: zeros, (batch, hidden).
  Array<T> initial_state(Index batch) const;

  struct Step {
    Var<T> logits;  // (B, vocabulary)
    Var<T> state;   // (B, hidden)
  };
  /// One character for each of B streams.
  Step step(std::span<const Index> ids, const Var<T>& state) const;

  struct Loss {
    Var<T> loss;   // (): nats, summed over time and averaged over streams
    Var<T> state;  // (B, hidden): after the last character
  };
  /// The loss over a window of T characters of B streams, ids time-major: inputs[t * B + b]. All inputs are gathered at
  /// once, and there is one output layer and one loss over all steps; what stays in the loop is what must.
  /// `state` (B, hidden): a constant where BPTT is to be truncated. Throws ShapeError where the ids do not fill whole
  /// steps of B, ValueError for an id outside the vocabulary.
  Loss loss(std::span<const Index> inputs, std::span<const Index> targets, const Var<T>& state) const;

  Index vocabulary() const { return options_.vocabulary; }
  Index hidden() const { return options_.hidden; }
  void visit(auto&& f) const {
    f("rnn", cell);
    f("head", head);
  }

  RnnCell<T> cell;
  Linear<T> head;

 private:
  Options options_;
};

extern template class CharRnn<float>;
extern template class CharRnn<double>;

}  // namespace xgrad
