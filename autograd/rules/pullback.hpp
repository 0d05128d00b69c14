// What `accumulate` writes through: the fast path of the sweep.
#pragma once
#include <algorithm>

#include "../core/loops.hpp"
#include "../tape/sweep.hpp"

namespace xgrad {

/// Storage for one input's contribution; falsy where that input needs none. From `into` it has y's shape: where the
/// input was broadcast it is scratch, which is summed into the input when the Acc goes out of scope.
template <class T>
class Acc {
 public:
  Acc() = default;
  Acc(T* data, bool add) : data_(data), add_(add) {}
  Acc(T* scratch, const Node<T>& from, T* target, const Node<T>& to)
      : data_(scratch), target_(target), from_(&from), to_(&to) {}
  ~Acc() {
    if (target_) loops::sum_to(from_->shape, to_->shape, data_, target_, true);
  }
  Acc(const Acc&) = delete;
  Acc& operator=(const Acc&) = delete;

  explicit operator bool() const { return data_ != nullptr; }
  T* data() const { return data_; }
  bool add() const { return add_; }  ///< to what is there; else assign

 private:
  T* data_ = nullptr;
  bool add_ = false;
  T* target_ = nullptr;
  const Node<T>*from_ = nullptr, *to_ = nullptr;  // of whose shapes they are; no kernel records, so nodes stay
};

/// One node in the sweep: its cotangent y_bar, its inputs, and storage for theirs.
template <class T>
class Pullback {
 public:
  Pullback(Sweep<T>& sweep, Index id) : sweep_(sweep), id_(id), in_(sweep.tape().inputs(id)) {}

  Index id() const { return id_; }
  Tape<T>& tape() const { return sweep_.tape(); }
  int count() const { return static_cast<int>(in_.size()); }

  const T* y() const { return node().value; }
  const T* y_bar() const { return node().grad; }
  const Shape& shape() const { return node().shape; }
  Size size() const { return node().size(); }

  const T* x(int i) const { return input(i).value; }
  const Shape& shape(int i) const { return input(i).shape; }
  Size size(int i) const { return input(i).size(); }
  /// Whether input i has as many elements as y: it was not broadcast.
  bool fills(int i) const { return input(i).shape == node().shape || input(i).size() == node().size(); }
  bool needs(int i) const { return (input(i).flags & needs_grad) != 0; }

  /// Storage of y's shape for input i's contribution, summed where i was broadcast.
  Acc<T> into(int i) {
    if (!needs(i)) return {};
    const Destination<T> d = sweep_.destination(in_[std::size_t(i)]);
    const Node<T>&x = input(i), &y = node();
    if (fills(i)) return {d.data, d.add};
    if (!d.add) std::fill_n(d.data, x.size(), T(0));  // two scratches may end in either order: let both add
    return {sweep_.scratch(y.size()), y, d.data, x};
  }
  /// Storage of the input's own shape.
  Acc<T> into_own(int i) {
    if (!needs(i)) return {};
    const Destination<T> d = sweep_.destination(in_[std::size_t(i)]);
    return {d.data, d.add};
  }
  /// y_bar is the contribution to input i, summed where i was broadcast. `others_read` says that y_bar is still to
  /// be read after this call: by a second input, or by a deferred product.
  void pass(int i, bool others_read) {
    pass(i, node().grad, others_read || (node().flags & (is_shared | is_retained)));
  }
  /// The same where input i fills y.
  void hand_over(int i, bool others_read) {
    hand_over(i, node().grad, others_read || (node().flags & (is_shared | is_retained)));
  }
  /// Storage of y's shape for what is then passed to input i: the place of the input's own gradient, where it fills y
  /// and will receive nothing else, else scratch.
  T* buffer_for(int i) {
    const Node<T>& x = input(i);
    const bool own = (x.flags & (needs_grad | has_grad | is_parameter)) == needs_grad && x.uses == 1 && fills(i);
    return own ? sweep_.storage(in_[std::size_t(i)]) : scratch(size());
  }
  /// `buffer`, from buffer_for, is the contribution to input i; `others_read` as above.
  void pass(int i, T* buffer, bool others_read) {
    if (!needs(i)) return;
    if (fills(i)) hand_over(i, buffer, others_read);
    else sum_into(i, buffer);
  }
  /// `buffer` (x's shape) is the contribution, and will not change before the tape is cleared.
  void give(int i, T* buffer) { sweep_.give(in_[std::size_t(i)], buffer, true); }
  /// Consecutive pieces of y_bar are the contributions of all inputs.
  void pass_pieces();
  /// y is one part of input 0.
  void pass_part(const Part& part);
  /// The contribution to input i, of shape (k, n), is a^T d, with input a as a (rows, k) and d (rows, n), which does
  /// not change any more. For a rule with `flush`: it may be put off, and taken together with others.
  void product(int i, int a, const T* d, Index rows) {
    if (needs(i)) sweep_.product(in_[std::size_t(i)], id_, in_[std::size_t(a)], d, rows);
  }
  T* scratch(Size n) { return sweep_.scratch(n); }
  /// n elements that `make(T* out)` derives from the value of input i: made when first asked for, and kept for the
  /// nodes of this rule that the sweep will still come to. For what costs less than it saves only if it is used often.
  template <class F>
  const T* derived(int i, Size n, F make) {
    const Index in = in_[std::size_t(i)];
    if (const T* known = sweep_.derived(in, node().rule)) return known;
    T* const out = sweep_.scratch(n);
    make(out);
    sweep_.keep_derived(in, node().rule, out);
    return out;
  }
  /// How many recorded nodes have input i among theirs; at most 65535.
  Index uses(int i) const { return input(i).uses; }

 private:
  void hand_over(int i, T* buffer, bool shared) {
    Node<T>& x = input(i);
    if (!(x.flags & needs_grad)) return;
    if (x.grad == buffer && !(x.flags & has_grad))  // it lies there already
      x.flags |= shared ? std::uint8_t(has_grad | is_shared) : std::uint8_t(has_grad);
    else sweep_.give(in_[std::size_t(i)], buffer, shared);
  }
  void sum_into(int i, const T* y_bar);
  Node<T>& node() const { return sweep_.node(id_); }
  Node<T>& input(int i) const { return sweep_.node(in_[std::size_t(i)]); }

  Sweep<T>& sweep_;
  Index id_;
  std::span<const Index> in_;
};

extern template class Pullback<float>;
extern template class Pullback<double>;

}  // namespace xgrad
