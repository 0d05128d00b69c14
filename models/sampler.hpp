// Text drawn from a model, a character at a time.
#pragma once
#include <algorithm>

#include "char_rnn.hpp"

namespace xgrad {

/// How a character is drawn.
struct Sampling {
  double temperature = 1;  // of the logits: below 1 bolder, above 1 wilder
  Index top_k = 0;         // draw among the k most probable, of equal ones the lower ids; 0: among all
  bool argmax = false;     // take the most probable, and draw nothing
};

/// The distribution of the next character.
class NextCharacter {
 public:
  /// Throws ValueError unless the temperature is > 0 and finite and top_k >= 0.
  explicit NextCharacter(const Sampling& how);
  /// softmax(logits / temperature), cut to the top k.
  template <class T>
  void assign(std::span<const T> logits) {
    weights_.assign(logits.begin(), logits.end());
    normalise();
  }
  bool empty() const { return weights_.empty(); }
  /// By Rng::choice. Pre: not empty.
  Index draw(Rng& rng) const;

 private:
  void normalise();
  Sampling how_;
  std::vector<double> weights_;  // in double, whatever T: a sum in float misses 1 by more than choice() allows
  std::vector<double> ranked_;
};

/// Draws characters from the model's distribution. It keeps the state between them, and nothing on a tape. `Model` is a
/// CharRnn, or whatever has its step and initial_state.
template <class Model>
class Sampler {
 public:
  using T = typename Model::Value;

  /// Throws ValueError as NextCharacter does.
  Sampler(const Model& model, Rng& rng, const Sampling& how = {})
      : model_(model), rng_(rng), next_(how), state_(model.initial_state(1)) {}

  /// Reads a character that is given.
  void feed(Index id) {
    Tape<T> tape;
    const PauseGuard<T> pause(tape);
    const auto [logits, state] = model_.step({&id, 1}, constant(state_));
    std::copy_n(state.data(), state.size(), state_.data());
    next_.assign(std::span<const T>(logits.data(), std::size_t(logits.size())));
  }
  /// Draws the character after the last one fed or drawn, and feeds it. Throws ValueError where none was.
  Index next() {
    if (next_.empty()) fail<ValueError>("sample", "feed a character first");
    const Index id = next_.draw(rng_);
    feed(id);
    return id;
  }

  /// The model's state for one stream, after the last character.
  const Array<T>& state() const { return state_; }
  void set_state(const Array<T>& state) { state_ = state; }

 private:
  const Model& model_;
  Rng& rng_;
  NextCharacter next_;
  Array<T> state_;
};

}  // namespace xgrad
