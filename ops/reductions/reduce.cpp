#include "reduce.hpp"

#include <algorithm>
#include <utility>

#include "../../autograd/core/scalars.hpp"
#include "../../autograd/rules/record.hpp"
#include "../elementwise/arithmetic.hpp"
#include "../elementwise/functions.hpp"
#include "../kernels/rows.hpp"
#include "../samples.hpp"
#include "../shaping/reshape.hpp"

namespace xgrad {

namespace {

// What a reduction of these axes leaves: with them as axes of length 1, and without.
struct Reduced {
  Shape kept, dropped;
  Index count = 1;  // elements that go into one
  Reduced(const Shape& shape, const std::vector<bool>& axes) : kept(shape) {
    std::vector<Index> rest;
    for (int axis = 0; axis < shape.rank(); ++axis) {
      if (!axes[std::size_t(axis)]) {
        rest.push_back(shape[axis]);
        continue;
      }
      count *= shape[axis];
      kept.set(axis, 1);
    }
    dropped = Shape(rest);
  }
  const Shape& shape(bool keep_dims) const { return keep_dims ? kept : dropped; }
};

template <class T>
Var<T> as_shape(const Var<T>& x, const Shape& shape) {
  return x.shape() == shape ? x : reshape(x, shape);
}

template <class T>
Var<T> permute(const Var<T>& x, const std::vector<int>& o) {
  return std::is_sorted(o.begin(), o.end()) ? x : transpose(x, std::span<const int>(o));
}

// x with the reduced axes merged into one, the last: what the kernels for rows take.
template <class T>
Var<T> as_rows(const Var<T>& x, const std::vector<bool>& axes, const Reduced& r) {
  std::vector<int> order;
  for (const bool wanted : {false, true})
    for (int axis = 0; axis < x.rank(); ++axis)
      if (axes[std::size_t(axis)] == wanted) order.push_back(axis);
  const int last = r.dropped.rank();
  if (last == Shape::max_rank) return reshape(x, Shape{static_cast<Index>(x.size()), 1});
  return as_shape(permute(x, order), r.dropped.inserted(last, r.count));
}

// ---- rules along the last axis; the shape has at least one

Index last_axis(const Shape& s) { return s[s.rank() - 1]; }
Index rows_of(const Shape& s) { return static_cast<Index>(s.without(s.rank() - 1).size()); }

// y of one element a row, with that row's axis again.
template <class T>
Var<T> column(const Var<T>& y) {
  return reshape(y, y.shape().inserted(y.rank(), 1));
}

template <class T>
struct MaxRows {
  static constexpr const char* name = "max";
  static constexpr int arity = 1;

  Shape shape(const Inputs<T>& x) const { return x.shape(0).without(x.shape(0).rank() - 1); }
  void forward(const Inputs<T>& x, const Output<T>& y) {
    kernels::max_rows(rows_of(x.shape(0)), last_axis(x.shape(0)), x[0], y.data());
  }
  // share is 1/2 where an element ties with the maximum and 0 elsewhere.
  static Var<T> weights(const Context<T>& c) {
    const Var<T> ties = share(c.x(0), column(c.y()));
    return ties / sum(ties, -1, true);
  }
  Var<T> vjp(const Context<T>& c, int, const Var<T>& y_bar) const { return column(y_bar) * weights(c); }
  Var<T> jvp(const Context<T>& c, int, const Var<T>& x_dot) const { return sum(x_dot * weights(c), -1); }
  void accumulate(Pullback<T>& p) const {
    const Shape s = p.shape(0);
    if (const Acc<T> x_bar = p.into_own(0))
      kernels::max_rows_backward(rows_of(s), last_axis(s), p.x(0), p.y(), p.y_bar(), x_bar.data(), x_bar.add());
  }
};

template <class T>
struct LogSumExpRows {
  static constexpr const char* name = "logsumexp";
  static constexpr int arity = 1;

