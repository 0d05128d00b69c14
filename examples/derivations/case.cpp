#include "case.hpp"

#include <algorithm>
#include <by_hand/output_layer.hpp>
#include <cmath>
#include <stdexcept>

namespace derivations {

Matrix matrix(std::size_t rows, std::size_t columns, const std::vector<double>& values) {
  if (values.size() != rows * columns) throw std::logic_error("a matrix of the case is not filled");
  Matrix m(rows, columns);
  std::copy(values.begin(), values.end(), m.v.begin());
  return m;
}

namespace {

by_hand::Window part(const by_hand::Window& w, std::size_t from, std::size_t to) {
  const auto cut = [&](const std::vector<std::size_t>& ids) {
    return std::vector<std::size_t>(ids.begin() + std::ptrdiff_t(from), ids.begin() + std::ptrdiff_t(to));
  };
  return {cut(w.inputs), cut(w.targets)};
}

HandStep step(const Case& c, std::size_t t) {
  HandStep s;
  s.state = c.bptt(c.weights, part(c.window, 0, t), c.first).state;
  s.future = c.bptt(c.weights, part(c.window, t, steps), s.state).state_gradients;
  const Matrix& h = s.state[0];
  const std::size_t target = c.window.targets[t - 1];
  by_hand::OutputStep output = by_hand::output_forward(h, c.output_weight(), c.output_bias(), &target);
  s.loss = output.loss;
  s.p = s.dy = output.dy;
  s.p(0, target) += 1;
  Matrix dw(hidden, vocabulary), db(1, vocabulary);
  s.from_output = Matrix(1, hidden);
  by_hand::output_backward(h, c.output_weight(), s.dy, dw, db, s.from_output);
  s.dh = s.from_output;
  for (std::size_t j = 0; j < hidden; ++j) s.dh(0, j) += s.future[0](0, j);
  return s;
}

}  // namespace

std::vector<HandStep> steps_by_hand(const Case& c) {
  std::vector<HandStep> all(1);
  all[0].state = c.first;
  for (std::size_t t = 1; t <= steps; ++t) all.push_back(step(c, t));
  return all;
}

Real difference(const Case& c, Real& at) {
  // What the series leaves out at this step is below the round-off of a long double's loss over the step.
  const Real before = at, h = 1e-3L;
  const auto slope = [&](int k) {
    at = before + Real(k) * h;
    const Real above = c.bptt(c.weights, c.window, c.first).loss;
    at = before - Real(k) * h;
    const Real below = c.bptt(c.weights, c.window, c.first).loss;
    return above - below;
  };
  const Real d = (45 * slope(1) - 9 * slope(2) + slope(3)) / (60 * h);
  at = before;
  return d;
}

void check_by_differences(Case c, const by_hand::Result& r) {
  std::size_t name = 0;
  const auto check = [&](std::vector<Matrix>& all, const std::vector<Matrix>& gradients) {
    for (std::size_t n = 0; n < all.size(); ++n, ++name)
      for (std::size_t i = 0; i < all[n].v.size(); ++i)
        if (!(std::abs(difference(c, all[n].v[i]) - gradients[n].v[i]) <= 1e-12L))
          throw std::runtime_error("a difference quotient contradicts the gradient of " + c.names[name]);
  };
  check(c.weights, r.gradients);
  check(c.first, r.state_gradients);
}

std::string element(const std::string& name, const Matrix& m, std::size_t i, std::size_t k) {
  const std::string row = name == "W_ih" ? letters[i] : std::to_string(i);
  return name + "(" + (m.rows == 1 ? "" : row + ", ") + std::to_string(k) + ")";
}

void print_weights(std::ostream& out, const Case& c) {
  std::size_t columns = 0;
  for (const Matrix& w : c.weights) columns = std::max(columns, w.columns);
  std::vector<std::string> head{"row"};
  for (std::size_t k = 0; k < columns; ++k) head.push_back(std::to_string(k));
  Table table(head);
  const auto add = [&](const std::string& name, const Matrix& w) {
    for (std::size_t i = 0; i < w.rows; ++i) {
      std::vector<std::string> row = numbers(w, i);
      row.insert(row.begin(), w.rows == 1 ? name : name + " " + (name == "W_ih" ? letters[i] : std::to_string(i)));
      row.resize(columns + 1);
      table.add(row);
    }
  };
  for (std::size_t n = 0; n < c.weights.size(); ++n) add(c.names[n], c.weights[n]);
  for (std::size_t n = 0; n < c.first.size(); ++n) add(c.names[c.weights.size() + n], c.first[n]);
  out << table;
}

}  // namespace derivations
