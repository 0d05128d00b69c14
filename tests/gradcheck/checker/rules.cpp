// Controls with a rule of their own, wrong in one place: what is compared are the parts of rules.
#include <cmath>

#include "controls.hpp"

namespace controls {

namespace {

constexpr int length = 4;
const Array<double> vector{0.3, -1.2, 0.7, 2.0};
const Array<double> matrix{{0.5, -1.0}, {2.0, 0.75}};
const Array<double> weight{{1.5, 0.2}, {-0.4, 0.9}};
const Array<double> row{0.6, -0.9};

// What a rule makes of y_bar.
enum class Seed { itself, ignored, affine, magnitude, squashed };

struct Defect {
  double vjp = 1, jvp = 1, accumulate = 1;  // factors on the derivative
  double vjp_second = 1, jvp_second = 1;    // on the derivative of the derivative, and not on its value
  int entry = -1;                           // the factors are of this entry alone; else of all
  double compensated = 0;                   // added to entry 0 of the gradient, and taken from entry 1
  Seed seed = Seed::itself;
  bool assigns = false;       // where it ought to add
  bool transposes = false;    // the order of entries, in the JVP
  int* calls = nullptr;       // a hidden state: the gradient depends on it
  int* recordings = nullptr;  // likewise
};

// tanh of a vector of `length` elements.
template <class T>
struct Tanh {
  static constexpr const char* name = "wrong_tanh";
  static constexpr int arity = 1;
  Defect by;

  Shape shape(const Inputs<T>& x) const { return x.shape(0); }
  void forward(const Inputs<T>& x, const Output<T>& y) {
    for (Size i = 0; i < y.size(); ++i) y.data()[i] = std::tanh(x[0][i]);
    if (by.recordings) by.accumulate *= 1 + 1e-9 * ++*by.recordings;
  }
  double at(double factor, Size i) const { return by.entry < 0 || i == by.entry ? factor : 1; }
  Var<T> entries(double factor) const {
    std::vector<double> all;
    for (Size i = 0; i < length; ++i) all.push_back(at(factor, i));
    return numbers<T>(all);
  }
  Var<T> slope(const Context<T>& c, double second) const {
    const Var<T> y = c.y(), s = 1 - y * y;
    if (second == 1) return s;
    const Var<T> share = entries(second);
    return s * share + s.detach() * (1 - share);
  }
  Var<T> seeded(const Var<T>& y_bar) const {
    if (by.seed == Seed::ignored) return 0 * y_bar + 1;
    if (by.seed == Seed::affine) return y_bar + 1e-6;
    if (by.seed == Seed::magnitude) return abs(y_bar);
    if (by.seed == Seed::squashed) return tanh(y_bar);
    return y_bar;
  }
  Var<T> vjp(const Context<T>& c, int, const Var<T>& y_bar) const {
    const Var<T> g = seeded(y_bar) * (slope(c, by.vjp_second) * entries(by.vjp));
    return by.compensated == 0 ? g : g + y_bar * numbers<T>({by.compensated, -by.compensated, 0, 0});
  }
  Var<T> jvp(const Context<T>& c, int, const Var<T>& x_dot) const {
    const Var<T> moved = by.transposes ? slice(x_dot, {Slice{{}, {}, -1}}) : x_dot;
    return moved * (slope(c, by.jvp_second) * entries(by.jvp));
  }
  // Right unless it is told not to be: then a wrong vjp is seen beside it.
  void accumulate(Pullback<T>& p) const {
    const Acc<T> x_bar = p.into(0);
    if (!x_bar) return;
    const double state = by.calls ? 1 + 1e-9 * ++*by.calls : 1;
    for (Size i = 0; i < p.size(); ++i) {
      const T g = T(state * at(by.accumulate, i)) * p.y_bar()[i] * (T(1) - p.y()[i] * p.y()[i]);
      x_bar.data()[i] = x_bar.add() && !by.assigns ? x_bar.data()[i] + g : g;
    }
  }
};

// The same without a kernel: then the sweep takes vjp.
template <class T>
struct SlowTanh {
  static constexpr const char* name = "wrong_tanh";
  static constexpr int arity = 1;
  Tanh<T> rule;
  Shape shape(const Inputs<T>& x) const { return rule.shape(x); }
  void forward(const Inputs<T>& x, const Output<T>& y) { rule.forward(x, y); }
  Var<T> vjp(const Context<T>& c, int i, const Var<T>& y_bar) const { return rule.vjp(c, i, y_bar); }
  Var<T> jvp(const Context<T>& c, int i, const Var<T>& x_dot) const { return rule.jvp(c, i, x_dot); }
};

auto kernel(const Defect& by) {
  return [by]<class T>(const Var<T>& x) { return record<T>(Tanh<T>{by}, x); };
}
auto plain(const Defect& by) {
  return [by]<class T>(const Var<T>& x) { return record<T>(SlowTanh<T>{{by}}, x); };
}
// x is used once more, later, so its gradient is added to.
auto shared(const Defect& by) {
  return [by]<class T>(const Var<T>& x) {
    const Var<T> first = record<T>(Tanh<T>{by}, x);
    return first + square(x);
  };
}

// a b, or a + b with b broadcast, with one defect each.
enum class Fault { none, second_detached, no_second_jvp, operands_swapped, mean, one_row };

template <class T>
struct Binary {
  static constexpr const char* name = "wrong_binary";
  static constexpr int arity = 2;
  Fault fault;
  bool adds;