  Shape shape(const Inputs<T>& x) const { return x.shape(0).without(x.shape(0).rank() - 1); }
  void forward(const Inputs<T>& x, const Output<T>& y) {
    kernels::logsumexp_rows(rows_of(x.shape(0)), last_axis(x.shape(0)), x[0], y.data());
  }
  Var<T> vjp(const Context<T>& c, int, const Var<T>& y_bar) const { return column(y_bar) * softmax(c.x(0)); }
  Var<T> jvp(const Context<T>& c, int, const Var<T>& x_dot) const { return sum(x_dot * softmax(c.x(0)), -1); }
  void accumulate(Pullback<T>& p) const {
    const Shape s = p.shape(0);
    if (const Acc<T> x_bar = p.into_own(0))
      kernels::logsumexp_rows_backward(rows_of(s), last_axis(s), p.x(0), p.y(), p.y_bar(), x_bar.data(), x_bar.add());
  }
};

template <class T>
struct Softmax {
  static constexpr const char* name = "softmax";
  static constexpr int arity = 1;

  Shape shape(const Inputs<T>& x) const { return x.shape(0); }
  void forward(const Inputs<T>& x, const Output<T>& y) {
    kernels::softmax_rows(rows_of(y.shape()), last_axis(y.shape()), x[0], y.data());
  }
  Var<T> vjp(const Context<T>& c, int, const Var<T>& y_bar) const {
    const Var<T> y = c.y();
    return y * (y_bar - sum(y * y_bar, -1, true));
  }
  Var<T> jvp(const Context<T>& c, int i, const Var<T>& x_dot) const { return vjp(c, i, x_dot); }  // symmetric
  void accumulate(Pullback<T>& p) const {
    const Shape s = p.shape();
    if (const Acc<T> x_bar = p.into_own(0))
      kernels::softmax_rows_backward(rows_of(s), last_axis(s), p.y(), p.y_bar(), x_bar.data(), x_bar.add());
  }
};

template <class T>
struct LogSoftmax {
  static constexpr const char* name = "log_softmax";
  static constexpr int arity = 1;

