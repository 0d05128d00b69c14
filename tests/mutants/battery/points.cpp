// Single points: gradients in closed form, values at extreme numbers, and what comes after the gradient.
#include <xgrad/models/models.hpp>

#include <cmath>

#include "battery.hpp"

namespace battery {

using namespace xgrad;

namespace {

using D = double;

// The gradient of a sum of f by x, by kernels and by recorded rules, against `want`.
template <class F>
void gradient_is(const F& f, const Array<D>& x, const Array<D>& want, const std::string& what, Sheet& sheet) {
  Tape<D> tape;
  const Var<D> v = leaf(x), y = sum(f(v));
  backward(y, {.retain_graph = true});
  const Array<D> swept = v.grad();
  const Var<D> recorded = grad(y, {v})[0];
  for (std::size_t i = 0; i < want.size(); ++i) {
    sheet.close(swept.data()[i], want.data()[i], 1e-14, "hand", what);
    sheet.close(recorded.data()[i], want.data()[i], 1e-14, "hand", what + ", recorded");
  }
}

void closed_forms(Sheet& sheet) {
  const Array<D> x{0.5, -2, 3};
  const auto diamond = [](auto a) {
    const auto b = a + a;
    return b * b;
  };
  gradient_is(diamond, x, {4, -16, 24}, "b = a + a, b b", sheet);
  const auto chain = [](auto a) {
    const auto y = a * a;
    return y * a + y;
  };
  gradient_is(chain, x, {1.75, 8, 33}, "y = x x, y x + y", sheet);
  const auto rows = [](auto a) { return mean(a, 0) * constant(Array<D>{3, 5}); };
  gradient_is(rows, {{1, 2}, {3, 4}, {5, 6}}, {{1, 5 / 3.0}, {1, 5 / 3.0}, {1, 5 / 3.0}}, "mean of rows", sheet);
  const Index ids[] = {1, 0, 1};
  const auto looked_up = [&](auto a) { return embedding(a, ids) * constant(Array<D>{{1, 2}, {3, 4}, {5, 6}}); };
  gradient_is(looked_up, {{1, 1}, {1, 1}}, {{3, 4}, {6, 8}}, "a repeated id", sheet);
}

// (softmax - onehot) / n.
void cross_entropy_slope(Sheet& sheet) {
  const Array<D> logits{{0.5, -1, 2}, {1, 1, 0}, {-3, 0.25, 1}};
  const Index targets[] = {1, 0, 2};
  Array<D> want = logits;
  for (std::size_t r = 0; r < 3; ++r) {
    D total = 0;
    for (std::size_t k = 0; k < 3; ++k) total += std::exp(logits(r, k));
    for (std::size_t k = 0; k < 3; ++k)
      want(r, k) = (std::exp(logits(r, k)) / total - (std::size_t(targets[r]) == k ? 1 : 0)) / 3;
  }
  const auto f = [&](auto x) { return softmax_cross_entropy(x, targets, Reduction::mean); };
  gradient_is(f, logits, want, "mean cross-entropy of three rows", sheet);
}

// A weight in two products of different heights, and by itself: three contributions of different kinds.
void weight_used_thrice(Sheet& sheet) {
  const Array<D> a{{1, 2}, {3, -1}}, b{{0.5, 4}}, w{{2, -3}, {0.25, 1}};
  const auto f = [&](auto v) { return sum(matmul(constant(a), v)) + 3 * sum(matmul(constant(b), v)) + sum(v * v); };
  Array<D> want = w;
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t k = 0; k < 2; ++k) want(i, k) = a(0, i) + a(1, i) + 3 * b(0, i) + 2 * w(i, k);
  gradient_is(f, w, want, "a weight used three times", sheet);
}

void extreme_numbers(Sheet& sheet) {
  const auto value = [&](const char* what, auto f, const Array<D>& x, D want) {
    Tape<D> tape;
    sheet.close(f(constant(x)).item(), want, 4e-15, "golden", what);
  };
  const auto lse = [](auto x) { return logsumexp(x); };
  value("logsumexp at 1e4", lse, {1e4, 1e4}, 1e4 + std::log(2.0));
  value("logsumexp at -1e4", lse, {-1e4, -1e4}, -1e4 + std::log(2.0));
  const Index first[] = {0}, second[] = {1};
  const auto loss_of_first = [&](auto x) { return softmax_cross_entropy(x, first, Reduction::sum); };
  const auto loss_of_second = [&](auto x) { return softmax_cross_entropy(x, second, Reduction::sum); };
  value("cross-entropy at 1e8", loss_of_first, {{1e8, 1e8}}, std::log(2.0));
  value("cross-entropy at -1e8", loss_of_second, {{-1e8, -1e8}}, std::log(2.0));
  value("cross-entropy at 1e8 and a little less", loss_of_second, {{1e8, 1e8 - 1, 1e8 - 3}},
        1 + std::log(1 + std::exp(-1.0) + std::exp(-3.0)));
}

// The gradient of w is g.
void set_gradient(ParamStore<D>& store, const Parameter<D>& w, const Array<D>& g) {
  Tape<D> tape;
  store.zero_grad();
  backward(sum(w * constant(g)));
}

void clipping(Sheet& sheet) {
  ParamStore<D> store;
  const auto w = store.add(Array<D>{1, 1, 1, 1});
  const auto is = [&](const char* what, const Array<D>& got, const Array<D>& want) {
    for (std::size_t i = 0; i < want.size(); ++i) sheet.close(got(i), want(i), 1e-15, "closed_form", what);
  };
  set_gradient(store, w, {7, -7, 3, -5});
  Sgd<D>(store, {.learning_rate = 2}).step({.clip_by_value = 5});
  is("a step clipped by value", w.value(), {-9, 11, -5, 11});
  set_gradient(store, w, {2, 3, 6, 0});
  const GradientFigures figures = gradient_figures(store.gradients());
  sheet.close(figures.norm, 7, 1e-15, "closed_form", "norm before clipping");
  clip_by_norm(store.gradients(), figures, 3.5);
  is("clip by norm", w.grad(), {1, 1.5, 3, 0});
}

void optimisers(Sheet& sheet) {
  ParamStore<D> store;
  const auto w = store.add(Array<D>{1});
  Adagrad<D> adagrad(store, {.learning_rate = 0.1, .eps = 1e-2});
  D m = 0, x = 1;
  for (const D g : {0.3, -0.05}) {
    set_gradient(store, w, {g});
    adagrad.step();
    m += g * g;
    x -= 0.1 * g / std::sqrt(m + 1e-2);
  }
  sheet.close(w.value()(0), x, 1e-15, "closed_form", "two steps of Adagrad");

  w.assign({1});
  Adam<D> adam(store, {.learning_rate = 0.1, .beta1 = 0.5, .beta2 = 0.75, .eps = 0.5});
  for (const D g : {2.0, 5.0}) {
    set_gradient(store, w, {g});
    adam.step();
  }
  sheet.close(w.value()(0), 1 - 0.2 / 2.5 - 0.4 / 4.5, 1e-15, "closed_form", "two steps of Adam");
}

}  // namespace

std::vector<Check> point_checks() {
  return {{"closed forms", "hand", closed_forms},
          {"cross-entropy", "hand", cross_entropy_slope},
          {"a weight used three times", "hand", weight_used_thrice},
          {"extreme numbers", "golden", extreme_numbers},
          {"clipping", "closed_form", clipping},
          {"optimisers", "closed_form", optimisers}};
}

}  // namespace battery
