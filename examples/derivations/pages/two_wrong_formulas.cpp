// The cell of the notebook that xgrad began from, with its bias inside the recurrent product, and the two formulas that
// belong to another function: docs/derivations/tanh_rnn.md. One step; it reads a and is to predict b.
#include <algorithm>
#include <by_hand/loops.hpp>
#include <by_hand/output_layer.hpp>
#include <cmath>

#include "../pages.hpp"

namespace derivations {

namespace {

constexpr std::size_t input = 0, target = 1;

enum : std::size_t { w_ih, w_hh, b, w_out, b_out };  // places among the parameters

struct Cell {
  by_hand::Weights w;
  Matrix h_before;
};

Matrix sum_of(const Matrix& x, const Matrix& y) {
  Matrix s = x;
  for (std::size_t i = 0; i < s.v.size(); ++i) s.v[i] += y.v[i];
  return s;
}

// h = tanh(x W_ih + (h_before + b) W_hh)
Matrix hidden_state(const Cell& c) {
  Matrix h(1, hidden);
  by_hand::add_rows_of(c.w[w_ih], &input, h);
  by_hand::add_product(sum_of(c.h_before, c.w[b]), c.w[w_hh], h);
  for (Real& v : h.v) v = std::tanh(v);
  return h;
}

by_hand::OutputStep output(const Cell& c, const Matrix& h) {
  return by_hand::output_forward(h, c.w[w_out], c.w[b_out], &target);
}

Real loss(const Cell& c) { return output(c, hidden_state(c)).loss; }

// `right`: differentiated as it stands. Otherwise with the notebook's dW_hh and db.
by_hand::Weights gradients(const Cell& c, bool right) {
  by_hand::Weights g = by_hand::zeros_like(c.w);
  const Matrix h = hidden_state(c), dy = output(c, h).dy;
  Matrix da(1, hidden);  // dh at first
  by_hand::output_backward(h, c.w[w_out], dy, g[w_out], g[b_out], da);
  for (std::size_t j = 0; j < hidden; ++j) da(0, j) *= 1 - h(0, j) * h(0, j);
  by_hand::add_to_rows_of(da, &input, g[w_ih]);
  by_hand::add_transposed_product(right ? sum_of(c.h_before, c.w[b]) : h, da, g[w_hh]);
  if (right) by_hand::add_product_transposed(da, c.w[w_hh], g[b]);
  else g[b] = da;
  return g;
}

by_hand::Weights gradients_on_tape(const Cell& c) {
  xgrad::Tape<double> tape;
  std::vector<V> w;
  for (const Matrix& m : c.w) w.push_back(xgrad::leaf(array(m)));
  const xgrad::Index reads = input, next = target;
  const V x = embedding(w[w_ih], {&reads, 1});
  const V h = tanh(affine(xgrad::constant(array(c.h_before)) + w[b], w[w_hh], x));
  backward(softmax_cross_entropy(affine(h, w[w_out], w[b_out]), {&next, 1}, xgrad::Reduction::sum));
  by_hand::Weights g;
  for (const V& v : w) g.push_back(gradient_of(v));
  return g;
}

by_hand::Weights quotients(Cell c) {
  by_hand::Weights g = by_hand::zeros_like(c.w);
  for (std::size_t n = 0; n < c.w.size(); ++n)
    for (std::size_t i = 0; i < c.w[n].v.size(); ++i) {
      Real& v = c.w[n].v[i];
      const Real at = v, step = 1e-3L;
      const auto f = [&](int k) {
        v = at + Real(k) * step;
        return loss(c);
      };
      g[n].v[i] = (45 * (f(1) - f(-1)) - 9 * (f(2) - f(-2)) + (f(3) - f(-3))) / (60 * step);
      v = at;
    }
  return g;
}

// |a - b| over the larger of the two, norm-wise: 1 where one of them is zero.
Real distance(const Matrix& x, const Matrix& y) {
  Real d = 0, n_x = 0, n_y = 0;
  for (std::size_t i = 0; i < x.v.size(); ++i) {
    d += (x.v[i] - y.v[i]) * (x.v[i] - y.v[i]);
    n_x += x.v[i] * x.v[i], n_y += y.v[i] * y.v[i];
  }
  return d == 0 ? 0 : std::sqrt(d / std::max(n_x, n_y));
}

// Round-off is not printed.
std::string verdict(Real error) { return error < 1e-12L ? "below 1e-12" : number(error); }

void print_witnesses(std::ostream& out, const Cell& c) {
  const by_hand::Weights right = gradients(c, true), wrong = gradients(c, false), tape = gradients_on_tape(c),
                         numeric = quotients(c);
  const char* const names[] = {"W_ih", "W_hh", "b", "W", "b_out"};
  Agreement agreement;
  Table elements({"gradient of", "by hand", "on the tape", "difference quotient", "the notebook's"});
  Table errors({"against the quotient", "by hand", "on the tape", "the notebook's"});
  for (std::size_t n = 0; n < c.w.size(); ++n) {
    agreement.compare(names[n], right[n], tape[n]);
    agreement.compare(std::string("a difference quotient for ") + names[n], right[n], numeric[n]);
    errors.add({names[n], verdict(distance(right[n], numeric[n])), verdict(distance(tape[n], numeric[n])),
                verdict(distance(wrong[n], numeric[n]))});
    if (n != w_hh && n != b) continue;
    for (std::size_t i = 0; i < c.w[n].rows; ++i)
      for (std::size_t k = 0; k < hidden; ++k)
        elements.add({element(names[n], c.w[n], i, k), number(right[n](i, k)), number(tape[n](i, k)),
                      number(numeric[n](i, k)), number(wrong[n](i, k))});
  }
  out << elements << "\nOf each gradient as a whole, |a - b| / max(|a|, |b|):\n\n" << errors;
}

void print_losses(std::ostream& out, const Cell& c) {
  const auto after = [&](bool right) {
    Cell moved = c;
    const by_hand::Weights g = gradients(c, right);
    for (std::size_t n = 0; n < g.size(); ++n)
      for (std::size_t i = 0; i < g[n].v.size(); ++i) moved.w[n].v[i] -= 0.1L * g[n].v[i];
    return number(loss(moved));
  };
  Table table({"the loss", "nats"});
  table.add({"before", number(loss(c))});
  table.add({"after a step of 0.1 by the notebook's formulas", after(false)});
  table.add({"after a step of 0.1 by the right ones", after(true)});
  out << table;
}

}  // namespace

void two_wrong_formulas(std::ostream& out) {
  const Cell c{
      {matrix(3, 2, {0.5, -0.3, 0.2, 0.4, -0.6, 0.1}), matrix(2, 2, {0.3, -0.2, 0.1, 0.4}), matrix(1, 2, {0.1, -0.1}),
       matrix(2, 3, {0.7, -0.4, 0.2, -0.5, 0.3, 0.6}), matrix(1, 3, {0.1, -0.2, 0.3})},
      matrix(1, 2, {0.2, -0.1})};
  {
    const Block block(out, "tanh_rnn two wrong formulas");
    print_witnesses(out, c);
  }
  {
    Cell from_zero = c;
    from_zero.w[b] = from_zero.h_before = Matrix(1, hidden);
    const Block block(out, "tanh_rnn two wrong formulas from zero");
    print_witnesses(out, from_zero);
  }
  const Block block(out, "tanh_rnn losses");
  print_losses(out, c);
}

}  // namespace derivations
