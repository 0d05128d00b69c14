// The tanh RNN, the LSTM and the GRU, with T >= 3, several streams, a first state and biases that are not zero: at T =
// 1 half of the recurrent mutants change nothing. And what a training step has around the gradient.
#include <by_hand/four_ways.hpp>
#include <xgrad/models/gradcheck.hpp>

#include "../../golden/notebook.hpp"
#include "../../gradcheck/suite.hpp"
#include "battery.hpp"

namespace battery {

using namespace xgrad;

namespace {

using D = double;
using Z = std::complex<double>;
template <class T>
using Rnn = CharRnn<T>;  // of one argument, as the other two

constexpr Index vocabulary = 4, hidden = 3;  // few characters, so that they repeat

struct Size3 {
  Index steps, batch;
  D spread;  // of weights and biases
};

// A model with its store and a window of text.
template <template <class> class M>
struct Drawn {
  ParamStore<D> store;
  M<D> model{store, {vocabulary, hidden}};
  by_hand::Case window;

  explicit Drawn(const Size3& size, std::uint32_t seed = 17) {
    Rng rng(seed);
    for (const auto& p : named_parameters(model)) rng.fill_normal(p.parameter.mutable_value(), size.spread);
    for (Index i = 0; i < size.steps * size.batch; ++i) {
      window.inputs.push_back(rng.below(vocabulary));
      window.targets.push_back(rng.below(vocabulary));
    }
    for (Index part = 0; part < model.state_parts(); ++part)
      window.state.push_back(rng.normal_array<D>({size.batch, hidden}, 0.5));
  }
};

template <class T>
Var<T> constant_of(const Array<D>& a) {
  const std::vector<T> values(a.begin(), a.end());
  return constant(std::span<const T>(values), shape_of(a));
}

template <class M>
auto loss_of(const M& model, const by_hand::Case& c) {
  std::vector<Var<typename M::Value>> state;
  for (const auto& part : c.state) state.push_back(constant_of<typename M::Value>(part));
  return model.loss(c.inputs, c.targets, stack_state(state));
}

// The loss by all parameters, by all methods of gradcheck.
template <template <class> class M>
void differentiate(const Size3& size, const std::string& what, Sheet& sheet) {
  const Drawn<M> drawn(size);
  ParamStore<float> narrow_store;
  ParamStore<Z> complex_store;
  const M<float> narrow(narrow_store, {vocabulary, hidden});
  const M<Z> complex(complex_store, {vocabulary, hidden});
  const auto f = [&](const auto& model) { return loss_of(model, drawn.window).loss; };
  GradcheckFunction function = detail::of_model(drawn.model);
  function.f = detail::parameters_of<D>(f, drawn.model);
  function.narrow = detail::parameters_of<float>(f, narrow);
  function.complex = detail::parameters_of<Z>(f, complex);
  const by_hand::Flat values = by_hand::values(drawn.model, {{}, {}, {}});
  check_function(function, values, 1e-12, what, sheet);
}

// The states after one window and after the next, against those by hand.
template <template <class> class M>
void carry(by_hand::Formulas formulas, const std::string& what, Sheet& sheet) {
  const Drawn<M> drawn({3, 2, 0.5});
  by_hand::Case c = drawn.window;
  by_hand::Weights weights;
  for (const auto& p : named_parameters(drawn.model)) {
    const Shape s = p.parameter.shape();
    const std::size_t rows = s.rank() == 2 ? std::size_t(s[0]) : 1;
    weights.push_back(by_hand::matrix(rows, std::size_t(s[s.rank() - 1]), p.parameter.data()));
  }
  by_hand::State state;
  for (const auto& part : c.state) state.push_back(by_hand::matrix(part.shape()[0], part.shape()[1], part.data()));
  for (const char* window : {", first window", ", second window"}) {
    const auto want =
        formulas(weights, {{c.inputs.begin(), c.inputs.end()}, {c.targets.begin(), c.targets.end()}}, state);
    Tape<D> tape;
    const auto got = loss_of(drawn.model, c);
    sheet.close(got.loss.item(), D(want.loss), 1e-13, "golden", what + window + ": loss");
    const Vars<D> parts = unstack_state(got.state);
    for (std::size_t k = 0; k < want.state.size(); ++k) {
      const Var<D> part = parts[Index(k)];
      for (std::size_t i = 0; i < want.state[k].v.size(); ++i)
        sheet.close(part.data()[i], D(want.state[k].v[i]), 1e-12, "golden", what + window + ": state");
      std::copy_n(part.data(), part.size(), c.state[k].data());
    }
    state = want.state;
  }
}

void notebook_loss(Sheet& sheet) {
  Rng rng(1337);
  ParamStore<D> store;
  const CharRnn<D> model(store, {.vocabulary = 67, .hidden = 10});
  init_normal(model, 0.01, rng);
  Tape<D> tape;
  const auto loss = model.loss(notebook::inputs, notebook::targets, constant(model.initial_state(1))).loss;
  sheet.close(loss.item(), 105.11784328521104, 1e-14, "golden", "the notebook's first loss");
}

void four_ways(Sheet& sheet) {
  for (const suite::Finding& f : suite::check_recurrent(1)) {
    sheet.number(f.error);
    if (!f.agrees) sheet.convict(f.method, f.what + ": " + f.worst);
  }
}

// ---- around the gradient

std::vector<D> gradient_of(ParamStore<D>& store) {
  const auto g = store.gradients().flat();
  return {g.begin(), g.end()};
}

// b is twice a, to rounding: terms are added in another order.
bool is_twice(const std::vector<D>& a, const std::vector<D>& b) {
  D top = 0, off = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    top = std::max(top, std::abs(a[i])), off = std::max(off, std::abs(b[i] - 2 * a[i]));
  return off <= 1e-14 * top;
}

// Sweeps of one recording, and their sum.
void sweep_twice(Sheet& sheet) {
  Drawn<Rnn> drawn({3, 2, 0.5});
  Tape<D> tape;
  const Var<D> loss = loss_of(drawn.model, drawn.window).loss;
  const auto sweep = [&] {
    backward(loss, {.retain_graph = true});
    return gradient_of(drawn.store);
  };
  const std::vector<D> once = sweep(), both = sweep();
  sheet.numbers(both);
  sheet.hold(is_twice(once, both), "structure", "two sweeps do not add up in the parameters");
  drawn.store.zero_grad();
  const std::vector<D> again = sweep();
  sheet.numbers(again);
  sheet.hold(again == once, "structure", "a sweep after zero_grad differs from the first");
}

// Two training steps are each what they would be alone.
void step_twice(Sheet& sheet) {
  Drawn<Rnn> drawn({3, 2, 0.5}), alone({3, 2, 0.5});
  const by_hand::Case other = Drawn<Rnn>({4, 2, 0.5}, 18).window;
  const auto step = [&](Drawn<Rnn>& d, const by_hand::Case& window) {
    Tape<D> tape;
    d.store.zero_grad();
    backward(loss_of(d.model, window).loss);
    return gradient_of(d.store);
  };
  step(drawn, drawn.window);
  const std::vector<D> second = step(drawn, other);
  sheet.numbers(second);
  sheet.hold(second == step(alone, other), "structure", "a second step after zero_grad differs from one alone");
}

void overwrite(Sheet& sheet) {
  Drawn<Rnn> drawn({3, 2, 0.5});
  Tape<D> tape;
  const Var<D> loss = loss_of(drawn.model, drawn.window).loss;
  for (D& w : drawn.store.mutable_values()) w *= 0.5;
  try {
    backward(loss);
  } catch (const TapeError&) {
    return sheet.number(1);
  }
  sheet.numbers(gradient_of(drawn.store));
  sheet.convict("structure", "backward takes weights that were overwritten since the loss was computed");
}

template <template <class> class M>
void add_model(const std::string& name, by_hand::Formulas formulas, std::vector<Check>& checks) {
  for (const Size3 size : {Size3{3, 2, 0.3}, Size3{4, 1, 0.5}, Size3{3, 3, 0.5}}) {
    const std::string what = name + ", T " + std::to_string(size.steps) + ", B " + std::to_string(size.batch);
    checks.push_back({what, "sweep", [=](Sheet& sheet) { differentiate<M>(size, what, sheet); }});
  }
  checks.push_back({name, "golden", [=](Sheet& sheet) { carry<M>(formulas, name, sheet); }});
}

}  // namespace

std::vector<Check> model_checks() {
  std::vector<Check> checks = {{"four gradients", "hand", four_ways},
                               {"notebook", "golden", notebook_loss},
                               {"two sweeps", "structure", sweep_twice},
                               {"two steps", "structure", step_twice},
                               {"overwritten", "structure", overwrite}};
  add_model<Rnn>("tanh RNN", by_hand::rnn, checks);
  add_model<CharLstm>("LSTM", by_hand::lstm, checks);
  add_model<CharGru>("GRU", by_hand::gru, checks);
  return checks;
}

}  // namespace battery
