#include "transforms.hpp"

#include "../core/scalars.hpp"
#include "../rules/context.hpp"

namespace xgrad {

namespace {

template <class T>
void require_scalar(const char* op, const Var<T>& loss) {
  if (loss.size() != 1)
    fail<ShapeError>(op, "the root must have one element, it is " + loss.shape().str() +
                             "\nhint: pass the cotangent y_bar, or sum the root first");
}

// Reverse mode, recorded. Recording moves the nodes: ids only, no reference lives across a call of vjp.
template <class T>
std::vector<Index> record_cotangents(Tape<T>& tape, Index root, Index y_bar) {
  std::vector<Index> cotangent(static_cast<std::size_t>(tape.size()), -1);
  cotangent[static_cast<std::size_t>(root)] = y_bar;
  for (Index id = root; id >= 0; --id) {
    const RuleTable<T>* rule = tape.node(id).rule;
    if (cotangent[static_cast<std::size_t>(id)] < 0 || !rule) continue;
    const int count = static_cast<int>(tape.inputs(id).size());
    for (int i = 0; i < count; ++i) {
      const Index in = tape.inputs(id)[static_cast<std::size_t>(i)];
      if (!(tape.node(in).flags & needs_grad)) continue;
      Var<T> x_bar = rule->vjp(Context<T>(tape, id), i, tape.var(cotangent[static_cast<std::size_t>(id)]));
      if (!x_bar) continue;
      if (const Shape wanted = tape.node(in).shape, given = x_bar.shape(); given != wanted) {
        if (!broadcasts_to(wanted, given))
          fail<ShapeError>(rule->name, "vjp returned shape " + given.str() + " for an input of shape " + wanted.str());
        x_bar = sum_to(x_bar, wanted);
      }
      Index& sum = cotangent[static_cast<std::size_t>(in)];
      sum = tape.resolve(rule->name, sum < 0 ? x_bar : add(tape.var(sum), x_bar));
    }
  }
  return cotangent;
}

// The tangent of one node from those of its inputs; empty where no input has one.
template <class T>
Var<T> tangent_of(Tape<T>& tape, Index id, const std::vector<Index>& tangent) {
  const RuleTable<T>* rule = tape.node(id).rule;
  const int count = static_cast<int>(tape.inputs(id).size());
  const Context<T> context(tape, id);
  const auto dot = [&](int i) { return tangent[static_cast<std::size_t>(tape.inputs(id)[std::size_t(i)])]; };
  Var<T> y_dot;
  if (rule->jvp) {
    for (int i = 0; i < count; ++i) {
      if (dot(i) < 0) continue;
      const Var<T> part = rule->jvp(context, i, tape.var(dot(i)));
      if (part) y_dot = y_dot ? add(y_dot, part) : part;
    }
    return y_dot;
  }
  bool any = false;
  for (int i = 0; i < count; ++i) any = any || dot(i) >= 0;
  if (!any) return y_dot;
  std::vector<Var<T>> x_dot;
  for (int i = 0; i < count; ++i) x_dot.push_back(dot(i) >= 0 ? tape.var(dot(i)) : tape.filled(context.shape(i), T(0)));
  return rule->apply(context, x_dot);
}

}  // namespace

template <class T>
void backward(const Var<T>& loss, const BackwardOptions& options) {
  Tape<T>& tape = Tape<T>::require("backward");
  const Index root = tape.resolve("backward", loss);
  require_scalar("backward", loss);
  const T one = 1;
  Sweep<T>(tape, options).run(root, &one);
}

template <class T>
void backward(const Var<T>& y, const std::type_identity_t<Array<T>>& y_bar, const BackwardOptions& options) {
  Tape<T>& tape = Tape<T>::require("backward");
  const Index root = tape.resolve("backward", y);
  if (shape_of(y_bar) != y.shape())
    fail<ShapeError>("backward", "y is " + y.shape().str() + ", its cotangent y_bar is " + shape_of(y_bar).str());
  Sweep<T>(tape, options).run(root, y_bar.data());
}

template <class T>
Gradients<T> backward(const Var<T>& y, const std::type_identity_t<Var<T>>& y_bar, CreateGraph) {
  Tape<T>& tape = Tape<T>::require("backward");
  const Index root = tape.resolve("backward", y), seed = tape.resolve("backward", y_bar);
  if (y_bar.shape() != y.shape())
    fail<ShapeError>("backward", "y is " + y.shape().str() + ", its cotangent y_bar is " + y_bar.shape().str());
  tape.check_parameters("backward");
  return Gradients<T>(tape.var(root), record_cotangents(tape, root, seed));
}

template <class T>
Gradients<T> backward(const Var<T>& loss, CreateGraph) {
  Tape<T>& tape = Tape<T>::require("backward");
  tape.resolve("backward", loss);
  require_scalar("backward", loss);
  return backward(loss, tape.filled(loss.shape(), T(1)), create_graph);
}

template <class T>
Var<T> Gradients<T>::operator[](const Var<T>& x) const {
  Tape<T>& tape = Tape<T>::require("grad");
  tape.resolve("grad", root_);  // the ids are of that recording
  const Index id = tape.resolve("grad", x);
  if (!(tape.node(id).flags & needs_grad))
    fail<TapeError>("grad", "x, which is " + x.shape().str() + ", is a constant");
  const bool reached = id < static_cast<Index>(cotangents_.size()) && cotangents_[std::size_t(id)] >= 0;
  return reached ? tape.var(cotangents_[std::size_t(id)]) : tape.filled(x.shape(), T(0));
}

template <class T>
std::vector<Var<T>> grad(const Var<T>& loss, std::type_identity_t<std::span<const Var<T>>> x) {
  const Gradients<T> gradients = backward(loss, create_graph);
  std::vector<Var<T>> out;
  for (const Var<T>& v : x) out.push_back(gradients[v]);
  return out;
}

template <class T>
Var<T> jvp(const Var<T>& y, std::type_identity_t<std::span<const Var<T>>> x,
           std::type_identity_t<std::span<const Var<T>>> x_dot) {
  Tape<T>& tape = Tape<T>::require("jvp");
  if (x.size() != x_dot.size())
    fail<ShapeError>("jvp", std::to_string(x.size()) + " inputs, " + std::to_string(x_dot.size()) + " tangents");
  const Index root = tape.resolve("jvp", y);
  tape.check_parameters("jvp");
  std::vector<Index> tangent(static_cast<std::size_t>(root) + 1, -1);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const Index id = tape.resolve("jvp", x[i]), dot = tape.resolve("jvp", x_dot[i]);
    if (!(tape.node(id).flags & needs_grad))
      fail<TapeError>("jvp", "input " + std::to_string(i) + ", which is " + x[i].shape().str() + ", is a constant");
    if (x[i].shape() != x_dot[i].shape())
      fail<ShapeError>("jvp", "input " + std::to_string(i) + " is " + x[i].shape().str() + ", its tangent is " +
                                  x_dot[i].shape().str());
    if (id > root) continue;
    Index& tangent_of_x = tangent[static_cast<std::size_t>(id)];
    if (tangent_of_x >= 0) fail<ValueError>("jvp", "input " + std::to_string(i) + " is named twice");
    tangent_of_x = dot;
  }
  for (Index id = 0; id <= root; ++id) {
    if (!tape.node(id).rule || tangent[static_cast<std::size_t>(id)] >= 0) continue;
    Var<T> y_dot = tangent_of(tape, id, tangent);
    if (!y_dot) continue;
    if (const Shape shape = tape.node(id).shape, given = y_dot.shape(); given != shape) {
      if (!broadcasts_to(given, shape))
        fail<ShapeError>(tape.node(id).rule->name,
                         "jvp returned shape " + given.str() + " for an output of shape " + shape.str());
      y_dot = broadcast_to(y_dot, shape);
    }
    tangent[static_cast<std::size_t>(id)] = tape.resolve("jvp", y_dot);
  }
  const Index dot = tangent[static_cast<std::size_t>(root)];
  return dot >= 0 ? tape.var(dot) : tape.filled(y.shape(), T(0));
}

#define XGRAD_INSTANTIATE(T)                                                            \
  template void backward(const Var<T>&, const BackwardOptions&);                        \
  template void backward(const Var<T>&, const Array<T>&, const BackwardOptions&);       \
  template Gradients<T> backward(const Var<T>&, CreateGraph);                           \
  template Gradients<T> backward(const Var<T>&, const Var<T>&, CreateGraph);            \
  template std::vector<Var<T>> grad(const Var<T>&, std::span<const Var<T>>);            \
  template Var<T> jvp(const Var<T>&, std::span<const Var<T>>, std::span<const Var<T>>); \
  template class Gradients<T>;
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad
