// The layers of which models are made. Each takes its parameters from a store; weights start at zero until an
// initialiser (init.hpp) fills them. LSTM and GRU are in gated_cells.hpp.
#pragma once
#include "../module.hpp"

namespace xgrad {

namespace detail {

/// "bias_ih_l0"
inline std::string in_layer(const char* name, Index layer) { return name + ("_l" + std::to_string(layer)); }

}  // namespace detail

/// y = x w + b; x (..., in), y (..., out).
template <class T>
struct Linear {
  using Value = T;
  Parameter<T> weight;  // (in, out)
  Parameter<T> bias;    // (out)

  Linear(ParamStore<T>& store, Index in, Index out) : weight(store.add(Shape{in, out})), bias(store.add(Shape{out})) {}
  Var<T> operator()(const Var<T>& x) const { return affine(x, weight, bias); }
  void visit(auto&& f) const {
    f("weight", weight, Layout::transposed);
    f("bias", bias);
  }
};

/// Rows of a table by id: (n) ids to (n, width).
template <class T>
struct Embedding {
  using Value = T;
  Parameter<T> weight;  // (count, width)

  Embedding(ParamStore<T>& store, Index count, Index width) : weight(store.add(Shape{count, width})) {}
  Var<T> operator()(std::span<const Index> ids) const { return embedding(weight, ids); }
  void visit(auto&& f) const { f("weight", weight); }
};

/// The tanh cell of Elman: h' = tanh(x W_ih + h W_hh + b). `project` does the inputs of all time steps at once, which
/// is as fast as a loop is not; `operator()` is one step.
template <class T>
struct RnnCell {
  using Value = T;
  using State = Var<T>;
  Parameter<T> weight_ih;  // (inputs, hidden)
  Parameter<T> weight_hh;  // (hidden, hidden)
  Parameter<T> bias;       // (hidden)
  Index layer;             // in a stack, counted from 0: its parameters' names end in it

  RnnCell(ParamStore<T>& store, Index inputs, Index hidden, Index which = 0)
      : weight_ih(store.add(Shape{inputs, hidden})),
        weight_hh(store.add(Shape{hidden, hidden})),
        bias(store.add(Shape{hidden})),
        layer(which) {}

  /// What inputs contribute that are one-hot: W_ih's row of an id is x W_ih. (n, hidden) for n ids. Throws ValueError
  /// for an id outside the rows.
  Var<T> project(std::span<const Index> ids) const { return embedding(weight_ih, ids) + bias; }
  /// The same for every id, (inputs, hidden): where there are more ids than rows, their rows of this are less work.
  Var<T> table() const { return weight_ih + bias; }
  /// The same for x (..., inputs) of any numbers: (..., hidden).
  Var<T> project(const Var<T>& x) const { return affine(x, weight_ih, bias); }
  /// One step: x (B, hidden) as projected, h (B, hidden).
  Var<T> operator()(const Var<T>& x, const Var<T>& h) const { return affine_tanh(h, weight_hh, x); }

  void visit(auto&& f) const {  // as PyTorch's nn.RNN names them
    f(detail::in_layer("weight_ih", layer), weight_ih, Layout::transposed);
    f(detail::in_layer("weight_hh", layer), weight_hh, Layout::transposed);
    f(detail::in_layer("bias_ih", layer), bias);
  }
};

}  // namespace xgrad
