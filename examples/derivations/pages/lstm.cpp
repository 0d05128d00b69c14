// The worked cases of docs/derivations/lstm.md.
#include <by_hand/loops.hpp>
#include <cmath>

#include "../pages.hpp"

namespace derivations {

namespace {

constexpr std::size_t gate_count = 4;  // i f g o
const std::vector<std::string> gate_names{"i", "f", "g", "o"};

Case lstm_case() {
  return {by_hand::lstm,
          {"W_ih", "W_hh", "b", "W", "b_out", "h_0", "c_0"},
          {matrix(3, 8, {0.5,  -0.3, 0.2, 0.4, -0.6, 0.1, 0.3, -0.2,  //
                         0.1,  0.6,  0.7, 0.3, 0.8,  0.5, 0.2, -0.5,  //
                         -0.4, 0.2,  0.1, 0.6, -0.1, 0.3, 0.9, 0.4}),
           matrix(2, 8,
                  {0.3, -0.2, 0.4, 0.1, 0.5, -0.4, 0.2, 0.6,  //
                   0.1, 0.4, -0.3, 0.2, 0.7, 0.3, -0.1, 0.5}),
           matrix(1, 8, {0, 0.1, 1, 1, -0.1, 0.2, 0.1, -0.2}), matrix(2, 3, {0.7, -0.4, 0.2, -0.5, 0.3, 0.6}),
           matrix(1, 3, {0.1, -0.2, 0.3})},
          {matrix(1, 2, {0.2, -0.1}), matrix(1, 2, {0.4, -0.3})}};
}

// i f g o (1, 4H) of step t, from the state before it.
Matrix gates_of(const Case& c, const std::vector<HandStep>& hand, std::size_t t) {
  Matrix a = c.weights[2];
  by_hand::add_rows_of(c.weights[0], &c.window.inputs[t - 1], a);
  by_hand::add_product(hand[t - 1].state[0], c.weights[1], a);
  for (std::size_t k = 0; k < a.columns; ++k)
    a(0, k) = k / hidden == 2 ? std::tanh(a(0, k)) : by_hand::sigmoid(a(0, k));
  return a;
}

void print_gates(std::ostream& out, const Case& c, const std::vector<HandStep>& hand, const OnTape& tape) {
  Agreement agreement;
  Table table({"step", "unit", "i", "f", "g", "o", "c_t by hand", "on the tape", "h_t by hand", "on the tape"});
  for (std::size_t t = 1; t <= steps; ++t) {
    const Matrix gates = gates_of(c, hand, t), &h = hand[t].state[0], &cell = hand[t].state[1];
    const by_hand::State& taped = tape.steps[t].state;
    agreement.compare("h", h, taped[0]);
    agreement.compare("c", cell, taped[1]);
    for (std::size_t j = 0; j < hidden; ++j) {
      const Real i = gates(0, j), f = gates(0, 2 + j), g = gates(0, 4 + j), o = gates(0, 6 + j);
      agreement.compare("c from the gates", f * hand[t - 1].state[1](0, j) + i * g, cell(0, j));
      table.add({j == 0 ? std::to_string(t) : "", std::to_string(j), number(i), number(f), number(g), number(o),
                 number(cell(0, j)), number(taped[1](0, j)), number(h(0, j)), number(taped[0](0, j))});
    }
  }
  out << table << "\nLargest difference between hand and tape: " << agreement.bound() << ".\n";
}

// dc_t: what comes through h_t, and what step t + 1 leaves.
Matrix through_h(const HandStep& s, const Matrix& gates) {
  Matrix dc(1, hidden);
  for (std::size_t j = 0; j < hidden; ++j) {
    const Real tanh_c = std::tanh(s.state[1](0, j));
    dc(0, j) = s.dh(0, j) * gates(0, 3 * hidden + j) * (1 - tanh_c * tanh_c);
  }
  return dc;
}

void print_states(std::ostream& out, const Case& c, const std::vector<HandStep>& hand, const OnTape& tape) {
  Agreement agreement;
  Table table({"step", "unit", "dy_t W^T", "da_{t+1} W_hh^T", "dh_t by hand", "tape", "through h_t", "dc_{t+1} f_{t+1}",
               "dc_t by hand", "tape"});
  for (std::size_t t = steps; t >= 1; --t) {
    const HandStep& s = hand[t];
    const Matrix first = through_h(s, gates_of(c, hand, t));
    const by_hand::State& taped = tape.steps[t].state_bar;
    agreement.compare("dh", s.dh, taped[0]);
    for (std::size_t j = 0; j < hidden; ++j) {
      const Real dc = first(0, j) + s.future[1](0, j);
      agreement.compare("dc", dc, taped[1](0, j));
      table.add({j == 0 ? std::to_string(t) : "", std::to_string(j), number(s.from_output(0, j)),
                 number(s.future[0](0, j)), number(s.dh(0, j)), number(taped[0](0, j)), number(first(0, j)),
                 number(s.future[1](0, j)), number(dc), number(taped[1](0, j))});
    }
  }
  out << table << "\nLargest difference between hand and tape: " << agreement.bound() << ".\n";
}

// da_t of unit j by its four lines, i f g o.
std::vector<Real> before_gates(const Case& c, const std::vector<HandStep>& hand, std::size_t t, std::size_t j) {
  const Matrix gates = gates_of(c, hand, t);
  const Real i = gates(0, j), f = gates(0, 2 + j), g = gates(0, 4 + j), o = gates(0, 6 + j);
  const Real dh = hand[t].dh(0, j), dc = through_h(hand[t], gates)(0, j) + hand[t].future[1](0, j);
  return {dc * g * i * (1 - i), dc * hand[t - 1].state[1](0, j) * f * (1 - f), dc * i * (1 - g * g),
          dh * std::tanh(hand[t].state[1](0, j)) * o * (1 - o)};
}

void print_before_gates(std::ostream& out, const Case& c, const std::vector<HandStep>& hand, const OnTape& tape) {
  Agreement agreement;
  std::vector<std::string> head{"step", "unit"};
  for (const auto& gate : gate_names) head.insert(head.end(), {"da_" + gate + " by hand", "tape"});
  Table table(head);
  for (std::size_t t = steps; t >= 1; --t)
    for (std::size_t j = 0; j < hidden; ++j) {
      const std::vector<Real> da = before_gates(c, hand, t, j);
      std::vector<std::string> row{j == 0 ? std::to_string(t) : "", std::to_string(j)};
      for (std::size_t gate = 0; gate < gate_count; ++gate) {
        const Real taped = tape.steps[t].x_bar(0, gate * hidden + j);
        agreement.compare("da", da[gate], taped);
        row.insert(row.end(), {number(da[gate]), number(taped)});
      }
      table.add(row);
    }
  out << table << "\nLargest difference: " << agreement.bound() << ".\n";
}

}  // namespace

void lstm_page(std::ostream& out) {
  const Case c = lstm_case();
  const std::vector<HandStep> hand = steps_by_hand(c);
  const OnTape tape = on_tape<xgrad::LstmCell<double>>(c);
  const by_hand::Result result = c.bptt(c.weights, c.window, c.first);
  Agreement agreement;
  check_gradients<xgrad::LstmCell<double>>(c, result, agreement);
  const auto block = [&](const std::string& name, auto print) {
    const Block marks(out, "lstm " + name);
    print();
  };
  block("weights", [&] { print_weights(out, c); });
  block("gates", [&] { print_gates(out, c, hand, tape); });
  block("forward", [&] { print_forward(out, c, hand, tape); });
  block("states", [&] { print_states(out, c, hand, tape); });
  block("before gates", [&] { print_before_gates(out, c, hand, tape); });
  block("gradients", [&] {
    print_gate_gradients(out, c, result, tape, gate_names);
    out << '\n';
    print_other_gradients(out, c, result, tape);
    print_agreement(out, agreement);
  });
}

}  // namespace derivations