  Shape shape(const Inputs<T>& x) const { return x.shape(0); }
  void forward(const Inputs<T>& x, const Output<T>& y) {
    for (Size i = 0; i < y.size(); ++i) {
      const T a = x[0][i], b = x[1][i % x.size(1)];
      y.data()[i] = adds ? a + b : a * b;
    }
  }
  Var<T> vjp(const Context<T>& c, int i, const Var<T>& y_bar) const {
    if (adds) {
      if (i == 0 || c.shape(0) == c.shape(1)) return y_bar;
      if (fault == Fault::mean) return y_bar / double(c.shape(0)[0]);
      if (fault == Fault::one_row) return slice(y_bar, {Slice{0, 1}});
      return y_bar;
    }
    const Var<T> partner = c.x(fault == Fault::operands_swapped ? i : 1 - i);
    return y_bar * (fault == Fault::second_detached && i == 0 ? partner.detach() : partner);
  }
  Var<T> jvp(const Context<T>& c, int i, const Var<T>& x_dot) const {
    if (adds) return x_dot + 0 * c.y();
    if (fault == Fault::no_second_jvp && i == 1) return {};
    return x_dot * c.x(1 - i);
  }
};

auto binary(Fault fault, bool adds = false) {
  return [=]<class T>(const Var<T>& a, const Var<T>& b) { return record<T>(Binary<T>{fault, adds}, a, b); };
}

// The matrix product, whose weight gradient may be put off and merged with others.
enum class Flush { right, a_thousandth, two_rows_only, assigns };

template <class T, Flush how>
struct Product {
  static constexpr const char* name = "wrong_product";
  static constexpr int arity = 2;
  Shape shape(const Inputs<T>& x) const { return {x.shape(0)[0], x.shape(1)[1]}; }
  void forward(const Inputs<T>& x, const Output<T>& y) {
    const Index m = x.shape(0)[0], k = x.shape(0)[1], n = x.shape(1)[1];
    std::fill_n(y.data(), y.size(), T(0));
    for (Index i = 0; i < m; ++i)
      for (Index l = 0; l < k; ++l)
        for (Index j = 0; j < n; ++j) y.data()[i * n + j] += x[0][i * k + l] * x[1][l * n + j];
  }
  Var<T> vjp(const Context<T>& c, int i, const Var<T>& y_bar) const {
    return i == 0 ? matmul(y_bar, c.x(1), false, true) : matmul(c.x(0), y_bar, true, false);
  }
  Var<T> jvp(const Context<T>& c, int i, const Var<T>& x_dot) const {
    return i == 0 ? matmul(x_dot, c.x(1)) : matmul(c.x(0), x_dot);
  }
  void accumulate(Pullback<T>& p) const {
    const Index m = p.shape()[0], n = p.shape()[1], k = p.shape(0)[1];
    if (const Acc<T> a_bar = p.into_own(0))
      for (Index i = 0; i < m; ++i)
        for (Index l = 0; l < k; ++l) {
          T g = a_bar.add() ? a_bar.data()[i * k + l] : T(0);
          for (Index j = 0; j < n; ++j) g += p.y_bar()[i * n + j] * p.x(1)[l * n + j];
          a_bar.data()[i * k + l] = g;
        }
    p.product(1, 0, p.y_bar(), m);
  }
  static void flush(const DeferredRun<T>& run) {
    const Index rows = how == Flush::two_rows_only ? std::min<Index>(run.rows, 2) : run.rows;
    const bool add = run.add && how != Flush::assigns;
    for (Index l = 0; l < run.k; ++l)
      for (Index j = 0; j < run.n; ++j) {
        T g = 0;
        for (Index i = 0; i < rows; ++i) g += run.a[i * run.a_stride + l] * run.d[i * run.d_stride + j];
        if (how == Flush::a_thousandth) g *= T(1.001);
        T& to = run.w_bar[l * run.n + j];
        to = add ? to + g : g;
      }
  }
};

// Two steps of a recurrence: the two products with w become one.
template <Flush how>
auto recurrence() {
  return []<class T>(const Var<T>& h, const Var<T>& w) {
    const Var<T> once = tanh(record<T>(Product<T, how>{}, h, w));
    return record<T>(Product<T, how>{}, once, w) + sum(square(w));
  };
}

class Table {
 public:
  explicit Table(Method method) : method_(method) {}
  template <class Broken, class Twin>
  void one(const char* name, Broken broken, Twin twin) {
    controls.push_back(control(method_, name, broken, twin, {vector}));
  }
  template <class Broken, class Twin>
  void two(const char* name, Broken broken, Twin twin, const Array<double>& b = weight) {
    controls.push_back(control(method_, name, broken, twin, {matrix, b}));
  }
  std::vector<Control> controls;

