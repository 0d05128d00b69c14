#include "products.hpp"

#include <algorithm>

#include "../../autograd/core/broadcast.hpp"
#include "../../autograd/core/loops.hpp"
#include "../../autograd/core/scalars.hpp"
#include "../../autograd/rules/record.hpp"
#include "../elementwise/arithmetic.hpp"
#include "../elementwise/functions.hpp"
#include "../samples.hpp"
#include "../shaping/reshape.hpp"
#include "weights.hpp"

namespace xgrad {

namespace {

using kernels::Matrix;
using kernels::multiply;

// Leading axes without the last two, and the last two.
Shape batch_of(const Shape& s) { return s.without(s.rank() - 1).without(s.rank() - 2); }
Index rows_of(const Shape& s) { return s[s.rank() - 2]; }
Index columns_of(const Shape& s) { return s[s.rank() - 1]; }

template <class T>
struct Matmul {
  static constexpr const char* name = "matmul";
  static constexpr int arity = 2;
  bool ta, tb;

  Shape shape(const Inputs<T>& x) const {
    const Shape a = x.shape(0), b = x.shape(1);
    const auto both = [&] {
      return "a is " + a.str() + (ta ? " transposed" : "") + ", b is " + b.str() + (tb ? " transposed" : "");
    };
    if (a.rank() < 2 || b.rank() < 2) fail<ShapeError>(name, "both inputs need at least 2 axes: " + both());
    if ((ta ? rows_of(a) : columns_of(a)) != (tb ? columns_of(b) : rows_of(b)))
      fail<ShapeError>(name, "inner dimensions differ: " + both());
    const Index m = ta ? columns_of(a) : rows_of(a), n = tb ? rows_of(b) : columns_of(b);
    if (a.rank() == 2 && b.rank() == 2) return {m, n};
    Shape y = broadcast(name, batch_of(a), batch_of(b));
    return y.inserted(y.rank(), m).inserted(y.rank() + 1, n);
  }
  // f(offset in y, in a, in b) for every matrix of the batch.
  template <class F>
  static void over_batch(const Shape& y, const Shape& a, const Shape& b, F f) {
    if (y.rank() == 2) return f(Size(0), Size(0), Size(0));
    const auto size = [](const Shape& s) { return Size(rows_of(s)) * columns_of(s); };
    const BroadcastPlan<2> plan(batch_of(y), {batch_of(a), batch_of(b)});
    plan.for_each_run([&](Size at, const std::array<Size, 2>& in) {
      for (Size i = 0; i < plan.run(); ++i)
        f((at + i) * size(y), (in[0] + i * plan.step(0)) * size(a), (in[1] + i * plan.step(1)) * size(b));
    });
  }
  void forward(const Inputs<T>& x, const Output<T>& y) {
    const Shape a = x.shape(0), b = x.shape(1);
    const Index m = rows_of(y.shape()), n = columns_of(y.shape()), k = ta ? rows_of(a) : columns_of(a);
    const Matrix<T> am{x[0], columns_of(a), ta}, bm{x[1], columns_of(b), tb};
    over_batch(y.shape(), a, b, [&](Size at, Size in_a, Size in_b) {
      multiply<T>(m, n, k, am.at(in_a), bm.at(in_b), y.data() + at, false);
    });
  }
  Var<T> vjp(const Context<T>& c, int i, const Var<T>& y_bar) const {
    if (i == 0) return ta ? matmul(c.x(1), y_bar, tb, true) : matmul(y_bar, c.x(1), false, !tb);
    return tb ? matmul(y_bar, c.x(0), true, ta) : matmul(c.x(0), y_bar, !ta, false);
  }
  Var<T> jvp(const Context<T>& c, int i, const Var<T>& x_dot) const {
    return i == 0 ? matmul(x_dot, c.x(1), ta, tb) : matmul(c.x(0), x_dot, ta, tb);
  }
  // Whether a contribution adds to what lies there. Where a batch is repeated, several products add to one place.
  static bool adds(const Acc<T>& x_bar, Size size, bool batched) {
    if (batched && !x_bar.add()) std::fill_n(x_bar.data(), size, T(0));
    return batched || x_bar.add();
  }
  void accumulate(Pullback<T>& p) const {
    const Shape y = p.shape(), a = p.shape(0), b = p.shape(1);
    const Index m = rows_of(y), n = columns_of(y), k = ta ? rows_of(a) : columns_of(a);
    const Matrix<T> g{p.y_bar(), n}, am{p.x(0), columns_of(a), ta}, bm{p.x(1), columns_of(b), tb};
    const bool batched = y.rank() > 2;
    if (const Acc<T> a_bar = p.into_own(0)) {
      const bool add = adds(a_bar, a.size(), batched);
      const Matrix<T> bt = batched || ta ? bm.t() : turned(p, 1, bm, m, n, k);
      over_batch(y, a, b, [&](Size at, Size in_a, Size in_b) {
        T* out = a_bar.data() + in_a;
        if (ta) multiply<T>(k, m, n, bm.at(in_b), g.at(at).t(), out, add);
        else multiply<T>(m, k, n, g.at(at), bt.at(in_b), out, add);
      });
    }
    if (!batched && !ta && !tb) return p.product(1, 0, p.y_bar(), m);
    if (const Acc<T> b_bar = p.into_own(1)) {
      const bool add = adds(b_bar, b.size(), batched);
      over_batch(y, a, b, [&](Size at, Size in_a, Size in_b) {
        T* out = b_bar.data() + in_b;
        if (tb) multiply<T>(n, k, m, g.at(at).t(), am.at(in_a), out, add);
        else multiply<T>(k, n, m, am.at(in_a).t(), g.at(at), out, add);
      });
    }
  }
  static void flush(const DeferredRun<T>& run) { flush_products(run); }

