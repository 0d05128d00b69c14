// The gradient of a recurrent character model in four ways that share no code for the derivative:
//
//   tape          one backward sweep
//   hand          by_hand.hpp: formulas derived on paper, in long double
//   forward mode  real-time recurrent learning: the tangent of the state is carried from step to step (Williams and
//                 Zipser 1989), each step a JVP on a tape of its own
//   complex step  Im loss(x + ih v) / h, with complex numbers through the whole forward pass
//
// The last two give derivatives along directions; along all unit vectors they are the gradient. The model is any with
// `step`, `loss` and `visit`. What is differentiated by: all parameters in the order of visit, then the parts of the
// first state.
#pragma once
#include <algorithm>
#include <cmath>
#include <complex>
#include <xgrad/models/models.hpp>

#include "by_hand.hpp"

namespace by_hand {

using Flat = std::vector<double>;

/// A window of text and the parts of the state before it (xgrad::unstack_state).
struct Case {
  std::vector<xgrad::Index> inputs, targets;  // time-major: inputs[t * B + b]
  std::vector<xgrad::Array<double>> state;    // parts (B, H)
  std::size_t batch() const { return state[0].shape()[0]; }
  std::size_t steps() const { return inputs.size() / batch(); }
};

/// Names and sizes of what is differentiated by: "rnn.weight_hh_l0", ..., "h0", "c0"; of several layers "h0_l0", ...
struct Block {
  std::string name;
  xgrad::Shape shape;
};
template <class M>
std::vector<Block> blocks(const M& model, const Case& c) {
  std::vector<Block> all;
  for (const auto& p : xgrad::named_parameters(model)) all.push_back({p.name, p.parameter.shape()});
  const std::size_t layers = std::size_t(model.layers());
  for (std::size_t i = 0; i < c.state.size(); ++i) {
    const std::string layer = layers == 1 ? "" : "_l" + std::to_string(i % layers);
    all.push_back({(i < layers ? "h0" : "c0") + layer, xgrad::shape_of(c.state[i])});
  }
  return all;
}

/// The point: the values of all of that.
template <class M>
Flat values(const M& model, const Case& c) {
  Flat x;
  for (const auto& p : xgrad::named_parameters(model))
    x.insert(x.end(), p.parameter.data(), p.parameter.data() + p.parameter.size());
  for (const auto& part : c.state) x.insert(x.end(), part.begin(), part.end());
  return x;
}

/// What one backward sweep says; the loss goes to `loss`, if asked for.
template <class M>
Flat tape_gradient(const M& model, const Case& c, double* loss = nullptr) {
  using xgrad::Var;
  xgrad::Tape<double> tape;
  std::vector<Var<double>> state;
  for (const auto& part : c.state) state.push_back(xgrad::leaf(part));
  const auto parameters = xgrad::named_parameters(model);
  parameters[0].parameter.slot().store->zero_grad();
  const auto result = model.loss(c.inputs, c.targets, xgrad::stack_state(state));
  backward(result.loss);
  if (loss) *loss = result.loss.item();
  Flat g;
  const auto append = [&](const xgrad::Array<double>& part) { g.insert(g.end(), part.begin(), part.end()); };
  for (const auto& p : parameters) append(p.parameter.grad());
  for (const auto& part : state) append(part.grad());
  return g;
}

using Formulas = Result (*)(const Weights&, const Window&, const State&);

inline Matrix matrix(std::size_t rows, std::size_t columns, const double* values) {
  Matrix m(rows, columns);
  std::copy_n(values, m.v.size(), m.v.begin());
  return m;
}

/// What the formulas say: by_hand::rnn, lstm or gru, whichever belongs to the model.
template <class M>
Flat hand_gradient(const M& model, const Case& c, Formulas formulas, double* loss = nullptr) {
  Weights weights;
  for (const auto& p : xgrad::named_parameters(model)) {
    const xgrad::Shape s = p.parameter.shape();
    weights.push_back(matrix(s.rank() == 2 ? std::size_t(s[0]) : 1, std::size_t(s[s.rank() - 1]), p.parameter.data()));
  }
  State state;
  for (const auto& part : c.state) state.push_back(matrix(part.shape()[0], part.shape()[1], part.data()));
  const Result r = formulas(weights, {{c.inputs.begin(), c.inputs.end()}, {c.targets.begin(), c.targets.end()}}, state);
  if (loss) *loss = double(r.loss);
  Flat g;
  for (const Matrix& m : r.gradients) g.insert(g.end(), m.v.begin(), m.v.end());
  for (const Matrix& m : r.state_gradients) g.insert(g.end(), m.v.begin(), m.v.end());
  return g;
}

namespace detail {

using xgrad::Var;

// v's parts as tangents of these Vars, from position `at` on.
inline std::vector<Var<double>> tangents(const Flat& v, std::span<const Var<double>> x, std::size_t at) {
  std::vector<Var<double>> x_dot;
  for (const Var<double>& one : x) {
    const std::size_t n = std::size_t(one.size());
    x_dot.push_back(xgrad::constant(std::span<const double>(v).subspan(at, n), one.shape()));
    at += n;
  }
  return x_dot;
}

inline void copy(const Var<double>& from, double*& to) { to = std::copy_n(from.data(), from.size(), to); }

// One step of all directions: adds to the losses' tangents and replaces the states'.
template <class M>
void carry(const M& model, const Case& c, std::size_t t, std::vector<xgrad::Array<double>>& state,
           std::vector<Flat>& directions, std::size_t parameters, Flat& slopes) {
  xgrad::Tape<double> tape;
  const std::size_t batch = c.batch();
  std::vector<Var<double>> x;
  for (const auto& p : xgrad::named_parameters(model)) x.push_back(p.parameter);
  const std::size_t first = x.size();
  for (const auto& part : state) x.push_back(xgrad::leaf(part));
  const auto ids = [&](const std::vector<xgrad::Index>& all) {
    return std::span<const xgrad::Index>(all).subspan(t * batch, batch);
  };
  const auto step = model.step(
      ids(c.inputs), xgrad::stack_state(std::vector<Var<double>>(x.begin() + std::ptrdiff_t(first), x.end())));
  const Var<double> loss = softmax_cross_entropy(step.logits, ids(c.targets), 1.0 / double(batch));
  const xgrad::Vars<double> next = xgrad::unstack_state(step.state);
  for (std::size_t d = 0; d < directions.size(); ++d) {
    const auto x_dot = tangents(directions[d], x, 0);
    slopes[d] += jvp(loss, std::span<const Var<double>>(x), x_dot).item();
    std::vector<Var<double>> state_dot;
    for (const Var<double> part : next) state_dot.push_back(jvp(part, std::span<const Var<double>>(x), x_dot));
    double* to = directions[d].data() + parameters;
    for (const Var<double>& part : state_dot) copy(part, to);
  }
  for (std::size_t i = 0; i < state.size(); ++i)
    std::copy_n(next[xgrad::Index(i)].data(), state[i].size(), state[i].data());
}

}  // namespace detail

/// Derivatives of the loss along each direction, in forward mode.
template <class M>
Flat forward_mode(const M& model, const Case& c, std::vector<Flat> directions) {
  std::size_t parameters = 0;
  for (const auto& p : xgrad::named_parameters(model)) parameters += std::size_t(p.parameter.size());
  std::vector<xgrad::Array<double>> state = c.state;
  Flat slopes(directions.size(), 0.0);
  for (std::size_t t = 0; t < c.steps(); ++t) detail::carry(model, c, t, state, directions, parameters, slopes);
  return slopes;
}

/// The same by complex step. `complex` is the model in std::complex<double>, of the same sizes; x the point.
template <class C>
Flat complex_step(const C& complex, const Case& c, const Flat& x, const std::vector<Flat>& directions) {
  using Z = std::complex<double>;
  constexpr double h = 1e-20;
  Flat slopes;
  xgrad::Tape<Z> tape;
  for (const Flat& v : directions) {
    tape.clear();
    std::size_t at = 0;
    const auto fill = [&](std::span<Z> to) {
      for (Z& z : to) z = {x[at], h * v[at]}, ++at;
    };
    for (const auto& p : xgrad::named_parameters(complex)) fill(p.parameter.mutable_value());
    std::vector<xgrad::Var<Z>> state;
    for (const auto& part : c.state) {
      std::vector<Z> values(part.size());
      fill(values);
      state.push_back(xgrad::constant(std::span<const Z>(values), xgrad::shape_of(part)));
    }
    const auto loss = complex.loss(c.inputs, c.targets, xgrad::stack_state(state)).loss;
    slopes.push_back(loss.item().imag() / h);
  }
  return slopes;
}

/// One gradient against another, block by block: 1e-12 in the norm, and each component within 1e-10 |b| + 1e-14 max|b|.
struct Agreement {
  bool agrees = true;
  double error = 0;     // in the norm, of the worst block
  double ulps = 0;      // of the component that is most off
  std::string worst{};  // its name, and both values
};
Agreement compare(const std::vector<Block>& blocks, const Flat& got, const Flat& want);

/// Derivatives along directions against the gradient's: relative to |g| |v| / sqrt(n), a random direction's share.
Agreement compare_along(const std::vector<Flat>& directions, const Flat& gradient, const Flat& slopes);

}  // namespace by_hand
