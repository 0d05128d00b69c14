// The same case on the tape: a forward loop, one backward.
#pragma once
#include <algorithm>
#include <xgrad/models/models.hpp>

#include "case.hpp"

namespace derivations {

struct TapeStep {
  by_hand::State state, state_bar;  // (1, H)
  Matrix p, y_bar;                  // (1, V)
  Matrix x_bar;                     // of what the input contributes to the step: da_t, and du_t of a GRU
};

struct OnTape {
  Real loss;
  by_hand::Weights gradients;
  by_hand::State state_gradients;
  std::vector<TapeStep> steps;  // 1 .. T; 0 is empty
};

using V = xgrad::Var<double>;

inline Matrix copy(const double* data, const xgrad::Shape& s) {
  Matrix m(s.rank() == 1 ? 1 : std::size_t(s[s.rank() - 2]), std::size_t(s[s.rank() - 1]));
  std::copy_n(data, m.v.size(), m.v.begin());
  return m;
}
inline Matrix copy(const V& v) { return copy(v.data(), v.shape()); }
inline Matrix gradient_of(const V& v) {
  const xgrad::Array<double> g = v.grad();
  return copy(g.data(), v.shape());
}
inline xgrad::Array<double> array(const Matrix& m) {
  xgrad::Array<double> a = xgrad::make_array<double>({xgrad::Index(m.rows), xgrad::Index(m.columns)});
  std::transform(m.v.begin(), m.v.end(), a.begin(), [](Real v) { return double(v); });
  return a;
}

/// A state as its parts, h first, and back.
inline std::vector<V> parts_of(const V& h) { return {h}; }
inline std::vector<V> parts_of(const xgrad::LstmState<double>& s) { return {s.h, s.c}; }
inline void assign(V& h, const std::vector<V>& parts) { h = parts[0]; }
inline void assign(xgrad::LstmState<double>& s, const std::vector<V>& parts) { s = {parts[0], parts[1]}; }

/// The cell and the output layer with the weights of a case.
template <class Cell>
struct Model {
  using Value = double;
  Cell cell;
  xgrad::Linear<double> head;

  Model(xgrad::ParamStore<double>& store, const Case& c)
      : cell(store, vocabulary, hidden), head(store, hidden, vocabulary) {
    const auto all = xgrad::named_parameters(*this);
    for (std::size_t n = 0; n < all.size(); ++n) {
      const Matrix& w = c.weights[n];
      std::transform(w.v.begin(), w.v.end(), all[n].parameter.mutable_value().begin(),
                     [](Real v) { return double(v); });
    }
  }
  void visit(auto&& f) const {
    f("cell", cell);
    f("head", head);
  }
};

/// What was retained of the steps, read after the sweep.
inline std::vector<TapeStep> read(const std::vector<std::vector<V>>& states, const xgrad::Vars<double>& x,
                                  const V& logits) {
  std::vector<TapeStep> all(1);
  const Matrix p = copy(softmax(logits)), y_bar = gradient_of(logits);
  for (std::size_t t = 1; t <= steps; ++t) {
    TapeStep s;
    for (const V& part : states[t - 1]) s.state.push_back(copy(part)), s.state_bar.push_back(gradient_of(part));
    s.x_bar = gradient_of(x[xgrad::Index(t - 1)]);
    s.p = s.y_bar = Matrix(1, vocabulary);
    std::copy_n(p.v.begin() + std::ptrdiff_t((t - 1) * vocabulary), vocabulary, s.p.v.begin());
    std::copy_n(y_bar.v.begin() + std::ptrdiff_t((t - 1) * vocabulary), vocabulary, s.y_bar.v.begin());
    all.push_back(s);
  }
  return all;
}

/// The forward loop. `watch`: keep the gradients of what lies between.
template <class Cell>
struct Recorded {
  std::vector<V> first;
  std::vector<std::vector<V>> states;  // after each step, by parts
  xgrad::Vars<double> x{V{}, 0};
  V logits, loss;

  Recorded(const Model<Cell>& model, const Case& c, bool watch) {
    using xgrad::Index;
    const std::vector<Index> inputs(c.window.inputs.begin(), c.window.inputs.end());
    const std::vector<Index> targets(c.window.targets.begin(), c.window.targets.end());
    for (const Matrix& m : c.first) first.push_back(xgrad::leaf(array(m)));

    const V projected = model.cell.project(inputs);
    x = unstack(reshape(projected, xgrad::Shape{Index(steps), 1, projected.shape()[1]}));
    typename Cell::State state;
    assign(state, first);
    std::vector<V> h;
    for (const V& x_t : x) {
      state = model.cell(x_t, state);
      states.push_back(parts_of(state));
      h.push_back(states.back()[0]);
    }
    logits = reshape(model.head(stack(h)), xgrad::Shape{Index(steps), Index(vocabulary)});
    loss = softmax_cross_entropy(logits, targets, xgrad::Reduction::sum);
    if (watch) retain();
  }
  void retain() const {
    for (const V& x_t : x) x_t.retain();
    for (const auto& parts : states)
      for (const V& part : parts) part.retain();
    logits.retain();
  }
};

/// A kept gradient may not be adopted by anybody. So the sweep that nobody watches takes shorter ways, and
/// OnTape::gradients are to be the same.
template <class Cell>
OnTape on_tape(const Case& c, bool watch = true) {
  xgrad::ParamStore<double> store;
  const Model<Cell> model(store, c);
  xgrad::Tape<double> tape;
  const Recorded<Cell> recorded(model, c, watch);
  backward(recorded.loss);
  OnTape r{recorded.loss.item(), {}, {}, {}};
  for (const auto& p : xgrad::named_parameters(model)) r.gradients.push_back(gradient_of(p.parameter));
  for (const V& v : recorded.first) r.state_gradients.push_back(gradient_of(v));
  if (watch) r.steps = read(recorded.states, recorded.x, recorded.logits);
  return r;
}

/// Hand against tape, watched and not, and hand against differences. Throws where they do not agree.
template <class Cell>
void check_gradients(const Case& c, const by_hand::Result& hand, Agreement& agreement) {
  for (const bool watch : {true, false}) {
    const OnTape tape = on_tape<Cell>(c, watch);
    agreement.compare("the loss", hand.loss, tape.loss);
    for (std::size_t n = 0; n < c.weights.size(); ++n)
      agreement.compare(c.names[n], hand.gradients[n], tape.gradients[n]);
    for (std::size_t n = 0; n < c.first.size(); ++n)
      agreement.compare(c.names[c.weights.size() + n], hand.state_gradients[n], tape.state_gradients[n]);
  }
  check_by_differences(c, hand);
}

}  // namespace derivations
