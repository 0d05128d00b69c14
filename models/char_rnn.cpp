#include "char_rnn.hpp"

#include <algorithm>
#include "../autograd/core/scalars.hpp"

namespace xgrad {

template <class T>
CharRnn<T>::CharRnn(ParamStore<T>& store, const Options& options)
    : cell(store, options.vocabulary, options.hidden),
      head(store, options.hidden, options.vocabulary),
      options_(options) {}

template <class T>
Array<T> CharRnn<T>::initial_state(Index batch) const {
  Array<T> h = make_array<T>({batch, options_.hidden});
  std::fill(h.begin(), h.end(), T(0));
  return h;
}

template <class T>
typename CharRnn<T>::Step CharRnn<T>::step(std::span<const Index> ids, const Var<T>& state) const {
  const Var<T> h = cell(cell.project(ids), state);
  return {head(h), h};
}

template <class T>
typename CharRnn<T>::Loss CharRnn<T>::loss(std::span<const Index> inputs, std::span<const Index> targets,
                                           const Var<T>& state) const {
  const Index count = static_cast<Index>(inputs.size()), batch = state.shape()[0];
  if (batch == 0 || count % batch != 0 || targets.size() != inputs.size())
    fail<ShapeError>("char_rnn", std::to_string(inputs.size()) + " inputs and " + std::to_string(targets.size()) +
                                     " targets for " + std::to_string(batch) + " streams");
  const Index steps = count / batch;
  const Vars<T> x = unstack(reshape(cell.project(inputs), Shape{steps, batch, options_.hidden}));  // T times (B, H)
  thread_local std::vector<Var<T>> states;  // kept for its capacity; threads may share a model
  states.clear();
  Var<T> h = state;
  for (Index t = 0; t < steps; ++t) states.push_back(h = cell(x[t], h));
  const Var<T> logits = head(stack(states));  // (T, B, V)
  return {softmax_cross_entropy(logits, targets, T(1) / static_cast<T>(batch)), h};
}

#define XGRAD_INSTANTIATE(T) template class CharRnn<T>;
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad
