// What edits of more than a line call. Included at the top of every edited file, so nothing of the library is included
// here: templates find what they need where they are used.
#pragma once
#include <array>
#include <cmath>
#include <complex>
#include <string_view>
#include <type_traits>
#include <vector>

#include "mutant.hpp"

namespace xgrad::mutants {

// ---- shapes

/// Whether the last two axes have the same length: only there does a product without its transpose have a shape.
bool square(const auto& shape) {
  const int rank = shape.rank();
  return rank >= 2 && shape[rank - 1] == shape[rank - 2];
}

template <class S>
S reversed(const S& shape) {
  S out = shape;
  for (int axis = 0; axis < shape.rank(); ++axis) out.set(axis, shape[shape.rank() - 1 - axis]);
  return out;
}

/// Mutant 24: `to`, which (n, n) is summed to, with its axis in the other place.
template <class S>
S turned(const S& to, const S& from) {
  if (!mutant(24) || from.rank() != 2 || !square(from) || to.size() != from[0]) return to;
  const auto n = from[0];
  return to.rank() == 2 && to[1] == 1 ? S{1, n} : S{n, 1};
}

// ---- mutant 11

/// How often the sweep comes to a node: twice, where several nodes up to the root use it.
template <class Tape, class Index>
int visits(const Tape& tape, Index root, Index id) {
  if (!mutant(11)) return 1;
  int uses = 0;
  for (Index user = id + 1; user <= root; ++user)
    for (const Index in : tape.inputs(user)) uses += in == id;
  return uses > 1 ? 2 : 1;
}

// ---- mutants 45 and 48

template <class T, class Size>
std::vector<T> seed(const T* y_bar, Size n) {
  std::vector<T> out(y_bar, y_bar + n);
  for (T& v : out) v = mutant(48) ? T(1) : mutant(45) ? v * T(1 + 5e-6) : v;
  return out;
}

// ---- mutants 44 and 46: a gradient that is complete

inline float through_float(float x) { return x; }
inline double through_float(double x) { return double(float(x)); }
inline std::complex<double> through_float(std::complex<double> x) {
  return {through_float(x.real()), through_float(x.imag())};
}

template <class T, class Size>
void spoil(T* gradient, Size n) {
  for (Size i = 0; i < n; ++i) {
    if (mutant(44) && std::abs(gradient[i]) < 1e-5) gradient[i] = T(0);
    if (mutant(46)) gradient[i] = through_float(gradient[i]);
  }
}

// ---- mutants 18 and 36: the states around a step, h' = affine_tanh(h, w, x)

template <class Tape, class Index>
bool is(const Tape& tape, Index id, std::string_view rule) {
  return tape.node(id).rule && tape.node(id).rule->name == rule;
}

/// Whether node id is such a step, from one state to another of its size.
template <class Tape, class Index>
bool is_step(const Tape& tape, Index id) {
  return is(tape, id, "affine_tanh") && tape.node(tape.inputs(id)[0]).size() == tape.node(id).size();
}

// ---- mutants 23 and 123

/// a's share of the derivative of maximum(a, b): all of it where they tie, or nothing.
auto tied(const auto& a, const auto& b) {
  const auto some = heaviside(a - b), all = 1.0 - heaviside(b - a);
  return mutant(23) ? all : some;
}

// ---- mutants 26 to 29: where a gradient is put

/// The place moved to the start of its array; where it runs backward it must stay.
template <class Place>
Place at_start(Place place) {
  for (int axis = 0; axis < place.part.rank(); ++axis)
    if (place.steps[std::size_t(axis)] < 0) return place;
  place.offset = 0;
  return place;
}

/// The piece that input i gets: where all inputs have one shape, that of its opposite number.
int piece(const auto& node, int i) {
  for (int k = 0; k < node.count(); ++k)
    if (!mutant(27) || node.shape(k) != node.shape(0)) return i;
  return node.count() - 1 - i;
}

/// Whether a later row has the id of row i.
bool overwritten(const auto& ids, auto i) {
  for (auto later = i + 1; later < ids.count; ++later)
    if (ids.at[later] == ids.at[i]) return true;
  return false;
}

template <class T, class Size>
void add_last_rows(const auto& ids, Size n, const T* x, T* out) {
  for (decltype(ids.count) i = 0; i < ids.count; ++i)
    for (Size k = 0; k < n && !overwritten(ids, i); ++k) out[ids.at[i] * n + k] += x[i * n + k];
}

/// The row-major offset of the k-th element in column-major order.
auto at_column(auto k, const auto& shape) {
  auto offset = k;
  offset = 0;
  auto stride = shape.size();
  for (int axis = 0; axis < shape.rank(); ++axis) {
    stride /= shape[axis];
    offset += k % shape[axis] * stride;
    k /= shape[axis];
  }
  return offset;
}

template <class T>
void reshape_by_columns(auto& p) {
  const T* const y_bar = p.y_bar();
  const auto x_bar = p.into_own(0);
  if (!x_bar) return;
  for (auto k = p.size() - 1; k >= 0; --k) {
    T& to = x_bar.data()[at_column(k, p.shape(0))];
    to = (x_bar.add() ? to : T(0)) + y_bar[at_column(k, p.shape())];
  }
}

}  // namespace xgrad::mutants
