// The character RNN as a model graph, of any cell and depth. There is no backward code here, and none is needed:
// backpropagation through time is what the tape's sweep makes of the forward loop in `loss`.
#pragma once
#include <optional>

#include "layers/gated_cells.hpp"
#include "layers/layers.hpp"

namespace xgrad {

/// What a character model makes of one character, or of several, of each stream.
template <class T>
struct CharRnnStep {
  Var<T> logits;  // (B, vocabulary), of T characters (T, B, vocabulary)
  Var<T> state;   // state_shape(B): after the last character
};

/// What it makes of a window with targets.
template <class T>
struct CharRnnLoss {
  Var<T> loss;   // (): nats, summed over time and averaged over streams
  Var<T> state;  // state_shape(B): after the last character
};

/// What a loss needs to know in training.
struct LossOptions {
  Index average_over = 0;  // where the streams are a part of a larger batch (train/shards.hpp), the size of that
  double dropout = 0;      // the probability with which an output of a layer is left out on its way up
  Rng* rng = nullptr;      // which draws what is left out; needed where anything may be
};

/// A stack of recurrent layers over characters, one-hot or embedded, with a linear output layer on the highest. One
/// layer of RnnCell over one-hot characters, the default, is min-char-rnn's model. `Cell` is RnnCell, LstmCell or
/// GruCell.
///
/// A state is one array (state_shape), whatever the cell and the number of layers; layers/state.hpp takes it apart.
template <class T, template <class> class Cell = RnnCell>
class CharRnn {
 public:
  using Value = T;

  struct Options {
    Index vocabulary;
    Index hidden = 128;  // of each layer
    Index layers = 1;
    Index embedding = 0;  // width of the characters' vectors; 0: they are one-hot
  };

  /// Throws ValueError for fewer layers than one, or a negative width.
  CharRnn(ParamStore<T>& store, const Options& options);

  /// (batch, hidden) where a state has one part, else (state_parts(), batch, hidden).
  Shape state_shape(Index batch) const;
  /// An h for each layer, and of an LSTM a c for each layer after them.
  Index state_parts() const;
  /// The state before any text: zeros.
  Array<T> initial_state(Index batch) const;

  using Step = CharRnnStep<T>;
  /// One character for each of B streams. Throws ShapeError where the state is of another shape than that.
  Step step(std::span<const Index> ids, const Var<T>& state) const;
  /// The same for T characters of B streams, ids time-major: logits (T, B, vocabulary), and the state after the last.
  /// Throws as loss does.
  Step logits(std::span<const Index> inputs, const Var<T>& state) const;

  using Loss = CharRnnLoss<T>;
  /// The loss over a window of T characters of B streams, ids time-major: inputs[t * B + b]. Of some hundred rows at a
  /// time, inputs are gathered at once, a higher layer's are one product over all their steps, and so are the output
  /// layer and the loss; what stays in the loop over single steps is what must.
  /// `state`, of state_shape(B): a constant where BPTT is to be truncated. Throws ShapeError where it has another shape
  /// or the ids do not fill whole steps of B, ValueError for an id outside the vocabulary.
  /// Dropout is between layers and before the output layer, never on the way from step to step (Zaremba, Sutskever and
  /// Vinyals 2014): of h (T, B, hidden) some hundred rows at a time, lowest layer first.
  Loss loss(std::span<const Index> inputs, std::span<const Index> targets, const Var<T>& state,
            const LossOptions& how = {}) const;

  Index vocabulary() const { return options_.vocabulary; }
  Index hidden() const { return options_.hidden; }
  Index layers() const { return options_.layers; }
  Index embedding() const { return options_.embedding; }
  void visit(auto&& f) const {
    if (embed) f("embed", *embed);
    for (const Cell<T>& cell : cells) f("rnn", cell);
    f("head", head);
  }

  std::optional<Embedding<T>> embed;  // none: characters are one-hot
  std::vector<Cell<T>> cells;         // one for each layer, lowest first
  Linear<T> head;

 private:
  using CellState = typename Cell<T>::State;
  Index batch_of(const Var<T>& state) const;
  std::vector<CellState>& take_apart(const Var<T>& state) const;
  Var<T> put_together(const std::vector<CellState>& states) const;
  void check(const char* what, std::span<const Index> ids) const;
  std::size_t check_window(std::span<const Index> inputs, const Var<T>& state) const;
  Var<T> project(std::span<const Index> ids, const Var<T>& table = {}) const;
  Var<T> table(std::size_t ids) const;
  Var<T> run(const Var<T>& rows, std::size_t batch, std::vector<CellState>& states, const LossOptions& how) const;
  Var<T> run(const Cell<T>& cell, const Vars<T>& inputs, CellState& state) const;

  // States of streams: H of 128 to 512 leave them in a second-level cache.
  static constexpr std::size_t rows_at_once = 512;

  Options options_;
};

/// The LSTM and the GRU over characters.
template <class T>
using CharLstm = CharRnn<T, LstmCell>;
template <class T>
using CharGru = CharRnn<T, GruCell>;

extern template class CharRnn<float>;
extern template class CharRnn<double>;
extern template class CharRnn<float, LstmCell>;
extern template class CharRnn<double, LstmCell>;
extern template class CharRnn<float, GruCell>;
extern template class CharRnn<double, GruCell>;

}  // namespace xgrad
