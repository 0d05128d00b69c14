// Text drawn from a model, a character at a time.
#pragma once
#include "char_rnn.hpp"

namespace xgrad {

/// Draws characters from the model's distribution at this temperature, by Rng::choice. It keeps the state between
/// them, and nothing on a tape. Throws ValueError unless temperature > 0 is finite.
template <class T, template <class> class Cell = RnnCell>
class Sampler {
 public:
  Sampler(const CharRnn<T, Cell>& model, Rng& rng, double temperature = 1.0);
  /// Feeds a character without drawing.
  void feed(Index id);
  /// Draws the character after the last one fed or drawn, and feeds it.
  Index next();

  /// The model's state for one stream, after the last character.
  const Array<T>& state() const { return state_; }
  void set_state(const Array<T>& state) { state_ = state; }

 private:
  const CharRnn<T, Cell>& model_;
  Rng& rng_;
  double temperature_;
  Array<T> state_;
  std::vector<double> weights_;  // the distribution of the next character
};

extern template class Sampler<float>;
extern template class Sampler<double>;
extern template class Sampler<float, LstmCell>;
extern template class Sampler<double, LstmCell>;
extern template class Sampler<float, GruCell>;
extern template class Sampler<double, GruCell>;

}  // namespace xgrad
