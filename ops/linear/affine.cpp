#include "affine.hpp"

#include "../../autograd/core/broadcast.hpp"
#include "../../autograd/core/loops.hpp"
#include "../../autograd/core/scalars.hpp"
#include "../../autograd/rules/record.hpp"
#include "../elementwise/arithmetic.hpp"
#include "../elementwise/function_objects.hpp"
#include "../elementwise/functions.hpp"
#include "../kernels/elementwise/elementwise.hpp"
#include "../samples.hpp"
#include "../shaping/reshape.hpp"
#include "../shaping/stack.hpp"
#include "products.hpp"
#include "weights.hpp"

namespace xgrad {

namespace {

// ---- what both have in common: z = x w + b

void check(const char* name, const Shape& x, const Shape& w) {
  const auto both = [&] { return "x is " + x.str() + ", w is " + w.str(); };
  if (x.rank() < 2 || w.rank() != 2) fail<ShapeError>(name, "x needs 2 axes or more, w 2: " + both());
  if (x[x.rank() - 1] != w[0]) fail<ShapeError>(name, "inner dimensions differ: " + both());
}

void check_addend(const char* name, const Shape& b, const Shape& y) {
  if (!broadcasts_to(b, y))
    fail<ShapeError>(name, "b, which is " + b.str() + ", does not fit x w, which is " + y.str());
}

template <class T>
struct Linearly {
  static constexpr int arity = 3;

  static Shape shape(const char* name, const Inputs<T>& in) {
    const Shape x = in.shape(0), w = in.shape(1);
    check(name, x, w);
    const Shape y{x[0], w[1]};
    check_addend(name, in.shape(2), y);
    return y;
  }
  static void forward(const Inputs<T>& x, const Output<T>& z) {
    const Index m = z.shape()[0], n = z.shape()[1], k = x.shape(1)[0];
    const T* b = x[2];
    const bool whole = x.size(2) == z.size(), row = x.shape(2) == Shape{n};
    if (!whole && !row) {
      loops::broadcast_to(x.shape(2), z.shape(), b, z.data(), false);
      b = z.data();
    }
    kernels::multiply_add<T>(m, n, k, {x[0], k}, {x[1], n}, b, row && !whole ? 0 : n, z.data());
  }
  static Var<T> vjp(const Context<T>& c, int i, const Var<T>& z_bar) {
    return i == 0 ? matmul(z_bar, c.x(1), false, true) : i == 1 ? matmul(c.x(0), z_bar, true) : z_bar;
  }
  static Var<T> jvp(const Context<T>& c, int i, const Var<T>& x_dot) {
    return i == 0 ? matmul(x_dot, c.x(1)) : i == 1 ? matmul(c.x(0), x_dot) : x_dot;
  }
  // The contributions to x and w of z_bar, which is not to change any more.
  static void accumulate(Pullback<T>& p, const T* z_bar) {
    const Index m = p.shape()[0], n = p.shape()[1], k = p.shape(1)[0];
    if (const Acc<T> x_bar = p.into_own(0)) {
      const kernels::Matrix<T> w{p.x(1), n};
      kernels::multiply<T>(m, k, n, {z_bar, n}, turned(p, 1, w, m, n, k), x_bar.data(), x_bar.add());
    }
    p.product(1, 0, z_bar, m);
  }
  static void flush(const DeferredRun<T>& run) { flush_products(run); }

  static constexpr DoubleBackward double_backward = twice_differentiable;
  static std::vector<Kink<T>> kinks() { return no_kinks<T>(); }
};

// affine or affine_tanh.
template <class T>
using Layer = Var<T> (*)(const Var<T>& x, const Var<T>& w, const Var<T>& b);

template <class T>
std::vector<Sample<T>> samples_of(Rng& rng, Layer<T> layer) {
  std::vector<Sample<T>> all;
  const auto draw = samples::uniform<T>(-1, 1);
  const auto add = [&](const Shape& x, const Shape& w, const Shape& b) {
    all.push_back({x.str() + " " + w.str() + " + " + b.str(),
                   {draw(rng, x), draw(rng, w), draw(rng, b)},
                   [layer](auto v) { return layer(v[0], v[1], v[2]); }});
  };
  add({3, 4}, {4, 2}, {2}), add({3, 4}, {4, 2}, {3, 2}), add({3, 4}, {4, 2}, {}), add({3, 4}, {4, 2}, {3, 1});
  add({4, 4}, {4, 4}, {4}), add({1, 5}, {5, 3}, {1, 3}), add({3, 1}, {1, 5}, {5}), add({0, 3}, {3, 2}, {2});
  add({3, 0}, {0, 2}, {2}), add({2, 3, 4}, {4, 5}, {5}), add({2, 3, 4}, {4, 5}, {2, 3, 5});
  add({2, 1, 3, 4}, {4, 2}, {2});
  all.push_back(
      {"b is x", {draw(rng, {3, 3}), draw(rng, {3, 3})}, [layer](auto v) { return tanh(layer(v[0], v[1], v[0])); }});
  all.push_back({"b is x, a leaf, and used again", {draw(rng, {3, 3}), draw(rng, {3, 3})}, [layer](auto v) {
                   return layer(v[0], v[1], v[0]) * v[0] + layer(v[1], v[0], v[0]);
                 }});
  all.push_back(
      {"b is a part, and used again", {draw(rng, {3, 3}), draw(rng, {3, 3}), draw(rng, {2, 3, 3})}, [layer](auto v) {
         const Vars<T> p = unstack(2 * v[2]);
         const Var<T> before = p[0] * v[0];
         return layer(v[0], v[1], p[0]) + before * layer(p[1], v[1], p[1]);
       }});
  all.push_back({"a recurrence", {draw(rng, {1, 4}), draw(rng, {4, 4}), draw(rng, {4})}, [layer](auto v) {
                   Var<T> h = v[0];
                   for (int t = 0; t < 5; ++t) h = tanh(layer(h, v[1], v[2] * h));
                   return h;
                 }});
  all.push_back(
      {"a recurrence over parts", {draw(rng, {2, 4}), draw(rng, {4, 4}), draw(rng, {5, 2, 4})}, [layer](auto v) {
         std::vector<Var<T>> h = {v[0]};
         const Vars<T> x = unstack(2 * v[2]);
         for (Index t = 0; t < 5; ++t) h.push_back(layer(h.back(), v[1], x[t]));
         return stack(h) * h[2];
       }});
  return all;
}

template <class T>
std::vector<ErrorSample> errors_of(const char* name, Layer<T> layer) {
  const auto zeros = [](const Shape& s) { return Tape<T>::require("test").filled(s, T(0)); };
  std::vector<ErrorSample> all;
  const auto add = [&](const Shape& x, const Shape& w, const Shape& b, const std::string& what) {
    std::string message = "[";
    message.append(name).append("] ").append(what);
    all.push_back({[=] { layer(zeros(x), zeros(w), zeros(b)); }, message});
  };
  add({3, 4}, {5, 2}, {2}, "inner dimensions differ: x is (3, 4), w is (5, 2)");
  add({3, 4}, {2}, {2}, "x needs 2 axes or more, w 2: x is (3, 4), w is (2)");
  add({3, 4}, {4, 2}, {3}, "b, which is (3), does not fit x w, which is (3, 2)");
  add({2, 3, 4}, {4, 2}, {2, 2, 2}, "b, which is (2, 2, 2), does not fit x w, which is (2, 3, 2)");
  return all;
}

// ---- the two

template <class T>
struct Affine : Linearly<T> {
  static constexpr const char* name = "affine";
  static constexpr int passes = 2;
  using Linear = Linearly<T>;