 private:
  Method method_;
};

const auto right = kernel({});
const auto slow = plain({});
const auto product = binary(Fault::none);

Table dot_product() {
  Table t(Method::dot_product);
  t.one("JVP a thousandth too much", kernel({.jvp = 1.001}), right);
  t.one("JVP, the smallest error it sees", kernel({.jvp = 1 + 1e-12}), right);
  t.one("VJP, the smallest error it sees", plain({.vjp = 1 + 1e-12}), slow);
  t.one("an entry of the VJP", plain({.vjp = 1.01, .entry = 2}), slow);
  t.one("an entry of the JVP is zero", kernel({.jvp = 0, .entry = 1}), right);
  t.one("the sign of the JVP", kernel({.jvp = -1}), right);
  t.one("errors that cancel in an all-positive direction", plain({.compensated = 1e-3}), slow);
  t.one("JVP of the entries in another order", kernel({.transposes = true}), right);
  t.two("JVP forgets an input", binary(Fault::no_second_jvp), product);
  t.two("VJP swaps the operands", binary(Fault::operands_swapped), product);
  return t;
}

Table double_backward() {
  Table t(Method::double_backward);
  t.one("second derivative a thousandth too much", plain({.vjp_second = 1.001, .jvp_second = 1.001}), slow);
  t.one("the smallest error it sees", plain({.vjp_second = 1 + 1e-6, .jvp_second = 1 + 1e-6}), slow);
  t.one("the first gradient is taken for constant", plain({.vjp_second = 0, .jvp_second = 0}), slow);
  t.one("the sign", plain({.vjp_second = -1, .jvp_second = -1}), slow);
  t.one("an entry", plain({.vjp_second = 0, .jvp_second = 0, .entry = 3}), slow);
  t.one("of the VJP alone", plain({.vjp_second = 1 + 1e-10}), slow);
  t.one("of the JVP alone", plain({.jvp_second = 1 + 1e-10}), slow);
  t.two("a detached factor: H is not symmetric", binary(Fault::second_detached), product);
  return t;
}

Table sweeps() {
  Table t(Method::sweeps);
  const auto steps = recurrence<Flush::right>();
  t.one("accumulate a thousandth too much", kernel({.accumulate = 1.001}), right);
  t.one("accumulate, the smallest error it sees", kernel({.accumulate = 1 + 1e-12}), right);
  t.one("vjp, the smallest error it sees", kernel({.vjp = 1 - 1e-12}), right);
  t.one("the sign of accumulate", kernel({.accumulate = -1}), right);
  t.one("an entry of accumulate is zero", kernel({.accumulate = 0, .entry = 2}), right);
  t.one("accumulate assigns where it ought to add", shared({.assigns = true}), shared({}));
  t.two("products a thousandth too much", recurrence<Flush::a_thousandth>(), steps);
  t.two("merged products lose rows", recurrence<Flush::two_rows_only>(), steps);
  t.two("products assign where they ought to add", recurrence<Flush::assigns>(), steps);
  return t;
}

Table structure() {
  static int calls = 0, recordings = 0;
  Table t(Method::structure);
  const auto bias = binary(Fault::none, true);
  t.one("y_bar is ignored", plain({.seed = Seed::ignored}), slow);
  t.one("affine in y_bar", plain({.seed = Seed::affine}), slow);
  t.one("the magnitude of y_bar", plain({.seed = Seed::magnitude}), slow);
  t.one("y_bar is squashed", plain({.seed = Seed::squashed}), slow);
  t.one("another sweep, another gradient", kernel({.calls = &calls}), right);
  t.one("another recording, another gradient", kernel({.recordings = &recordings}), right);
  t.two("a mean over a broadcast axis", binary(Fault::mean, true), bias, row);
  t.two("one row of a broadcast axis", binary(Fault::one_row, true), bias, row);
  return t;
}

}  // namespace

std::vector<Control> of_rules() {
  std::vector<Control> all;
  for (const Table& t : {dot_product(), double_backward(), sweeps(), structure()})
    all.insert(all.end(), t.controls.begin(), t.controls.end());
  return all;
}

}  // namespace controls
