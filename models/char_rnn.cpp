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
  const Index lowest = options.embedding > 0 ? options.embedding : options.vocabulary;
  std::vector<Cell<T>> cells;
  for (Index layer = 0; layer < options.layers; ++layer)
    cells.emplace_back(store, layer == 0 ? lowest : options.hidden, options.hidden, layer);
  return cells;
}

template <class T>
std::optional<Embedding<T>> make_embedding(ParamStore<T>& store, Index vocabulary, Index width) {
  if (width < 0)
    fail<ValueError>("char_rnn", "the width of the embedding must be >= 0, it is " + std::to_string(width));
  if (width == 0) return std::nullopt;
  return Embedding<T>(store, vocabulary, width);
}

}  // namespace

template <class T, template <class> class Cell>
CharRnn<T, Cell>::CharRnn(ParamStore<T>& store, const Options& options)
    : embed(make_embedding(store, options.vocabulary, options.embedding)),
      cells(make_cells<T, Cell>(store, options)),
      head(store, options.hidden, options.vocabulary),
      options_(options) {}

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

// The state of each layer, lowest first, of the model's. A list kept for its capacity, so that a training step
// allocates nothing; one a thread, for threads may share a model.
template <class T, template <class> class Cell>
auto CharRnn<T, Cell>::take_apart(const Var<T>& state) const -> std::vector<CellState>& {
  thread_local std::vector<CellState> states;
  states.clear();
  const Vars<T> parts = unstack_state(state);
  for (Index layer = 0; layer < options_.layers; ++layer) {
    std::array<Var<T>, count_parts<CellState>> own;
    for (Index k = 0; k < Index(own.size()); ++k) own[std::size_t(k)] = parts[k * options_.layers + layer];
    states.push_back(state_from<CellState>(own));
  }
  return states;
}

// The reverse.
template <class T, template <class> class Cell>
Var<T> CharRnn<T, Cell>::put_together(const std::vector<CellState>& states) const {
  thread_local std::vector<Var<T>> parts;
  parts.clear();
  for (std::size_t k = 0; k < count_parts<CellState>; ++k)
    for (const CellState& state : states) parts.push_back(parts_of(state)[k]);
  return stack_state(parts);
}

// ---- one character, and a window of them

template <class T, template <class> class Cell>
auto CharRnn<T, Cell>::step(std::span<const Index> ids, const Var<T>& state) const -> Step {
  if (const Index batch = batch_of(state); Index(ids.size()) != batch)
    fail<ShapeError>("char_rnn", std::to_string(ids.size()) + " inputs for " + std::to_string(batch) + " streams");
  std::vector<CellState>& states = take_apart(state);
  Var<T> h;
  for (std::size_t layer = 0; layer < cells.size(); ++layer) {
    states[layer] = cells[layer](layer == 0 ? project(ids) : cells[layer].project(h), states[layer]);
    h = parts_of(states[layer])[0];
  }
  return {head(h), put_together(states)};
}

// What the lowest layer's inputs contribute, a row for each id: rows of the table where there is one.
template <class T, template <class> class Cell>
Var<T> CharRnn<T, Cell>::project(std::span<const Index> ids, const Var<T>& table) const {
  if (table) return xgrad::embedding(table, ids);
  return embed ? cells[0].project((*embed)(ids)) : cells[0].project(ids);
}

// What each character contributes there, for a window of more ids than there are characters; else none.
template <class T, template <class> class Cell>
Var<T> CharRnn<T, Cell>::table(std::size_t ids) const {
  if (static_cast<Index>(ids) <= options_.vocabulary) return {};
  return embed ? cells[0].project(Var<T>(embed->weight)) : cells[0].table();
}

// One layer over some steps: inputs, T times (B, gates), to its h (T, B, H). Leaves the last state.
template <class T, template <class> class Cell>
Var<T> CharRnn<T, Cell>::run(const Cell<T>& cell, const Vars<T>& inputs, CellState& state) const {
  thread_local std::vector<Var<T>> h;
  h.clear();
  for (const Var<T> x : inputs) {
    state = cell(x, state);
    h.push_back(parts_of(state)[0]);
  }
  return stack(h);
}

