// What recurrent cells carry from step to step, taken apart and put together. Code that carries, saves or
// differentiates a state need not know the cell.
//
// A cell's state is a type of its own: h, and of an LSTM also c. A model's state, of all its layers, is one array, so
// that it is carried, saved and restored as one: (B, H) where it has one part, as that of one tanh or GRU layer, else
// (parts, B, H): the h of every layer, lowest first, then the c of every layer. These are PyTorch's h_0 and c_0, one
// after the other.
#pragma once
#include <array>
#include <utility>
#include <vector>

#include "gated_cells.hpp"

namespace xgrad {

/// The parts of a cell's state, each (B, H), h first.
template <class T>
std::array<Var<T>, 1> parts_of(const Var<T>& h) {
  return {h};
}
template <class T>
std::array<Var<T>, 2> parts_of(const LstmState<T>& state) {
  return {state.h, state.c};
}

/// How many parts a cell's state has.
template <class State>
inline constexpr std::size_t count_parts = std::tuple_size_v<decltype(parts_of(std::declval<const State&>()))>;

/// A cell's state of its parts.
template <class State>
State state_from(const auto& parts) {
  if constexpr (count_parts<State> == 2) return {parts[0], parts[1]};
  else return parts[0];
}

/// The parts of a model's state, each (B, H). Throws ShapeError for a scalar.
template <class T>
Vars<T> unstack_state(const Var<T>& state) {
  return state.rank() == 2 ? Vars<T>(state, 1) : unstack(state);
}

/// A model's state of its parts. Throws ShapeError where they differ in shape, ValueError for none.
template <class T>
Var<T> stack_state(const std::vector<Var<T>>& parts) {
  return parts.size() == 1 ? parts[0] : stack(parts);
}

}  // namespace xgrad
