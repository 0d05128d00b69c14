// The worked cases of docs/derivations/gru.md.
#include <by_hand/loops.hpp>
#include <cmath>
#include <utility>

#include "../pages.hpp"

namespace derivations {

namespace {

const std::vector<std::string> gate_names{"r", "z", "n"};

Case gru_case() {
  return {by_hand::gru,
          {"W_ih", "W_hh", "b_ih", "b_hh", "W", "b_out", "h_0"},
          {matrix(3, 6,
                  {0.5, -0.3, 0.2, 0.4, -0.6, 0.1,  //
                   0.1, 0.6, -0.7, 0.3, 0.8, 0.5,   //
                   -0.4, 0.2, 0.1, 0.6, -0.1, 0.3}),
           matrix(2, 6,
                  {0.3, -0.2, 0.4, 0.1, 0.5, -0.4,  //
                   0.1, 0.4, -0.3, 0.2, 0.7, 0.3}),
           matrix(1, 6, {0, 0.1, 0.3, -0.4, -0.1, 0.2}), matrix(1, 6, {0.2, -0.1, 0.1, 0.3, 0.4, -0.3}),
           matrix(2, 3, {0.7, -0.4, 0.2, -0.5, 0.3, 0.6}), matrix(1, 3, {0.1, -0.2, 0.3})},
          {matrix(1, 2, {0.2, -0.1})}};
}

// One unit in one step: what is computed and, with dh_t, what is owed.
struct Unit {
  Real r, z, n, v_n;
  Real du_r, du_z, du_n, dv_n;
};

Unit unit(const Case& c, const std::vector<HandStep>& hand, std::size_t t, std::size_t j) {
  const Matrix& before = hand[t - 1].state[0];
  Matrix u = c.weights[2], v = c.weights[3];
  by_hand::add_rows_of(c.weights[0], &c.window.inputs[t - 1], u);
  by_hand::add_product(before, c.weights[1], v);
  Unit x{};
  x.r = by_hand::sigmoid(u(0, j) + v(0, j));
  x.z = by_hand::sigmoid(u(0, hidden + j) + v(0, hidden + j));
  x.v_n = v(0, 2 * hidden + j);
  x.n = std::tanh(u(0, 2 * hidden + j) + x.r * x.v_n);
  const Real dh = hand[t].dh(0, j);
  x.du_n = dh * (1 - x.z) * (1 - x.n * x.n);
  x.dv_n = x.du_n * x.r;
  x.du_r = x.du_n * x.v_n * x.r * (1 - x.r);
  x.du_z = dh * (before(0, j) - x.n) * x.z * (1 - x.z);
  return x;
}

void print_gates(std::ostream& out, const Case& c, const std::vector<HandStep>& hand, const OnTape& tape) {
  Agreement agreement;
  Table table({"step", "unit", "r", "z", "v_n", "n", "h_t by hand", "h_t on the tape"});
  for (std::size_t t = 1; t <= steps; ++t)
    for (std::size_t j = 0; j < hidden; ++j) {
      const Unit x = unit(c, hand, t, j);
      const Real h = (1 - x.z) * x.n + x.z * hand[t - 1].state[0](0, j), taped = tape.steps[t].state[0](0, j);
      agreement.compare("h", h, taped);
      table.add({j == 0 ? std::to_string(t) : "", std::to_string(j), number(x.r), number(x.z), number(x.v_n),
                 number(x.n), number(h), number(taped)});
    }
  out << table << "\nLargest difference between hand and tape: " << agreement.bound() << ".\n";
}

// What the steps after t owe to unit j of h_t directly, by z, and through the product.
std::pair<Real, Real> from_after(const Case& c, const std::vector<HandStep>& hand, std::size_t t, std::size_t j) {
  if (t == steps) return {0, 0};
  Real by_product = 0;
  for (std::size_t k = 0; k < hidden; ++k) {
    const Unit x = unit(c, hand, t + 1, k);
    const Matrix& w = c.weights[1];
    by_product += x.du_r * w(j, k) + x.du_z * w(j, hidden + k) + x.dv_n * w(j, 2 * hidden + k);
  }
  return {hand[t + 1].dh(0, j) * unit(c, hand, t + 1, j).z, by_product};
}

void print_states(std::ostream& out, const Case& c, const std::vector<HandStep>& hand, const OnTape& tape) {
  Agreement agreement;
  Table table({"step", "unit", "dy_t W^T", "dh_{t+1} z_{t+1}", "dv_{t+1} W_hh^T", "dh_t by hand", "h_bar on the tape"});
  for (std::size_t t = steps; t >= 1; --t)
    for (std::size_t j = 0; j < hidden; ++j) {
      const auto [by_z, by_product] = from_after(c, hand, t, j);
      const Real taped = tape.steps[t].state_bar[0](0, j), dh = hand[t].from_output(0, j) + by_z + by_product;
      agreement.compare("what comes from the step after", by_z + by_product, hand[t].future[0](0, j));
      agreement.compare("dh", dh, taped);
      table.add({j == 0 ? std::to_string(t) : "", std::to_string(j), number(hand[t].from_output(0, j)), number(by_z),
                 number(by_product), number(dh), number(taped)});
    }
  out << table << "\nLargest difference between hand and tape: " << agreement.bound() << ".\n";
}

void print_before_gates(std::ostream& out, const Case& c, const std::vector<HandStep>& hand, const OnTape& tape) {
  Agreement agreement;
  Table table({"step", "unit", "du_r by hand", "tape", "du_z by hand", "tape", "du_n by hand", "tape", "dv_n by hand"});
  for (std::size_t t = steps; t >= 1; --t)
    for (std::size_t j = 0; j < hidden; ++j) {
      const Unit x = unit(c, hand, t, j);
      std::vector<std::string> row{j == 0 ? std::to_string(t) : "", std::to_string(j)};
      const Real du[] = {x.du_r, x.du_z, x.du_n};
      for (std::size_t gate = 0; gate < 3; ++gate) {
        const Real taped = tape.steps[t].x_bar(0, gate * hidden + j);
        agreement.compare("du", du[gate], taped);
        row.insert(row.end(), {number(du[gate]), number(taped)});
      }
      row.push_back(number(x.dv_n));
      table.add(row);
    }
  out << table << "\nLargest difference: " << agreement.bound() << ".\n";
}

}  // namespace

void gru_page(std::ostream& out) {
  const Case c = gru_case();
  const std::vector<HandStep> hand = steps_by_hand(c);
  const OnTape tape = on_tape<xgrad::GruCell<double>>(c);
  const by_hand::Result result = c.bptt(c.weights, c.window, c.first);
  Agreement agreement;
  check_gradients<xgrad::GruCell<double>>(c, result, agreement);
  const auto block = [&](const std::string& name, auto print) {
    const Block marks(out, "gru " + name);
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
