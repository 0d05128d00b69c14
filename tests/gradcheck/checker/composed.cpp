// Controls made of ops: the value of a function with the derivatives of another one.
#include "controls.hpp"

namespace controls {

namespace {

const Array<double> vector{0.3, -1.2, 0.7, 2.0};
const Array<double> matrix{{0.5, -1.0, 0.25}, {2.0, 0.75, -0.5}, {-0.3, 1.5, 1.1}};
const Array<double> other{{1.5, 0.2, -0.7}, {-0.4, 0.9, 0.6}, {0.8, -1.3, 0.35}};
const Array<double> cube{{{0.5, -1.0}, {2.0, 0.75}}, {{1.1, 0.3}, {-0.6, 1.4}}};
const Array<double> row{0.6, -0.9, 1.7};

template <class V>
V flipped(const V& x) {
  return slice(x, {Slice{{}, {}, -1}});
}

// ---- the defects

// The whole gradient times 1 + by.
auto factor(double by) {
  return [by](auto x) { return with_gradient_of(tanh(x), (1 + by) * tanh(x)); };
}
// A component times `by` after it has been made `tiny` times the others.
auto component(double tiny, double by) {
  return [=]<class T>(const Var<T>& x) {
    const Var<T> right = tanh(x) * numbers<T>({1, 1, tiny, 1}), wrong = tanh(x) * numbers<T>({1, 1, by * tiny, 1});
    return with_gradient_of(right, wrong);
  };
}
const auto tanh_of = [](auto x) { return tanh(x); };
const auto product = [](auto a, auto b) { return matmul(a, b); };
const auto sign_wrong = [](auto x) { return with_gradient_of(tanh(x), -tanh(x)); };
const auto transposed = [](auto a, auto b) {
  return with_gradient_of(matmul(a, b), matmul(transpose(a), b.detach()) + matmul(a.detach(), b));
};
const auto swapped = [](auto a, auto b) { return with_gradient_of(matmul(a, b), matmul(b, a)); };
const auto dropped = [](auto a, auto b) { return matmul(a, b.detach()); };
const auto biased = [](auto a, auto b) { return a * b; };
// b (3) takes part in three rows, and gets the gradient of one of them.
const auto one_row = [](auto a, auto b) {
  const auto first = reshape(b, {1, 3}), rest = broadcast_to(b.detach(), {2, 3});
  return a * concat({first, rest}, 0);
};
const auto mean_not_sum = [](auto a, auto b) { return with_gradient_of(a * b, a * b.detach() + a.detach() * b / 3.0); };
const auto batched = [](auto a) { return matmul(a, a); };
const auto wrong_batch = [](auto a) {
  const auto b = a.detach();
  return with_gradient_of(matmul(a, a), matmul(flipped(a), flipped(b)) + matmul(b, a));
};
const auto detached = [](auto x) { return x * tanh(x).detach(); };
const auto undetached = [](auto x) { return x * tanh(x); };
const auto noise = [](auto x) { return (x + 1e8) - 1e8; };  // a staircase, of steps of 1.5e-8
const auto kink = [](auto x) { return relu(x - 0.3); };
const auto smooth = [](auto x) { return square(x - 0.3); };
const auto through_float = []<class T>(const Var<T>& x) {
  // the slope of tanh, rounded to float once
  std::vector<double> slope;
  const Var<T> y = tanh(x).detach(), s = 1.0 - y * y;
  for (Size i = 0; i < s.size(); ++i) slope.push_back(double(float(std::real(s.data()[i]))));
  return with_gradient_of(tanh(x), x * numbers<T>(slope));
};
const auto softmax_without_coupling = [](auto x) {
  const auto p = softmax(x);
  return with_gradient_of(p, x * p.detach());  // the term -p (p g) is forgotten
};

using Table = std::vector<Control>;

// What every comparison of entries sees, down to its own smallest relative error.
void any_comparison(Table& t, Method m, double smallest) {
  const auto scaled = [](auto x) { return tanh(x); };
  t.push_back(control(m, "a thousandth too much", factor(1e-3), scaled, {vector}));
  t.push_back(control(m, "the smallest error it sees", factor(smallest), scaled, {vector}));
  t.push_back(control(m, "as much too little", factor(-smallest), scaled, {vector}));
  t.push_back(control(m, "the sign", sign_wrong, scaled, {vector}));
  t.push_back(control(m, "an entry is zero", component(1, 0), component(1, 1), {vector}));
  t.push_back(control(m, "an entry is a hundredth off", component(1, 1.01), component(1, 1), {vector}));
  t.push_back(control(m, "a transposed matrix gradient", transposed, product, {matrix, other}));
  t.push_back(control(m, "operands swapped", swapped, product, {matrix, other}));
  t.push_back(control(m, "no gradient for an input", dropped, product, {matrix, other}));
  t.push_back(control(m, "no sum over a broadcast axis", one_row, biased, {matrix, row}));
  t.push_back(control(m, "a mean over a broadcast axis", mean_not_sum, biased, {matrix, row}));
  t.push_back(control(m, "the other element of the batch", wrong_batch, batched, {cube}));
  t.push_back(control(m, "a factor that is taken for constant", detached, undetached, {vector}));
  t.push_back(control(m, "softmax without its coupling", softmax_without_coupling, [](auto x) { return softmax(x); },
                      {vector}));
}

void differenced(Table& t, Method m) {
  t.push_back(control(m, "a kink that is not declared", kink, smooth, {vector}, Verdict::inconclusive));
  t.push_back(control(m, "noise", noise, tanh_of, {vector}, Verdict::inconclusive));
  t.push_back(control(
      m, "the edge of the domain", [](auto x) { return sqrt(x); }, tanh_of, {Array<double>{0.0, 1.0, 2.0}},
      Verdict::inconclusive));
}

void complex_step(Table& t) {
  const Method m = Method::complex_step;
  t.push_back(control(m, "through float once", through_float, tanh_of, {vector}));
  t.push_back(control(m, "a tiny component is a thousandth off", component(1e-9, 1.001), component(1e-9, 1), {vector}));
  t.push_back(control(m, "a tiny component is zero", component(1e-10, 0), component(1e-10, 1), {vector}));
}

// In float alone, or everywhere.
template <class T>
double in_float(double by) {
  return std::is_same_v<T, float> ? by : 0;
}

void float_vs_double(Table& t) {
  const Method m = Method::float_vs_double;
  const auto off = [](double by) {
    return [by]<class T>(const Var<T>& x) { return with_gradient_of(tanh(x), (1 + in_float<T>(by)) * tanh(x)); };
  };
  t.push_back(control(m, "a ten-thousandth off in float", off(1e-4), tanh_of, {vector}));
  t.push_back(control(m, "the smallest error it sees", off(1e-5), tanh_of, {vector}));
  t.push_back(control(m, "the sign in float", off(-2), tanh_of, {vector}));
  t.push_back(control(m, "an entry is zero in float",
                      []<class T>(const Var<T>& x) {
                        return with_gradient_of(tanh(x), tanh(x) * numbers<T>({1, 1, 1 - in_float<T>(1), 1}));
                      },
                      tanh_of, {vector}));
  t.push_back(control(
      m, "an intermediate of ten thousand times the size", [](auto x) { return square((x + 1e4) - 1e4); },
      [](auto x) { return square(x); }, {vector}));
  t.push_back(control(
      m, "a difference of squares", [](auto x) { return square(square(x + 1e3) - square(x - 1e3)); },
      [](auto x) { return square(4e3 * x); }, {vector}));
  t.push_back(control(
      m, "a softmax that overflows in float", [](auto x) { return exp(x + 88.0) / sum(exp(x + 88.0)); },
      [](auto x) { return softmax(x); }, {vector}));
}

}  // namespace

std::vector<Control> composed() {
  Table t;
  any_comparison(t, Method::central, 1e-7);
  any_comparison(t, Method::richardson, 1e-9);
  any_comparison(t, Method::six_point, 1e-9);
  any_comparison(t, Method::complex_step, 1e-12);
  any_comparison(t, Method::taylor, 1e-5);
  for (const Method m : {Method::central, Method::richardson, Method::six_point}) differenced(t, m);
  complex_step(t);
  float_vs_double(t);
  return t;
}

}  // namespace controls