  static std::vector<Sample<T>> samples(Rng& rng);
  static std::vector<Kink<T>> kinks() { return no_kinks<T>(); }
  static constexpr DoubleBackward double_backward = twice_differentiable;
  static std::vector<ErrorSample> error_samples() {
    const auto x = [](const Shape& s) { return Tape<T>::require("test").filled(s, T(0)); };
    return {{[=] {
               matmul(x({32, 128}), x({64, 65}));
             },
             "[matmul] inner dimensions differ: a is (32, 128), b is (64, 65)"},
            {[=] {
               matmul(x({3, 4}), x({4, 5}), true);
             },
             "[matmul] inner dimensions differ: a is (3, 4) transposed, b is (4, 5)"},
            {[=] {
               matmul(x({4}), x({4, 5}));
             },
             "[matmul] both inputs need at least 2 axes: a is (4), b is (4, 5)"},
            {[=] {
               matmul(x({2, 3, 4}), x({3, 4, 5}));
             },
             "[matmul] shapes do not broadcast: a is (2), b is (3)"}};
  }
};

template <class T>
std::vector<Sample<T>> Matmul<T>::samples(Rng& rng) {
  std::vector<Sample<T>> all;
  const auto draw = samples::uniform<T>(-1, 1);
  const auto add = [&](const Shape& a, const Shape& b, bool swap_a, bool swap_b) {
    all.push_back({a.str() + (swap_a ? "^T " : " ") + b.str() + (swap_b ? "^T" : ""),
                   {draw(rng, a), draw(rng, b)},
                   [=](auto x) { return matmul(x[0], x[1], swap_a, swap_b); }});
  };
  for (const int flags : {0, 1, 2, 3}) {
    const bool sa = flags & 1, sb = flags & 2;
    const auto pair = [&](Index m, Index k, Index n) {
      add(sa ? Shape{k, m} : Shape{m, k}, sb ? Shape{n, k} : Shape{k, n}, sa, sb);
    };
    pair(3, 4, 2), pair(4, 4, 4), pair(1, 5, 3), pair(3, 1, 5), pair(3, 5, 1), pair(0, 3, 2), pair(2, 0, 3);
    add(sa ? Shape{2, 4, 3} : Shape{2, 3, 4}, sb ? Shape{2, 5, 4} : Shape{2, 4, 5}, sa, sb);
    add(sa ? Shape{2, 1, 4, 3} : Shape{2, 1, 3, 4}, sb ? Shape{3, 5, 4} : Shape{3, 4, 5}, sa, sb);
    add(sa ? Shape{4, 3} : Shape{3, 4}, sb ? Shape{2, 5, 4} : Shape{2, 4, 5}, sa, sb);
    add(sa ? Shape{2, 4, 3} : Shape{2, 3, 4}, sb ? Shape{5, 4} : Shape{4, 5}, sa, sb);
  }
  all.push_back({"w w w", {draw(rng, {3, 3})}, [](auto x) { return matmul(matmul(x[0], x[0]), x[0]); }});
  all.push_back({"one weight, many rows", {draw(rng, {1, 4}), draw(rng, {4, 4})}, [](auto x) {
                   Var<T> h = x[0];
                   for (int t = 0; t < 6; ++t) h = tanh(matmul(h, x[1]));
                   return h;
                 }});
  all.push_back({"a weight computed", {draw(rng, {3, 4}), draw(rng, {4, 4})}, [](auto x) {
                   const Var<T> w = tanh(x[1]);
                   Var<T> h = x[0];
                   for (int t = 0; t < 3; ++t) h = tanh(matmul(h, w));
                   return h + matmul(h, w);
                 }});
  return all;
}

}  // namespace

template <class T>
Var<T> matmul(const Var<T>& a, const Var<T>& b, bool transpose_a, bool transpose_b) {
  const Shape s = a.shape();
  if (s.rank() > 2 && !transpose_a && b.rank() == 2 &&
      columns_of(s) == b.shape()[transpose_b]) {  // rows are rows: one product, and one for b's gradient
    const Index k = s[s.rank() - 1];
    const Var<T> flat =
        matmul(reshape(a, Shape{static_cast<Index>(s.without(s.rank() - 1).size()), k}), b, false, transpose_b);
    return reshape(flat, s.without(s.rank() - 1).inserted(s.rank() - 1, flat.shape()[1]));
  }
  return record<T>(Matmul<T>{transpose_a, transpose_b}, a, b);
}

template <class T>
std::vector<OpInfo<T>> product_ops() {
  return {op_info<T, Matmul<T>>()};
}

#define XGRAD_INSTANTIATE(T)                                        \
  template Var<T> matmul(const Var<T>&, const Var<T>&, bool, bool); \
  template std::vector<OpInfo<T>> product_ops<T>();
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad
