// Reductions over axes. Without axes, over all of them; `keep_dims` leaves each as an axis of length 1.
#pragma once
#include <initializer_list>
#include <vector>

#include "../../autograd/tape/var.hpp"
#include "../op_info.hpp"

namespace xgrad {

/// Which axes to reduce: `0`, `-1`, `{0, 2}`, or all of them.
class Axes {
 public:
  Axes() = default;                                              // all
  Axes(int axis) : axes_{axis}, all_(false) {}                   // NOLINT: sum(x, 0) reads well
  Axes(std::initializer_list<int> a) : axes_(a), all_(false) {}  // NOLINT
  /// Which of the axes of `shape` are meant. Throws ShapeError naming `op` for a missing or repeated axis.
  std::vector<bool> resolve(const char* op, const Shape& shape) const;

 private:
  std::vector<int> axes_;
  bool all_ = true;
};

/// The sum; 0 over an axis of length 0. VJP: y_bar repeated along the reduced axes.
template <class T>
Var<T> sum(const Var<T>& x, const Axes& axes = {}, bool keep_dims = false);
/// The sum divided by the number of elements summed. Throws ValueError over no elements.
template <class T>
Var<T> mean(const Var<T>& x, const Axes& axes = {}, bool keep_dims = false);
/// The largest element. Where several tie, they share the gradient equally. NaN wins.
/// Throws ValueError over no elements.
template <class T>
Var<T> max(const Var<T>& x, const Axes& axes = {}, bool keep_dims = false);
/// log sum exp(x), in nats, without overflow. VJP: y_bar softmax(x). Throws ValueError over no elements.
template <class T>
Var<T> logsumexp(const Var<T>& x, const Axes& axes = {}, bool keep_dims = false);

/// exp(x) / sum exp(x) along one axis. VJP: y (y_bar - sum(y y_bar)).
template <class T>
Var<T> softmax(const Var<T>& x, int axis = -1);
/// log softmax(x) along one axis, in nats. VJP: y_bar - exp(y) sum(y_bar).
template <class T>
Var<T> log_softmax(const Var<T>& x, int axis = -1);

template <class T>
std::vector<OpInfo<T>> reduce_ops();

}  // namespace xgrad
