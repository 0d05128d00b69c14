// The blocks that pages have in common.
#include "pages.hpp"

namespace derivations {

void print_forward(std::ostream& out, const Case& c, const std::vector<HandStep>& hand, const OnTape& tape) {
  Agreement agreement;
  Table table({"step", "reads", "unit", "h_t by hand", "h_t on the tape", "target", "its p_t", "L_t"});
  Real total = 0;
  for (std::size_t t = 1; t <= steps; ++t) {
    const std::size_t target = c.window.targets[t - 1];
    const Matrix& h = hand[t].state[0];
    agreement.compare("h", h, tape.steps[t].state[0]);
    agreement.compare("p", hand[t].p, tape.steps[t].p);
    total += hand[t].loss;
    table.add({std::to_string(t), letters[c.window.inputs[t - 1]], "0", number(h(0, 0)),
               number(tape.steps[t].state[0](0, 0)), letters[target], number(hand[t].p(0, target)),
               number(hand[t].loss)});
    table.add({"", "", "1", number(h(0, 1)), number(tape.steps[t].state[0](0, 1)), "", "", ""});
  }
  agreement.compare("the loss", total, tape.loss);
  out << table << "\nThe loss is " << number(total) << " nats by hand and " << number(tape.loss)
      << " on the tape. Largest difference: " << agreement.bound() << ".\n";
}

void print_gate_gradients(std::ostream& out, const Case& c, const by_hand::Result& hand, const OnTape& tape,
                          const std::vector<std::string>& gates) {
  std::vector<std::string> head{"gradient of"};
  for (const std::string& gate : gates) head.insert(head.end(), {gate + " by hand", "tape"});
  Table table(head);
  for (std::size_t n = 0; n + 2 < c.weights.size(); ++n)
    for (std::size_t i = 0; i < c.weights[n].rows; ++i)
      for (std::size_t j = 0; j < hidden; ++j) {
        std::vector<std::string> row{element(c.names[n], c.weights[n], i, j)};
        for (std::size_t gate = 0; gate < gates.size(); ++gate) {
          const std::size_t k = gate * hidden + j;
          row.insert(row.end(), {number(hand.gradients[n](i, k)), number(tape.gradients[n](i, k))});
        }
        table.add(row);
      }
  out << table;
}

void print_other_gradients(std::ostream& out, const Case& c, const by_hand::Result& hand, const OnTape& tape) {
  Table table({"gradient of", "by hand", "on the tape"});
  const auto add = [&](const std::string& name, const Matrix& a, const Matrix& b) {
    for (std::size_t i = 0; i < a.rows; ++i)
      for (std::size_t k = 0; k < a.columns; ++k) table.add({element(name, a, i, k), number(a(i, k)), number(b(i, k))});
  };
  const std::size_t count = c.weights.size();
  for (std::size_t n = count - 2; n < count; ++n) add(c.names[n], hand.gradients[n], tape.gradients[n]);
  for (std::size_t n = 0; n < c.first.size(); ++n)
    add(c.names[count + n], hand.state_gradients[n], tape.state_gradients[n]);
  out << table;
}

void print_agreement(std::ostream& out, const Agreement& agreement) {
  out << "\nLargest difference between hand and tape: " << agreement.bound()
      << ". A difference quotient of sixth order agrees with\nevery one of these to 1e-12.\n";
}

}  // namespace derivations