// The logits (T, B, V) of some steps, of whose projected inputs `rows` (T * B, gates) are; leaves the last states.
template <class T, template <class> class Cell>
Var<T> CharRnn<T, Cell>::run(const Var<T>& rows, std::size_t batch, std::vector<CellState>& states,
                             const LossOptions& how) const {
  const Index streams = static_cast<Index>(batch);
  const Shape steps{rows.shape()[0] / streams, streams, rows.shape()[1]};
  Var<T> h = run(cells[0], unstack(reshape(rows, steps)), states[0]);
  const auto up = [&how](const Var<T>& x) { return how.dropout != 0 ? dropout(x, how.dropout, *how.rng) : x; };
  for (std::size_t layer = 1; layer < cells.size(); ++layer)
    h = run(cells[layer], unstack(cells[layer].project(up(h))), states[layer]);
  return head(up(h));
}

template <class T, template <class> class Cell>
void CharRnn<T, Cell>::check(const char* what, std::span<const Index> ids) const {
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (ids[i] < 0 || ids[i] >= options_.vocabulary)
      fail<ValueError>("char_rnn", std::string(what) + " " + std::to_string(ids[i]) + " at position " +
                                       std::to_string(i) + " is outside the vocabulary of " +
                                       std::to_string(options_.vocabulary));
}

// B, which the inputs fill whole steps of.
template <class T, template <class> class Cell>
std::size_t CharRnn<T, Cell>::check_window(std::span<const Index> inputs, const Var<T>& state) const {
  const std::size_t count = inputs.size(), batch = static_cast<std::size_t>(batch_of(state));
  if (batch == 0 || count == 0 || count % batch != 0)
    fail<ShapeError>("char_rnn", std::to_string(count) + " inputs for " + std::to_string(batch) + " streams");
  check("input", inputs);
  return batch;
}

template <class T, template <class> class Cell>
auto CharRnn<T, Cell>::logits(std::span<const Index> inputs, const Var<T>& state) const -> Step {
  const std::size_t batch = check_window(inputs, state);
  std::vector<CellState>& states = take_apart(state);
  const Var<T> scores = run(project(inputs, table(inputs.size())), batch, states, {});
  return {scores, put_together(states)};
}

// Some steps at a time: from the projected inputs to the loss, what they need is read while it is in the cache.
template <class T, template <class> class Cell>
auto CharRnn<T, Cell>::loss(std::span<const Index> inputs, std::span<const Index> targets, const Var<T>& state,
                            const LossOptions& how) const -> Loss {
  const std::size_t count = inputs.size();
  if (targets.size() != count)
    fail<ShapeError>("char_rnn", std::to_string(count) + " inputs and " + std::to_string(targets.size()) + " targets");
  const std::size_t batch = check_window(inputs, state);
  check("target", targets);
  if (how.dropout != 0 && !how.rng) fail<ValueError>("char_rnn", "dropout needs an Rng");
  const T weight = T(1) / static_cast<T>(how.average_over > 0 ? how.average_over : static_cast<Index>(batch));
  const std::size_t some = std::max(rows_at_once / batch, std::size_t(1)) * batch;
  std::vector<CellState>& states = take_apart(state);
  const Var<T> each = table(count);
  Var<T> all;
  for (std::size_t at = 0; at < count; at += some) {
    const std::size_t rows = std::min(some, count - at);
    const Var<T> logits = run(project(inputs.subspan(at, rows), each), batch, states, how);
    const Var<T> loss = softmax_cross_entropy(logits, targets.subspan(at, rows), weight);
    all = at == 0 ? loss : all + loss;
  }
  return {all, put_together(states)};
}

#define XGRAD_INSTANTIATE(T)           \
  template class CharRnn<T>;           \
  template class CharRnn<T, LstmCell>; \
  template class CharRnn<T, GruCell>;
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad
