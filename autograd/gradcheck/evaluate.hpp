// f on a tape of its own, asked for values and derivatives as plain numbers. Ops record on the innermost tape: while
// one Evaluator lives, those made before it wait.
#pragma once
#include "gradcheck.hpp"

namespace xgrad::gradchecks {

template <class T>
using Numbers = std::vector<T>;  // all inputs, or all of a result, one after the other

template <class T>
class Evaluator {
 public:
  /// Throws ShapeError from `record` where f returns another shape than `expected`.
  explicit Evaluator(const Callable<T>& f, const Shape* expected = nullptr) : f_(f), expected_(expected) {}

  /// Records f(x). The Vars are good until the next call.
  const Var<T>& record(const Numbers<T>& x) {
    tape_.clear();
    f_.zero();
    x_ = f_.bind(x);
    y_ = f_.call(x_);
    if (expected_ && y_.shape() != *expected_)
      fail<ShapeError>("gradcheck",
                       "f returned " + y_.shape().str() + " at one point and " + expected_->str() + " at another");
    return y_;
  }
  Numbers<T> value(const Numbers<T>& x) { return numbers(record(x)); }

  /// J^T w of what was recorded.
  Numbers<T> pullback(const Numbers<T>& w, const BackwardOptions& options = {.retain_graph = true}) {
    return pullback(y_, w, options);
  }
  /// The same for any Var of the recording; zeros where it depends on no input.
  Numbers<T> pullback(const Var<T>& y, const Numbers<T>& w, const BackwardOptions& options = {.retain_graph = true}) {
    f_.zero();
    const bool differentiable = y.requires_grad();
    if (differentiable) backward(y, array(y.shape(), w), options);
    Numbers<T> g;
    for (const Var<T>& v : x_) {
      if (differentiable) {
        const Array<T> part = v.grad();
        g.insert(g.end(), part.begin(), part.end());
      } else {
        g.insert(g.end(), std::size_t(v.size()), T(0));
      }
    }
    return g;
  }
  /// J v of what was recorded, itself recorded.
  Var<T> pushforward(const Numbers<T>& v) {
    std::vector<Var<T>> x_dot;
    std::size_t at = 0;
    for (const Var<T>& x : x_) {
      const std::size_t n = std::size_t(x.size());
      x_dot.push_back(constant(std::span<const T>(v).subspan(at, n), x.shape()));
      at += n;
    }
    return jvp(y_, std::span<const Var<T>>(x_), std::span<const Var<T>>(x_dot));
  }
  /// J^T w of what was recorded, as Vars that can be differentiated again; empty where f depends on no input.
  std::vector<Var<T>> recorded_pullback(const Numbers<T>& w) {
    std::vector<Var<T>> g;
    if (!y_.requires_grad()) return g;
    const Gradients<T> all = backward(y_, constant(std::span<const T>(w), y_.shape()), create_graph);
    for (const Var<T>& v : x_) g.push_back(all[v]);
    return g;
  }

  const std::vector<Var<T>>& x() const { return x_; }
  const Var<T>& y() const { return y_; }
  const Tape<T>& tape() const { return tape_; }

  static Numbers<T> numbers(const Var<T>& v) { return {v.data(), v.data() + v.size()}; }
  static Array<T> array(const Shape& shape, const Numbers<T>& values) {
    Array<T> a = make_array<T>(shape);
    std::copy(values.begin(), values.end(), a.data());
    return a;
  }

 private:
  Tape<T> tape_;
  const Callable<T>& f_;
  const Shape* expected_;
  std::vector<Var<T>> x_;
  Var<T> y_;
};

}  // namespace xgrad::gradchecks
