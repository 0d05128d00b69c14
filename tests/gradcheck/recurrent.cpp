#include <by_hand/four_ways.hpp>

#include "suite.hpp"

namespace suite {

namespace {

using by_hand::Case;
using by_hand::Flat;

struct Size3 {
  Index steps, batch;
  double spread;  // of weights, biases and the first state
};

// Few characters, so that they repeat; biases and a first state that are not zero.
template <class M>
Case draw(const M& model, Size3 size, Index vocabulary, Index hidden, Rng& rng) {
  for (const auto& p : named_parameters(model)) rng.fill_normal(p.parameter.mutable_value(), size.spread);
  Case c;
  for (Index i = 0; i < size.steps * size.batch; ++i) {
    c.inputs.push_back(rng.below(vocabulary));
    c.targets.push_back(rng.below(vocabulary));
  }
  for (Index part = 0; part < model.state_parts(); ++part)
    c.state.push_back(rng.normal_array<double>({size.batch, hidden}, 0.5));
  return c;
}

template <class M, class C>
void check_model(const std::string& name, by_hand::Formulas formulas, std::uint32_t seed, std::vector<Finding>& found) {
  const Index vocabulary = 4, hidden = 3;
  for (const Size3 size : {Size3{3, 2, 0.01}, Size3{4, 3, 0.5}, Size3{6, 2, 1.0}}) {
    ParamStore<double> store;
    ParamStore<std::complex<double>> complex_store;
    const M model(store, {vocabulary, hidden});
    const C complex(complex_store, {vocabulary, hidden});
    Rng rng(seed);
    const Case c = draw(model, size, vocabulary, hidden, rng);
    const auto blocks = by_hand::blocks(model, c);
    const Flat x = by_hand::values(model, c);
    std::vector<Flat> units(x.size(), Flat(x.size(), 0.0));
    for (std::size_t i = 0; i < x.size(); ++i) units[i][i] = 1;

    const std::string what = name + ", T " + std::to_string(size.steps) + ", B " + std::to_string(size.batch) +
                             ", spread " + std::to_string(size.spread).substr(0, 4);
    double loss = 0, loss_by_hand = 0;
    const Flat tape = by_hand::tape_gradient(model, c, &loss);
    const auto hold = [&](const char* method, const Flat& other) {
      const auto a = by_hand::compare(blocks, tape, other);
      found.push_back({method, what, a.agrees, a.error, a.ulps, a.worst});
    };
    hold("hand", by_hand::hand_gradient(model, c, formulas, &loss_by_hand));
    hold("forward_mode", by_hand::forward_mode(model, c, units));
    hold("complex_step", by_hand::complex_step(complex, c, x, units));
    const double off = std::abs(loss - loss_by_hand) / loss_by_hand;
    found.push_back({"golden", what + ": loss", off <= 1e-13, off, 0, std::to_string(loss)});
  }
}

}  // namespace

std::vector<Finding> check_recurrent(std::uint32_t seed) {
  using Z = std::complex<double>;
  std::vector<Finding> found;
  check_model<CharRnn<double>, CharRnn<Z>>("tanh RNN", by_hand::rnn, seed, found);
  check_model<CharLstm<double>, CharLstm<Z>>("LSTM", by_hand::lstm, seed, found);
  check_model<CharGru<double>, CharGru<Z>>("GRU", by_hand::gru, seed, found);
  return found;
}

}  // namespace suite
