#include "char_rnn.hpp"

#include <algorithm>
#include "../autograd/core/scalars.hpp"
#include "layers/state.hpp"

namespace xgrad {

namespace {

template <class T, template <class> class Cell>
std::vector<Cell<T>> make_cells(ParamStore<T>& store, const typename CharRnn<T, Cell>::Options& options) {
  if (options.layers < 1)
    fail<ValueError>("char_rnn", "the number of layers must be >= 1, it is " + std::to_string(options.layers));
  std::vector<Cell<T>> cells;
  for (Index layer = 0; layer < options.layers; ++layer)
    cells.emplace_back(store, layer == 0 ? options.vocabulary : options.hidden, options.hidden, layer);
  return cells;
}

}  // namespace

template <class T, template <class> class Cell>
CharRnn<T, Cell>::CharRnn(ParamStore<T>& store, const Options& options)
    : cells(make_cells<T, Cell>(store, options)), head(store, options.hidden, options.vocabulary), options_(options) {}

// ---- the state

template <class T, template <class> class Cell>
Index CharRnn<T, Cell>::state_parts() const {
  return options_.layers * Index(count_parts<CellState>);
}

template <class T, template <class> class Cell>
Shape CharRnn<T, Cell>::state_shape(Index batch) const {
  const Shape part{batch, options_.hidden};
  return state_parts() == 1 ? part : part.inserted(0, state_parts());
}

template <class T, template <class> class Cell>
Array<T> CharRnn<T, Cell>::initial_state(Index batch) const {
  Array<T> state = make_array<T>(state_shape(batch));
  std::fill(state.begin(), state.end(), T(0));
  return state;
}

// B.
template <class T, template <class> class Cell>
Index CharRnn<T, Cell>::batch_of(const Var<T>& state) const {
  const Shape s = state.shape();
  const Index batch = s.rank() < 2 ? 0 : s[s.rank() - 2];
  if (s != state_shape(batch)) {
    const std::string parts = state_parts() == 1 ? "" : std::to_string(state_parts()) + ", ";
    fail<ShapeError>("char_rnn", "the state is " + s.str() + ", it should be (" + parts + "streams, " +
                                     std::to_string(options_.hidden) + ")");
  }
  return batch;
}

// A layer's own, of the model's.
template <class T, template <class> class Cell>
auto CharRnn<T, Cell>::state_of(Index layer, const Vars<T>& parts) const -> CellState {
  std::array<Var<T>, count_parts<CellState>> own;
  for (Index k = 0; k < Index(own.size()); ++k) own[std::size_t(k)] = parts[k * options_.layers + layer];
  return state_from<CellState>(own);
}

// The reverse: into the parts of the state that is left behind.
template <class T, template <class> class Cell>
void CharRnn<T, Cell>::leave(Index layer, const CellState& state, std::vector<Var<T>>& last) const {
  const auto own = parts_of(state);
  for (std::size_t k = 0; k < own.size(); ++k) last[k * std::size_t(options_.layers) + std::size_t(layer)] = own[k];
}

// Such a list, kept for its capacity, so that a training step allocates nothing; one a thread, for threads may share a
// model.
template <class T, template <class> class Cell>
std::vector<Var<T>>& CharRnn<T, Cell>::empty_last() const {
  thread_local std::vector<Var<T>> last;
  last.assign(std::size_t(state_parts()), Var<T>());
  return last;
}

// ---- one character, and a window of them

template <class T, template <class> class Cell>
auto CharRnn<T, Cell>::step(std::span<const Index> ids, const Var<T>& state) const -> Step {
  if (const Index batch = batch_of(state); Index(ids.size()) != batch)
    fail<ShapeError>("char_rnn", std::to_string(ids.size()) + " inputs for " + std::to_string(batch) + " streams");
  const Vars<T> parts = unstack_state(state);
  std::vector<Var<T>>& last = empty_last();
  Var<T> h;
  for (Index layer = 0; layer < options_.layers; ++layer) {
    const Cell<T>& cell = cells[std::size_t(layer)];
    const CellState next = cell(layer == 0 ? cell.project(ids) : cell.project(h), state_of(layer, parts));
    leave(layer, next, last);
    h = parts_of(next)[0];
  }
  return {head(h), stack_state(last)};
}

// One layer over all steps: inputs, T times (B, gates), to its h (T, B, H).
template <class T, template <class> class Cell>
Var<T> CharRnn<T, Cell>::run(Index layer, const Vars<T>& inputs, const Vars<T>& first,
                             std::vector<Var<T>>& last) const {
  const Cell<T>& cell = cells[std::size_t(layer)];
  CellState state = state_of(layer, first);
  thread_local std::vector<Var<T>> states;  // h, step by step
  states.clear();
  for (const Var<T> x : inputs) {
    state = cell(x, state);
    states.push_back(parts_of(state)[0]);
  }
  leave(layer, state, last);
  return stack(states);
}

template <class T, template <class> class Cell>
auto CharRnn<T, Cell>::loss(std::span<const Index> inputs, std::span<const Index> targets, const Var<T>& state,
                            Index average_over) const -> Loss {
  const Index count = static_cast<Index>(inputs.size()), batch = batch_of(state);
  if (batch == 0 || count % batch != 0 || targets.size() != inputs.size())
    fail<ShapeError>("char_rnn", std::to_string(inputs.size()) + " inputs and " + std::to_string(targets.size()) +
                                     " targets for " + std::to_string(batch) + " streams");
  const Vars<T> first = unstack_state(state);
  std::vector<Var<T>>& parts = empty_last();
  const Var<T> rows = cells[0].project(inputs);  // (T * B, gates)
  Var<T> h = run(0, unstack(reshape(rows, Shape{count / batch, batch, rows.shape()[1]})), first, parts);
  for (Index layer = 1; layer < options_.layers; ++layer)
    h = run(layer, unstack(cells[std::size_t(layer)].project(h)), first, parts);
  const Var<T> logits = head(h), last = stack_state(parts);  // (T, B, V)
  const T weight = T(1) / static_cast<T>(average_over > 0 ? average_over : batch);
  return {softmax_cross_entropy(logits, targets, weight), last};
}

#define XGRAD_INSTANTIATE(T)           \
  template class CharRnn<T>;           \
  template class CharRnn<T, LstmCell>; \
  template class CharRnn<T, GruCell>;
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad
