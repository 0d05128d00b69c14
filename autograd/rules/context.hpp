// What a rule is given: its inputs and its output when it computes, a context when its derivative is recorded.
#pragma once
#include "../tape/tape.hpp"

namespace xgrad {

/// The inputs of an op about to be computed.
template <class T>
class Inputs {
 public:
  Inputs(const Tape<T>& tape, const Index* ids, int count) : tape_(tape), ids_(ids), count_(count) {}
  int count() const { return count_; }
  const Shape& shape(int i) const { return node(i).shape; }
  Size size(int i) const { return node(i).size(); }
  const T* operator[](int i) const { return node(i).value; }
  bool same_shape(int i, int j) const { return ids_[i] == ids_[j] || node(i).shape == node(j).shape; }

 private:
  const Node<T>& node(int i) const { return tape_.node(ids_[i]); }
  const Tape<T>& tape_;
  const Index* ids_;
  int count_;
};

/// Where an op's result goes.
template <class T>
class Output {
 public:
  /// `size` is the shape's.
  Output(Tape<T>& tape, T* data, const Shape& shape, Size size)
      : tape_(tape), data_(data), shape_(shape), size_(size) {}
  T* data() const { return data_; }
  const Shape& shape() const { return shape_; }
  Size size() const { return size_; }
  /// Memory that lives as long as the node: a rule keeps the pointer among its attributes.
  T* save(Size n) const { return tape_.allocate(n); }

 private:
  Tape<T>& tape_;
  T* data_;
  const Shape& shape_;
  Size size_;
};

/// A recorded node, for vjp and jvp: they read its inputs and its output as Vars and answer in ops.
template <class T>
class Context {
 public:
  Context(Tape<T>& tape, Index id) : tape_(&tape), id_(id) {}
  Var<T> y() const { return tape_->var(id_); }
  Var<T> x(int i) const { return tape_->var(tape_->inputs(id_)[std::size_t(i)]); }
  Shape shape(int i) const { return tape_->node(tape_->inputs(id_)[std::size_t(i)]).shape; }
  int count() const { return static_cast<int>(tape_->inputs(id_).size()); }
  Tape<T>& tape() const { return *tape_; }
  Index id() const { return id_; }

 private:
  Tape<T>* tape_;
  Index id_;
};

}  // namespace xgrad