  Shape shape(const Inputs<T>& x) const { return x.shape(0); }
  void forward(const Inputs<T>& x, const Output<T>& y) {
    kernels::log_softmax_rows(rows_of(y.shape()), last_axis(y.shape()), x[0], y.data());
  }
  Var<T> vjp(const Context<T>& c, int, const Var<T>& y_bar) const { return y_bar - exp(c.y()) * sum(y_bar, -1, true); }
  Var<T> jvp(const Context<T>& c, int, const Var<T>& x_dot) const { return x_dot - sum(exp(c.y()) * x_dot, -1, true); }
  void accumulate(Pullback<T>& p) const {
    const Shape s = p.shape();
    if (const Acc<T> x_bar = p.into_own(0))
      kernels::log_softmax_rows_backward(rows_of(s), last_axis(s), p.y(), p.y_bar(), x_bar.data(), x_bar.add());
  }
};

template <class T, class R>
Var<T> reduce_rows(const Var<T>& x, const Axes& axes, bool keep_dims) {
  const std::vector<bool> reduced = axes.resolve(R::name, x.shape());
  const Reduced r(x.shape(), reduced);
  if (r.count == 0) fail<ValueError>(R::name, "x, which is " + x.shape().str() + ", has no elements to reduce");
  return as_shape(record<T>(R{}, as_rows(x, reduced, r)), r.shape(keep_dims));
}

// A rule along the last axis, applied along any.
template <class T, class R>
Var<T> along(const Var<T>& x, int axis) {
  const int rank = x.rank(), at = resolve_axis(R::name, axis, x.shape());
  std::vector<int> swap;
  for (int i = 0; i < rank; ++i) swap.push_back(i == at ? rank - 1 : i == rank - 1 ? at : i);
  return permute(record<T>(R{}, permute(x, swap)), swap);
}

}  // namespace

template <class T>
Var<T> sum(const Var<T>& x, const Axes& axes, bool keep_dims) {
  const Reduced r(x.shape(), axes.resolve("sum", x.shape()));
  return as_shape(sum_to(x, r.kept), r.shape(keep_dims));
}

template <class T>
Var<T> mean(const Var<T>& x, const Axes& axes, bool keep_dims) {
  const Reduced r(x.shape(), axes.resolve("mean", x.shape()));
  if (r.count == 0) fail<ValueError>("mean", "x, which is " + x.shape().str() + ", has no elements to reduce");
  return sum(x, axes, keep_dims) / r.count;
}

template <class T>
Var<T> max(const Var<T>& x, const Axes& axes, bool keep_dims) {
  return reduce_rows<T, MaxRows<T>>(x, axes, keep_dims);
}

template <class T>
Var<T> logsumexp(const Var<T>& x, const Axes& axes, bool keep_dims) {
  return reduce_rows<T, LogSumExpRows<T>>(x, axes, keep_dims);
}

template <class T>
Var<T> softmax(const Var<T>& x, int axis) {
  return along<T, Softmax<T>>(x, axis);
}

template <class T>
Var<T> log_softmax(const Var<T>& x, int axis) {
  return along<T, LogSoftmax<T>>(x, axis);
}

namespace {

template <class T>
using Reduction = Var<T> (*)(const Var<T>&, const Axes&, bool);

// The entry of a reduction: over all axes, one, several; kept and dropped. `empty`: whether it is defined over none.
template <class T>
OpInfo<T> reduction(const std::string& name, Reduction<T> f, bool empty, std::vector<Kink<T>> kinks) {
  const auto samples = [=](Rng& rng) {
    // All values differ by at least 1/16, so that max has no ties.
    const auto draw = [&](const Shape& s) {
      Array<T> x = make_array<T>(s);
      std::vector<int> order(x.size());
      for (std::size_t i = 0; i < order.size(); ++i) order[i] = int(i);
      for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[std::size_t(rng.below(Index(i)))]);
      for (std::size_t i = 0; i < order.size(); ++i) x.data()[i] = static_cast<T>(order[i] / 16.0 - 1);
      return x;
    };
    std::vector<Sample<T>> all;
    const auto add = [&](const Shape& s, const std::string& label, const Axes& axes, bool keep) {
      if (!empty && s.size() == 0) return;
      all.push_back({s.str() + label, {draw(s)}, [=](auto x) { return f(x[0], axes, keep); }});
    };
    for (const Shape& s : samples::shapes()) add(s, " all", {}, false), add(s, " all, kept", {}, true);
    for (const Shape& s : samples::shapes())
      if (s.rank() > 1)
        add(s, " axis 0", 0, false), add(s, " axis -1, kept", -1, true), add(s, " axes 0 1", {0, 1}, false);
    add({2, 3, 5}, " axes 0 2", {0, 2}, false), add({2, 3, 5}, " axes 0 2, kept", {0, 2}, true);
    add({2, 3, 5}, " axis 1", 1, false), add({2, 3, 2, 4}, " axes 1 -1", {1, -1}, false);
    add({2, 3, 2, 4}, " no axis", std::initializer_list<int>{}, false);
    return all;
  };
  const auto x = [](const Shape& s) { return Tape<T>::require("test").filled(s, T(0)); };
  const std::string start = "[" + name + "] ";
  std::vector<ErrorSample> errors = {{[=] {
                                        f(x({2, 3}), 2, false);
                                      },
                                      start + "axis 2 is out of range for x, which is (2, 3)"},
                                     {[=] {
                                        f(x({2, 3}), {0, -2}, false);
                                      },
                                      start + "axis -2 is named twice for x, which is (2, 3)"}};
  if (!empty)
    errors.push_back({[=] { f(x({0, 3}), {}, false); }, start + "x, which is (0, 3), has no elements to reduce"});
  return {name, samples, std::move(errors), std::move(kinks), twice_differentiable};
}

// Elements that tie for the largest share its gradient, row by row.
template <class T>
std::vector<Kink<T>> kinks_of_max() {
  const auto matrix = [](std::initializer_list<double> values) {
    Array<T> x = make_array<T>({2, 3});
    std::transform(values.begin(), values.end(), x.begin(), [](double v) { return static_cast<T>(v); });
    return x;
  };
  const Array<T> x = matrix({3, 1, 3, 3, 0, -1});
  const auto kink = [&](const char* label, const Axes& axes, const Array<T>& wanted) {
    return Kink<T>{label, {x}, [axes](std::span<const Var<T>> v) { return max(v[0], axes); }, {wanted}};
  };
  const double third = 1.0 / 3;
  return {samples::unary_kink<T>("three of four", [](const Var<T>& v) { return max(v); }, {3, 1, 3, 3},
                                 {third, 0, third, third}),
          kink("a matrix", {}, matrix({third, 0, third, third, 0, 0})),
          kink("its columns", 0, matrix({0.5, 1, 1, 0.5, 0, 0})), kink("its rows", 1, matrix({0.5, 0, 0.5, 1, 0, 0}))};
}

// The entry of a function along one axis.
template <class T>
OpInfo<T> along_op(const std::string& name, Var<T> (*f)(const Var<T>&, int)) {
  const auto samples = [=](Rng& rng) {
    std::vector<Sample<T>> all;
    for (const Shape& s : samples::shapes())
      for (int axis = 0; axis < s.rank(); ++axis)
        all.push_back({s.str() + " axis " + std::to_string(axis), {samples::uniform<T>(-2, 2)(rng, s)}, [=](auto x) {
                         return f(x[0], axis);
                       }});
    return all;
  };
  const auto x = [](const Shape& s) { return Tape<T>::require("test").filled(s, T(0)); };
  return {name,
          samples,
          {{[=] {
              f(x({2, 3}), 2);
            },
            "[" + name + "] axis 2 is out of range for x, which is (2, 3)"},
           {[=] { f(x({}), -1); }, "[" + name + "] axis -1 is out of range for x, which is ()"}},
          no_kinks<T>(),
          twice_differentiable};
}

// The engine's other two linear maps.
template <class T>
OpInfo<T> resizing(const std::string& name, Var<T> (*f)(const Var<T>&, const Shape&), bool grows) {
  const auto samples = [=](Rng& rng) {
    std::vector<Sample<T>> all;
    const std::pair<Shape, Shape> cases[] = {
        {{}, {3, 4}},     {{4}, {3, 4}},          {{4}, {4, 4}},       {{3, 1}, {3, 4}},
        {{1, 4}, {3, 4}}, {{2, 1, 5}, {2, 3, 5}}, {{3, 1}, {2, 3, 5}}, {{1, 1, 2}, {2, 1, 3, 2}},
        {{3}, {0, 3}},    {{1}, {1, 1}},          {{4, 4}, {4, 4}},    {{1}, {7}},
        {{}, {1}},        {{5, 1}, {5, 3}},       {{3, 0}, {3, 0}},    {{1, 5}, {2, 1, 5}}};
    for (const auto& [small, large] : cases) {
      const Shape from = grows ? small : large, to = grows ? large : small;
      all.push_back({from.str() + " to " + to.str(), {samples::uniform<T>(-2, 2)(rng, from)}, [=](auto x) {
                       return f(x[0], to);
                     }});
    }
    return all;
  };
  return {name,
          samples,
          {{[=] {
              f(Tape<T>::require("test").filled({3, 4}, T(0)), {2, 4});
            },
            "[" + name + "] x, which is (3, 4), does not " + (grows ? "broadcast" : "sum") + " to (2, 4)"}},
          no_kinks<T>(),
          twice_differentiable};
}

}  // namespace

template <class T>
std::vector<OpInfo<T>> reduce_ops() {
  return {reduction<T>("sum", sum<T>, true, no_kinks<T>()),
          reduction<T>("mean", mean<T>, false, no_kinks<T>()),
          reduction<T>("max", max<T>, false, kinks_of_max<T>()),
          reduction<T>("logsumexp", logsumexp<T>, false, no_kinks<T>()),
          along_op<T>("softmax", softmax<T>),
          along_op<T>("log_softmax", log_softmax<T>),
          resizing<T>("sum_to", sum_to<T>, false),
          resizing<T>("broadcast_to", broadcast_to<T>, true)};
}

#define XGRAD_INSTANTIATE(T)                                   \
  template Var<T> sum(const Var<T>&, const Axes&, bool);       \
  template Var<T> mean(const Var<T>&, const Axes&, bool);      \
  template Var<T> max(const Var<T>&, const Axes&, bool);       \
  template Var<T> logsumexp(const Var<T>&, const Axes&, bool); \
  template Var<T> softmax(const Var<T>&, int);                 \
  template Var<T> log_softmax(const Var<T>&, int);             \
  template std::vector<OpInfo<T>> reduce_ops<T>();
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad
