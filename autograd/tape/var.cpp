#include "var.hpp"

#include <algorithm>

#include "../core/scalars.hpp"
#include "tape.hpp"

namespace xgrad {

template <class T>
const Tape<T>& Var<T>::tape(const char* op) const {
  if (!tape_ || !Tape<T>::alive(tape_) || generation_ != tape_->generation_) Tape<T>::throw_unusable(op, *this);
  return *tape_;
}

template <class T>
Shape Var<T>::shape() const {
  if (id_ == parameter_id) return slot_->shape;
  return tape("shape").node(static_cast<Index>(id_)).shape;
}

template <class T>
typename Var<T>::Located Var<T>::locate(const char* op) const {
  if (id_ == parameter_id) return {slot_->value(), slot_->shape};
  const Node<T>& x = tape(op).node(static_cast<Index>(id_));
  return {x.value, x.shape};
}

template <class T>
T Var<T>::item() const {
  const Located here = locate("item");
  if (here.shape.size() != 1)
    fail<ShapeError>("item", "it takes a Var of one element, this one is " + here.shape.str());
  return *here.data;
}

template <class T>
void Var<T>::check_rank(const Shape& shape, std::size_t wanted) {
  if (static_cast<std::size_t>(shape.rank()) != wanted)
    fail<ShapeError>("value", "rank " + std::to_string(wanted) + " was asked for, the Var is " + shape.str());
}

template <class T>
bool Var<T>::requires_grad() const {
  if (id_ == parameter_id) return true;
  return (tape("requires_grad").node(static_cast<Index>(id_)).flags & needs_grad) != 0;
}

template <class T>
Array<T> Var<T>::grad() const {
  Array<T> out = make_array<T>(locate("grad").shape);
  if (id_ == parameter_id) {
    const auto g = slot_->store->gradients().of(Parameter<T>(slot_));
    std::copy(g.begin(), g.end(), out.data());
    return out;
  }
  const Node<T>& x = tape("grad").node(static_cast<Index>(id_));
  if (x.flags & is_parameter) return Parameter<T>(tape_->bound_[std::size_t(x.attributes)].slot).grad();
  if (!(x.flags & needs_grad)) fail<TapeError>("grad", "this Var of shape " + x.shape.str() + " is a constant");
  if (tape_->incomplete_) fail<TapeError>("grad", "the last backward was cut short by an exception");
  if (x.rule && !(x.flags & is_kept))
    fail<TapeError>("grad", std::string("the gradient of this intermediate (") + x.rule->name + ", " + x.shape.str() +
                                ") was not kept\nhint: call retain() on it before backward");
  if (x.flags & has_grad) std::copy_n(x.grad, x.size(), out.data());
  else std::fill(out.begin(), out.end(), T(0));
  return out;
}

template <class T>
void Var<T>::retain() const {
  if (id_ == parameter_id) return;
  const Index id = static_cast<Index>(id_);
  if (!(tape("retain").node(id).flags & needs_grad)) fail<TapeError>("retain", "this Var is a constant");
  tape_->nodes_[std::size_t(id)].flags |= is_retained;
}

template <class T>
Var<T> Var<T>::detach() const {
  Tape<T>& current = Tape<T>::require("detach");
  const Node<T>& x = current.node(current.resolve("detach", *this));
  if (current.lies_in_parameter(x.value))  // which may be overwritten while this Var lives
    return current.input("detach", {x.value, static_cast<std::size_t>(x.size())}, x.shape, false);
  return current.var(current.append(x.value, x.shape, 0));
}

template <class T>
void Vars<T>::outside(Index i) const {
  fail<ValueError>("unstack", "part " + std::to_string(i) + " was asked for, there are " + std::to_string(count_));
}

#define XGRAD_INSTANTIATE(T) \
  template class Var<T>;     \
  template class Vars<T>;
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad
