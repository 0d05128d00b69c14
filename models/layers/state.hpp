// What a recurrent cell carries from step to step, taken apart: h, and of an LSTM also c. Code that carries, saves or
// differentiates a state need not know the cell.
#pragma once
#include <vector>

#include "gated_cells.hpp"

namespace xgrad {

template <class T>
std::vector<Var<T>> parts_of(const Var<T>& h) {
  return {h};
}
template <class T>
std::vector<Var<T>> parts_of(const LstmState<T>& state) {
  return {state.h, state.c};
}

/// The state of these parts: any array of Vars, h first.
template <class State>
State state_from(const auto& parts) {
  if constexpr (requires(State state) { state.c; }) return {parts[0], parts[1]};
  else return parts[0];
}
/// How many parts a state has.
template <class State>
inline constexpr int count_parts = requires(State state) {
  state.c;
}
? 2 : 1;

/// The part that the next layer sees.
template <class T>
const Var<T>& hidden_of(const Var<T>& h) {
  return h;
}
template <class T>
const Var<T>& hidden_of(const LstmState<T>& state) {
  return state.h;
}

}  // namespace xgrad