  Shape shape(const Inputs<T>& x) const { return Linear::shape(name, x); }
  void accumulate(Pullback<T>& p) const {
    p.pass(2, p.needs(1) || p.needs(0));
    Linear::accumulate(p, p.y_bar());
  }

  static std::vector<Sample<T>> samples(Rng& rng) { return samples_of<T>(rng, affine); }
  static std::vector<ErrorSample> error_samples() { return errors_of<T>(name, affine); }
};

// z = x w + b is where y will be, and z_bar where the gradient of b is to lie.
template <class T>
struct AffineTanh : Linearly<T> {
  static constexpr const char* name = "affine_tanh";
  using Linear = Linearly<T>;
  using Tanh = kernels::Unary<T, functions::Tanh>;

  Shape shape(const Inputs<T>& x) const { return Linear::shape(name, x); }
  void forward(const Inputs<T>& x, const Output<T>& y) {
    Linear::forward(x, y);
    Tanh::forward({}, y.size(), y.data(), y.data());
  }
  // tanh' from y alone.
  static Var<T> slope(const Context<T>& c) { return functions::Tanh{}.d(c.y(), c.y()); }
  Var<T> vjp(const Context<T>& c, int i, const Var<T>& y_bar) const { return Linear::vjp(c, i, y_bar * slope(c)); }
  Var<T> jvp(const Context<T>& c, int i, const Var<T>& x_dot) const { return Linear::jvp(c, i, x_dot) * slope(c); }
  void accumulate(Pullback<T>& p) const {
    T* const z_bar = p.buffer_for(2);
    Tanh::backward({}, p.size(), p.y(), p.y(), p.y_bar(), z_bar, false);
    p.pass(2, z_bar, p.needs(1) || p.needs(0));
    Linear::accumulate(p, z_bar);
  }

  static std::vector<Sample<T>> samples(Rng& rng) { return samples_of<T>(rng, affine_tanh); }
  static std::vector<ErrorSample> error_samples() { return errors_of<T>(name, affine_tanh); }
};

// Records R, which has 2 axes, for x of more: its leading axes are rows.
template <class T, class R>
Var<T> record_rows(const Var<T>& x, const Var<T>& w, const Var<T>& b) {
  const Shape s = x.shape();
  if (s.rank() <= 2) return record<T>(R{}, x, w, b);
  check(R::name, s, w.shape());
  const Index k = s[s.rank() - 1], n = w.shape()[1];
  const Shape y = s.without(s.rank() - 1).inserted(s.rank() - 1, n);
  check_addend(R::name, b.shape(), y);
  const Shape rows{static_cast<Index>(s.without(s.rank() - 1).size()), k};
  const Var<T> addend = b.rank() <= 1 ? b : reshape(broadcast_to(b, y), Shape{rows[0], n});
  return reshape(record<T>(R{}, reshape(x, rows), w, addend), y);
}

}  // namespace

template <class T>
Var<T> affine(const Var<T>& x, const Var<T>& w, const Var<T>& b) {
  return record_rows<T, Affine<T>>(x, w, b);
}

template <class T>
Var<T> affine_tanh(const Var<T>& x, const Var<T>& w, const Var<T>& b) {
  return record_rows<T, AffineTanh<T>>(x, w, b);
}

template <class T>
std::vector<OpInfo<T>> affine_ops() {
  return {op_info<T, Affine<T>>(), op_info<T, AffineTanh<T>>()};
}

#define XGRAD_INSTANTIATE(T)                                                \
  template Var<T> affine(const Var<T>&, const Var<T>&, const Var<T>&);      \
  template Var<T> affine_tanh(const Var<T>&, const Var<T>&, const Var<T>&); \
  template std::vector<OpInfo<T>> affine_ops<T>();
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad
