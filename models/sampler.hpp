// Text drawn from a model, a character at a time.
#pragma once
#include "char_rnn.hpp"

namespace xgrad {

/// Draws n characters from the model's distribution at this temperature, one after the other, the first following
/// `id`. `state` (1, hidden) is left after the last. Draws by Rng::choice, one a character. The tape is cleared at
/// every step. Throws ValueError unless temperature > 0 is finite.
template <class T>
class Sampler {
 public:
  Sampler(const CharRnn<T>& model, Rng& rng, double temperature = 1.0);
  /// Feeds a character without drawing.
  void feed(Index id);
  /// Draws the character after the last one fed or drawn, and feeds it.
  Index next();

  const Array<T>& state() const { return state_; }
  void set_state(const Array<T>& state) { state_ = state; }

 private:
  const CharRnn<T>& model_;
  Rng& rng_;
  double temperature_;
  Array<T> state_;
  std::vector<double> weights_;  // the distribution of the next character
};

extern template class Sampler<float>;
extern template class Sampler<double>;

}  // namespace xgrad
