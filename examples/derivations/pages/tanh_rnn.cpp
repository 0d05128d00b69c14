// The worked cases of docs/derivations/tanh_rnn.md.
#include "../pages.hpp"

namespace derivations {

namespace {

Case rnn_case() {
  return {by_hand::rnn,
          {"W_ih", "W_hh", "b", "W", "b_out", "h_0"},
          {matrix(3, 2, {0.5, -0.3, 0.2, 0.4, -0.6, 0.1}), matrix(2, 2, {0.3, -0.2, 0.1, 0.4}),
           matrix(1, 2, {0.1, -0.1}), matrix(2, 3, {0.7, -0.4, 0.2, -0.5, 0.3, 0.6}), matrix(1, 3, {0.1, -0.2, 0.3})},
          {matrix(1, 2, {0.2, -0.1})}};
}

// da_t = dh_t (1 - h_t^2)
Matrix before_tanh(const HandStep& s) {
  Matrix da = s.dh;
  for (std::size_t j = 0; j < hidden; ++j) da(0, j) *= 1 - s.state[0](0, j) * s.state[0](0, j);
  return da;
}

void print_states(std::ostream& out, const std::vector<HandStep>& hand, const OnTape& tape) {
  Agreement agreement;
  Table table({"step", "unit", "dy_t W^T", "da_{t+1} W_hh^T", "dh_t by hand", "h_bar on the tape", "da_t by hand",
               "x_bar on the tape"});
  for (std::size_t t = steps; t >= 1; --t) {
    const HandStep& s = hand[t];
    const Matrix da = before_tanh(s);
    agreement.compare("dy", s.dy, tape.steps[t].y_bar);
    agreement.compare("dh", s.dh, tape.steps[t].state_bar[0]);
    agreement.compare("da", da, tape.steps[t].x_bar);
    for (std::size_t j = 0; j < hidden; ++j)
      table.add({j == 0 ? std::to_string(t) : "", std::to_string(j), number(s.from_output(0, j)),
                 number(s.future[0](0, j)), number(s.dh(0, j)), number(tape.steps[t].state_bar[0](0, j)),
                 number(da(0, j)), number(tape.steps[t].x_bar(0, j))});
  }
  out << table << "\nLargest difference between hand and tape: " << agreement.bound() << ".\n";
}

// What step t adds to the gradient of element (i, k) of weight n.
Real contribution(const Case& c, const std::vector<HandStep>& hand, std::size_t t, std::size_t n, std::size_t i,
                  std::size_t k) {
  const Real da = n < 3 ? before_tanh(hand[t])(0, k) : 0, dy = n < 3 ? 0 : hand[t].dy(0, k);
  switch (n) {
    case 0:
      return c.window.inputs[t - 1] == i ? da : 0;
    case 1:
      return hand[t - 1].state[0](0, i) * da;
    case 2:
      return da;
    case 3:
      return hand[t].state[0](0, i) * dy;
    default:
      return dy;
  }
}

void print_gradients(std::ostream& out, Case c, const std::vector<HandStep>& by_step, const OnTape& tape) {
  const by_hand::Result hand = c.bptt(c.weights, c.window, c.first);
  Agreement agreement, sums;
  check_gradients<xgrad::RnnCell<double>>(c, hand, agreement);
  Table table({"gradient of", "step 1", "step 2", "step 3", "by hand", "on the tape", "difference quotient"});
  for (std::size_t n = 0; n < c.weights.size(); ++n)
    for (std::size_t i = 0; i < c.weights[n].rows; ++i)
      for (std::size_t k = 0; k < c.weights[n].columns; ++k) {
        std::vector<std::string> row{element(c.names[n], c.weights[n], i, k)};
        Real sum = 0;
        for (std::size_t t = 1; t <= steps; ++t) {
          const Real part = contribution(c, by_step, t, n, i, k);
          sum += part;
          row.push_back(number(part));
        }
        sums.compare("the sum over steps for " + row[0], sum, hand.gradients[n](i, k));
        const Real quotient = difference(c, c.weights[n](i, k));
        row.insert(row.end(), {number(hand.gradients[n](i, k)), number(tape.gradients[n](i, k)), number(quotient)});
        table.add(row);
      }
  for (std::size_t j = 0; j < hidden; ++j)
    table.add({element("h_0", c.first[0], 0, j), "", "", "", number(hand.state_gradients[0](0, j)),
               number(tape.state_gradients[0](0, j)), number(difference(c, c.first[0](0, j)))});
  out << table;
  print_agreement(out, agreement);
}

}  // namespace

void tanh_rnn_page(std::ostream& out) {
  const Case c = rnn_case();
  const std::vector<HandStep> hand = steps_by_hand(c);
  const OnTape tape = on_tape<xgrad::RnnCell<double>>(c);
  {
    const Block block(out, "tanh_rnn weights");
    print_weights(out, c);
  }
  {
    const Block block(out, "tanh_rnn forward");
    print_forward(out, c, hand, tape);
  }
  {
    const Block block(out, "tanh_rnn states");
    print_states(out, hand, tape);
  }
  {
    const Block block(out, "tanh_rnn gradients");
    print_gradients(out, c, hand, tape);
  }
  two_wrong_formulas(out);
}

}  // namespace derivations
