// What one does with a recording: sweep it backward for numbers, or record its derivatives as more nodes.
//
// `backward(loss)` leaves numbers in leaves and parameters and uses every shortcut of the sweep. The other transforms
// walk the same nodes and call the rules' vjp or jvp, which are ops themselves; what they return is recorded like
// anything else, so it can be differentiated again, to any order.
#pragma once
#include <initializer_list>
#include <vector>

#include "../rules/linear_maps.hpp"
#include "../tape/sweep.hpp"

namespace xgrad {

/// A leaf of the current tape: a value that wants a gradient; copied.
template <class T>
Var<T> leaf(const Array<T>& value) {
  return Tape<T>::require("leaf").input("leaf", {value.data(), value.size()}, shape_of(value), true);
}
template <class T>
Var<T> leaf(std::span<const T> values, const Shape& shape) {
  return Tape<T>::require("leaf").input("leaf", values, shape, true);
}
template <Scalar T>
Var<T> leaf(T value) {
  return Tape<T>::require("leaf").input("leaf", {&value, 1}, Shape{}, true);
}

/// A value of the current tape that nobody differentiates; copied.
template <class T>
Var<T> constant(const Array<T>& value) {
  return Tape<T>::require("constant").input("constant", {value.data(), value.size()}, shape_of(value), false);
}
template <class T>
Var<T> constant(std::span<const T> values, const Shape& shape) {
  return Tape<T>::require("constant").input("constant", values, shape, false);
}
template <Scalar T>
Var<T> constant(T value) {
  return Tape<T>::require("constant").filled(Shape{}, value);
}

/// Adds d(loss)/dx to every leaf and parameter x that the loss, of one element, was computed from.
/// Throws ShapeError for a root of more elements, TapeError for a second sweep without retain_graph, for a root that
/// depends on nothing, for a parameter overwritten since its use, and for unusable handles.
template <class T>
void backward(const Var<T>& loss, const BackwardOptions& options = {});

template <class T>
void backward(const Var<T>& loss, bool) = delete;  // not a seed, and not an option without its name

/// The same for y of any shape: adds y_bar^T dy/dx. Throws ShapeError where y_bar's shape is not y's.
template <class T>
void backward(const Var<T>& y, const std::type_identity_t<Array<T>>& y_bar, const BackwardOptions& options = {});

/// Gradients as recorded Vars.
template <class T>
class Gradients {
 public:
  Gradients(const Var<T>& root, std::vector<Index> cotangents) : root_(root), cotangents_(std::move(cotangents)) {}
  /// The gradient with respect to x, of x's shape; zeros where the loss does not depend on x.
  /// Throws TapeError where x is a constant, and once the tape is cleared.
  Var<T> operator[](const Var<T>& x) const;

 private:
  Var<T> root_;
  std::vector<Index> cotangents_;  // by node id, -1 where none
};

inline constexpr struct CreateGraph {
} create_graph;

/// The backward sweep recorded as further nodes: its results can be differentiated again.
template <class T>
Gradients<T> backward(const Var<T>& loss, CreateGraph);
template <class T>
Gradients<T> backward(const Var<T>& y, const std::type_identity_t<Var<T>>& y_bar, CreateGraph);

/// backward(loss, create_graph), read at each of x.
template <class T>
std::vector<Var<T>> grad(const Var<T>& loss, std::type_identity_t<std::span<const Var<T>>> x);
template <class T>
std::vector<Var<T>> grad(const Var<T>& loss, std::initializer_list<std::type_identity_t<Var<T>>> x) {
  return grad(loss, std::span<const Var<T>>(x.begin(), x.size()));
}

/// The directional derivative of y as x moves along x_dot, recorded. Tangents have the shapes of their x.
/// Throws TapeError where an x is a constant or a parameter was overwritten since its use, ShapeError where counts or
/// shapes differ, ValueError where an x is named twice.
template <class T>
Var<T> jvp(const Var<T>& y, std::type_identity_t<std::span<const Var<T>>> x,
           std::type_identity_t<std::span<const Var<T>>> x_dot);
template <class T>
Var<T> jvp(const Var<T>& y, std::initializer_list<std::type_identity_t<Var<T>>> x,
           std::initializer_list<std::type_identity_t<Var<T>>> x_dot) {
  return jvp(y, std::span<const Var<T>>(x.begin(), x.size()), std::span<const Var<T>>(x_dot.begin(), x_dot.size()));
}

/// Adds the product of the Hessian of the loss with v to the gradients of the leaves and parameters x: reverse over
/// forward, about three times the cost of a gradient. Throws as jvp and backward do.
template <class T>
void hvp(const Var<T>& loss, std::type_identity_t<std::span<const Var<T>>> x,
         std::type_identity_t<std::span<const Var<T>>> v, const BackwardOptions& options = {}) {
  const Var<T> slope = jvp(loss, x, v);
  if (slope.requires_grad()) backward(slope, options);  // else the loss is linear in x
}

}  // namespace xgrad
