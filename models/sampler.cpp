#include "sampler.hpp"

#include <algorithm>
#include <cmath>

#include "../autograd/core/scalars.hpp"

namespace xgrad {

template <class T, template <class> class Cell>
Sampler<T, Cell>::Sampler(const CharRnn<T, Cell>& model, Rng& rng, double temperature)
    : model_(model), rng_(rng), temperature_(temperature), state_(model.initial_state(1)) {
  if (!(temperature > 0) || !std::isfinite(temperature))
    fail<ValueError>("sample", "the temperature must be a finite number > 0, it is " + std::to_string(temperature));
}

template <class T, template <class> class Cell>
void Sampler<T, Cell>::feed(Index id) {
  Tape<T> tape;
  const PauseGuard<T> pause(tape);
  const auto [logits, state] = model_.step({&id, 1}, constant(state_));
  std::copy_n(state.data(), state.size(), state_.data());
  weights_.assign(logits.data(), logits.data() + logits.size());
  const double top = *std::max_element(weights_.begin(), weights_.end());
  double total = 0;  // in double, whatever T: a sum in float misses 1 by more than choice() allows
  for (double& w : weights_) total += w = std::exp((w - top) / temperature_);
  for (double& w : weights_) w /= total;
}

template <class T, template <class> class Cell>
Index Sampler<T, Cell>::next() {
  if (weights_.empty()) fail<ValueError>("sample", "feed a character first");
  const Index id = rng_.choice(weights_);
  feed(id);
  return id;
}

#define XGRAD_INSTANTIATE(T)           \
  template class Sampler<T>;           \
  template class Sampler<T, LstmCell>; \
  template class Sampler<T, GruCell>;
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad
