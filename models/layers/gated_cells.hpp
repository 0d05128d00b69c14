// Recurrent cells with gates, used as RnnCell is: `project` does the inputs of all time steps at once, `operator()` is
// one step.
//
// What the gates are computed of comes from one product, with the gates side by side in its rows. Cutting them out by
// `slice` would copy each, and in the sweep fill the whole with zeros and add each gate's gradient to it. Instead the
// gates are brought to the front and taken by `unstack`: parts that lie in their block, to whose places the gradients
// are written at once. That is one copy of the block each way, and for a single stream (B = 1) none.
#pragma once
#include "layers.hpp"

namespace xgrad {

namespace detail {

/// x (B, count * H) as `count` gates (B, H). `h` (B, H) is the state, which tells B and H.
template <class T>
Vars<T> gates(const Var<T>& x, Index count, const Var<T>& h) {
  const Index batch = h.shape()[0], hidden = h.shape()[1];
  if (batch == 1) return unstack(reshape(x, Shape{count, 1, hidden}));
  return unstack(transpose(reshape(x, Shape{batch, count, hidden}), {1, 0, 2}));
}

}  // namespace detail

/// What an LSTM carries from step to step.
template <class T>
struct LstmState {
  Var<T> h, c;  // (B, hidden): the output, and the cell behind it
};

/// The LSTM of Hochreiter and Schmidhuber (1997) with the forget gate of Gers, Schmidhuber and Cummins (2000). With
/// (i, f, g, o) = x W_ih + h W_hh + b, side by side in PyTorch's order:
///
///   c' = sigmoid(f) c + sigmoid(i) tanh(g),  h' = sigmoid(o) tanh(c')
template <class T>
struct LstmCell {
  using Value = T;
  using State = LstmState<T>;
  Parameter<T> weight_ih;  // (inputs, 4 * hidden)
  Parameter<T> weight_hh;  // (hidden, 4 * hidden)
  Parameter<T> bias;       // (4 * hidden)
  Index layer;             // in a stack, counted from 0: its parameters' names end in it

  LstmCell(ParamStore<T>& store, Index inputs, Index hidden, Index which = 0)
      : weight_ih(store.add(Shape{inputs, 4 * hidden})),
        weight_hh(store.add(Shape{hidden, 4 * hidden})),
        bias(store.add(Shape{4 * hidden})),
        layer(which) {}

  /// What one-hot inputs contribute, (n, 4 * hidden) for n ids. Throws ValueError for an id outside the rows of W_ih.
  Var<T> project(std::span<const Index> ids) const { return embedding(weight_ih, ids) + bias; }
  /// The same for every id, (inputs, 4 * hidden): where there are more ids than rows, their rows of this are less work.
  Var<T> table() const { return weight_ih + bias; }
  /// The same for x (..., inputs) of any numbers: (..., 4 * hidden). Throws ShapeError where x does not fit.
  Var<T> project(const Var<T>& x) const { return affine(x, weight_ih, bias); }
  /// One step: x (B, 4 * hidden) as projected. Throws ShapeError where x and the state do not fit the weights.
  State operator()(const Var<T>& x, const State& state) const {
    const Vars<T> gate = detail::gates(affine(state.h, weight_hh, x), 4, state.h);
    const Var<T> c =
        fuse([](auto i, auto f, auto g, auto before) { return sigmoid(f) * before + sigmoid(i) * tanh(g); }, gate[0],
             gate[1], gate[2], state.c);
    return {fuse([](auto o, auto now) { return sigmoid(o) * tanh(now); }, gate[3], c), c};
  }

  void visit(auto&& f) const {  // as PyTorch's nn.LSTM names them
    f(detail::in_layer("weight_ih", layer), weight_ih, Layout::transposed);
    f(detail::in_layer("weight_hh", layer), weight_hh, Layout::transposed);
    f(detail::in_layer("bias_ih", layer), bias);
  }
};

/// The gated recurrent unit of Cho et al. (2014) as PyTorch's nn.GRU has it: the reset gate acts on the product with h,
/// not on h, so that all products with h are one, and z keeps the old state. With (x_r, x_z, x_n) = x W_ih + b_ih and
/// (h_r, h_z, h_n) = h W_hh + b_hh, side by side in that order:
///
///   r = sigmoid(x_r + h_r),  z = sigmoid(x_z + h_z),  n = tanh(x_n + r h_n),  h' = (1 - z) n + z h
///
/// Two biases, because r comes between them.
template <class T>
struct GruCell {
  using Value = T;
  using State = Var<T>;
  Parameter<T> weight_ih;  // (inputs, 3 * hidden)
  Parameter<T> weight_hh;  // (hidden, 3 * hidden)
  Parameter<T> bias_ih;    // (3 * hidden)
  Parameter<T> bias_hh;    // (3 * hidden)
  Index layer;             // in a stack, counted from 0: its parameters' names end in it

  GruCell(ParamStore<T>& store, Index inputs, Index hidden, Index which = 0)
      : weight_ih(store.add(Shape{inputs, 3 * hidden})),
        weight_hh(store.add(Shape{hidden, 3 * hidden})),
        bias_ih(store.add(Shape{3 * hidden})),
        bias_hh(store.add(Shape{3 * hidden})),
        layer(which) {}

  /// What one-hot inputs contribute, (n, 3 * hidden) for n ids. Throws ValueError for an id outside the rows of W_ih.
  Var<T> project(std::span<const Index> ids) const { return embedding(weight_ih, ids) + bias_ih; }
  /// The same for every id, (inputs, 3 * hidden): where there are more ids than rows, their rows of this are less work.
  Var<T> table() const { return weight_ih + bias_ih; }
  /// The same for x (..., inputs) of any numbers: (..., 3 * hidden). Throws ShapeError where x does not fit.
  Var<T> project(const Var<T>& x) const { return affine(x, weight_ih, bias_ih); }
  /// One step: x (B, 3 * hidden) as projected, h (B, hidden). Throws ShapeError where they do not fit the weights.
  State operator()(const Var<T>& x, const State& h) const {
    const Vars<T> by_h = detail::gates(affine(h, weight_hh, bias_hh), 3, h), by_x = detail::gates(x, 3, h);
    // Two nodes rather than one of seven inputs: a fused sweep computes a partial for each input at every operation.
    const Var<T> n = fuse([](auto x_r, auto h_r, auto x_n, auto h_n) { return tanh(x_n + sigmoid(x_r + h_r) * h_n); },
                          by_x[0], by_h[0], by_x[2], by_h[2]);
    const auto mix = [](auto x_z, auto h_z, auto next, auto before) {
      const auto z = sigmoid(x_z + h_z);
      return (1 - z) * next + z * before;
    };
    return fuse(mix, by_x[1], by_h[1], n, h);
  }

  void visit(auto&& f) const {  // as PyTorch's nn.GRU names them
    f(detail::in_layer("weight_ih", layer), weight_ih, Layout::transposed);
    f(detail::in_layer("weight_hh", layer), weight_hh, Layout::transposed);
    f(detail::in_layer("bias_ih", layer), bias_ih);
    f(detail::in_layer("bias_hh", layer), bias_hh);
  }
};

}  // namespace xgrad
