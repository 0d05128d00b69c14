// Initial weights.
//
// What is drawn, and in which order, is fixed: parameters in the order of visit (named_parameters), and each in the
// order in which a (out, in) matrix of NumPy or PyTorch would be filled, row by row. So the same Rng gives the same
// weights, and a transposed parameter the very numbers of `RandomState(seed).randn(out, in) * stddev`.
#pragma once
#include <cmath>

#include "gated_cells.hpp"
#include "layers.hpp"

namespace xgrad {

/// Independent normal values of mean 0. Throws ValueError where stddev is negative or not finite.
template <class T>
void init_normal(const Parameter<T>& w, Layout layout, double stddev, Rng& rng);

/// Independent values, uniform on [-bound, bound]. Throws ValueError where bound is negative or not finite.
template <class T>
void init_uniform(const Parameter<T>& w, Layout layout, double bound, Rng& rng);

/// Every matrix of a model by init_normal; vectors are left as they are, at zero.
template <class M>
void init_normal(const M& model, double stddev, Rng& rng) {
  for (const auto& p : named_parameters(model))
    if (p.parameter.rank() == 2) init_normal(p.parameter, p.layout, stddev, rng);
}

/// Every parameter of a model, vectors as well, by init_uniform: char-rnn has a bound of 0.08.
template <class M>
void init_uniform(const M& model, double bound, Rng& rng) {
  for (const auto& p : named_parameters(model)) init_uniform(p.parameter, p.layout, bound, rng);
}

/// As PyTorch begins: every parameter of a recurrent cell uniform on [-1/sqrt(H), 1/sqrt(H)], those of a Linear on
/// [-1/sqrt(in), 1/sqrt(in)], an Embedding normal with standard deviation 1; a model by its parts, which must be layers
/// of these kinds or made of them. The distributions are PyTorch's, the numbers come from `rng`. Where a cell has one
/// bias for PyTorch's two, it is drawn as one of them.
template <class M>
void init_as_pytorch(const M& model, Rng& rng) {
  if constexpr (requires { model.weight_hh; }) {
    init_uniform(model, 1 / std::sqrt(double(model.weight_hh.shape()[0])), rng);
  } else {
    model.visit([&rng](const auto&, const auto& part, auto...) { init_as_pytorch(part, rng); });
  }
}
template <class T>
void init_as_pytorch(const Linear<T>& layer, Rng& rng) {
  init_uniform(layer, 1 / std::sqrt(double(layer.weight.shape()[0])), rng);
}
template <class T>
void init_as_pytorch(const Embedding<T>& layer, Rng& rng) {
  init_normal(layer, 1, rng);
}

/// Sets the forget gate's part of an LSTM's bias, its second quarter. 1 lets the cell remember from the start (Gers,
/// Schmidhuber and Cummins 2000; Jozefowicz, Zaremba and Sutskever 2015), as char-rnn has it. To be called after an
/// initialiser. Throws ValueError unless the value is finite.
template <class T>
void set_forget_bias(const LstmCell<T>& cell, double value);

}  // namespace xgrad
