#include "stack.hpp"

#include <algorithm>

#include "../../autograd/core/scalars.hpp"
#include "../elementwise/arithmetic.hpp"
#include "../elementwise/functions.hpp"
#include "../samples.hpp"
#include "reshape.hpp"
#include "strided_rules.hpp"

namespace xgrad {

namespace {

template <class T>
Var<T> move_axis(const Var<T>& x, int from, int to) {
  if (from == to) return x;
  std::vector<int> order;
  for (int axis = 0; axis < x.rank(); ++axis)
    if (axis != from) order.push_back(axis);
  order.insert(order.begin() + to, from);
  return transpose(x, std::span<const int>(order));
}

template <class T>
struct Concat {
  static constexpr const char* name = "concat";
  static constexpr int arity = any_number;
  static constexpr bool linear = true;
  int axis;

  Shape shape(const Inputs<T>& x) const {
    Shape out = x.shape(0);
    const int at = resolve_axis(name, axis, out);
    Index length = 0;
    for (int i = 0; i < x.count(); ++i) {
      Shape s = x.shape(i);
      const bool fits = s.rank() == out.rank();
      if (fits) {
        length += s[at];
        s.set(at, out[at]);
      }
      if (!fits || s != out)
        fail<ShapeError>(name, "input 0 is " + x.shape(0).str() + ", input " + std::to_string(i) + " is " +
                                   x.shape(i).str() + "; they may differ along axis " + std::to_string(at) + " alone");
    }
    out.set(at, length);
    return out;
  }
  // Where an input whose axis starts at `start` lies in the result.
  Place place(const Shape& whole, const Shape& part, Size start) const {
    const int at = resolve_axis(name, axis, whole);
    const kernels::Steps steps = kernels::dense_steps(whole);
    return {whole, part, part.size() ? start * steps[std::size_t(at)] : 0, steps};
  }
  void forward(const Inputs<T>& x, const Output<T>& y) {
    Size start = 0;
    for (int i = 0; i < x.count(); ++i) {
      const Place p = place(y.shape(), x.shape(i), start);
      kernels::write_strided(p.part, x[i], y.data() + p.offset, p.steps, false);
      start += p.part[resolve_axis(name, axis, p.part)];
    }
  }
  Var<T> vjp(const Context<T>& c, int i, const Var<T>& y_bar) const {
    Size start = 0;
    for (int k = 0; k < i; ++k) start += c.shape(k)[resolve_axis(name, axis, c.shape(k))];
    return take(y_bar, place(y_bar.shape(), c.shape(i), start));
  }
  void accumulate(Pullback<T>& p) const {
    if (resolve_axis(name, axis, p.shape()) == 0) return p.pass_pieces();
    Size start = 0;
    for (int i = 0; i < p.count(); ++i) {
      const Place at = place(p.shape(), p.shape(i), start);
      if (const Acc<T> x_bar = p.into_own(i))
        kernels::read_strided(at.part, p.y_bar() + at.offset, at.steps, x_bar.data(), x_bar.add());
      start += at.part[resolve_axis(name, axis, at.part)];
    }
  }

  static std::vector<Sample<T>> samples(Rng& rng) {
    std::vector<Sample<T>> all;
    const auto draw = samples::uniform<T>(-2, 2);
    const auto add = [&](int along, std::initializer_list<Shape> shapes) {
      Sample<T> s{"along " + std::to_string(along), {}, [along](auto x) { return concat(x, along); }};
      for (const Shape& shape : shapes) {
        s.label.append(" ").append(shape.str());
        s.inputs.push_back(draw(rng, shape));
      }
      all.push_back(std::move(s));
    };
    add(0, {{2}, {3}, {1}});
    add(0, {{2, 3}, {4, 3}});
    add(1, {{2, 3}, {2, 1}, {2, 3}});
    add(-1, {{2, 3, 2}, {2, 3, 4}});
    add(1, {{2, 1, 3, 2}, {2, 2, 3, 2}});
    add(0, {{0, 3}, {2, 3}});
    add(1, {{3, 0}, {3, 2}});
    add(0, {{4, 4}});
    // Pieces of one size.
    add(0, {{1}, {1}, {1}}), add(0, {{4, 4}, {4, 4}}), add(1, {{4, 4}, {4, 4}}), add(1, {{3, 5}, {3, 5}});
    add(0, {{5, 3}, {5, 3}}), add(-1, {{5, 1}, {5, 1}}), add(1, {{2, 1, 5}, {2, 1, 5}}), add(0, {{0, 3}, {0, 3}});
    add(0, {{7}}), add(2, {{2, 3, 5}, {2, 3, 1}});
    all.push_back({"one input twice", {draw(rng, {2, 3})}, [](auto x) { return concat({x[0], x[0] * x[0], x[0]}); }});
    return all;
  }
  static std::vector<Kink<T>> kinks() { return no_kinks<T>(); }
  static constexpr DoubleBackward double_backward = twice_differentiable;
  static std::vector<ErrorSample> error_samples() {
    const auto x = [](const Shape& s) { return Tape<T>::require("test").filled(s, T(0)); };
    return {{[=] {
               concat({x({2, 3}), x({2, 4})});
             },
             "[concat] input 0 is (2, 3), input 1 is (2, 4); they may differ along axis 0 alone"},
            {[=] {
               concat({x({2, 3}), x({2})});
             },
             "[concat] input 0 is (2, 3), input 1 is (2); they may differ along axis 0 alone"},
            {[=] { concat({x({2})}, 1); }, "[concat] axis 1 is out of range for x, which is (2)"},
            {[] { concat(std::vector<Var<T>>{}); }, "[concat] there is nothing to join"}};
  }
};

template <class T>
struct Stack {
  static constexpr const char* name = "stack";
  static constexpr int arity = any_number;
  static constexpr bool linear = true;

  Shape shape(const Inputs<T>& x) const {
    for (int i = 1; i < x.count(); ++i)
      if (!x.same_shape(0, i))
        fail<ShapeError>(name,
                         "input 0 is " + x.shape(0).str() + ", input " + std::to_string(i) + " is " + x.shape(i).str());
    if (x.shape(0).rank() == Shape::max_rank)
      fail<ShapeError>(name, x.shape(0).str() + " has no room for another axis");
    return x.shape(0).inserted(0, x.count());
  }
  // Neighbours in memory, such as the states of a loop that records nothing else, are a stack already.
  T* alias(const Inputs<T>& x) const {
    const Size n = x.size(0);
    for (int i = 1; i < x.count(); ++i)
      if (x[i] != x[i - 1] + n) return nullptr;
    return const_cast<T*>(x[0]);
  }
  void forward(const Inputs<T>& x, const Output<T>& y) {
    const Size n = x.size(0);
    for (int i = 0; i < x.count(); ++i) std::copy_n(x[i], n, y.data() + i * n);
  }
  Var<T> vjp(const Context<T>& c, int i, const Var<T>& y_bar) const;
  void accumulate(Pullback<T>& p) const { p.pass_pieces(); }

  static std::vector<Sample<T>> samples(Rng& rng) {
    std::vector<Sample<T>> all;
    const auto draw = samples::uniform<T>(-2, 2);
    const auto add = [&](int axis, const Shape& s) {
      all.push_back({"at " + std::to_string(axis) + " three " + s.str(),
                     {draw(rng, s), draw(rng, s), draw(rng, s)},
                     [axis](auto x) { return stack(x, axis); }});
    };
    for (const Shape& s : {Shape{}, Shape{4}, Shape{2, 5}, Shape{2, 5, 3}, Shape{0, 2}}) add(0, s);
    for (const Shape& s : {Shape{4}, Shape{2, 5}, Shape{4, 4}, Shape{2, 5, 3}}) add(1, s);
    add(-1, {2, 5, 3});
    add(0, {1}), add(0, {7}), add(0, {5, 1}), add(1, {1, 5}), add(2, {3, 5}), add(1, {3, 0}), add(2, {2, 1, 5});
    all.push_back({"one input twice", {draw(rng, {2, 3})}, [](auto x) { return stack({x[0], x[0] * x[0], x[0]}); }});
    return all;
  }
  static std::vector<Kink<T>> kinks() { return no_kinks<T>(); }
  static constexpr DoubleBackward double_backward = twice_differentiable;
  static std::vector<ErrorSample> error_samples() {
    const auto x = [](const Shape& s) { return Tape<T>::require("test").filled(s, T(0)); };
    return {{[=] {
               stack({x({2, 3}), x({3, 2})});
             },
             "[stack] input 0 is (2, 3), input 1 is (3, 2)"},
            {[=] {
               stack({x({2, 3, 1, 1})});
             },
             "[stack] (2, 3, 1, 1) has no room for another axis"},
            {[=] { stack({x({2})}, 2); }, "[stack] axis 2 is out of range for a stack of (2)"},
            {[] { stack(std::vector<Var<T>>{}); }, "[stack] there is nothing to join"}};
  }
};

// One part of a block, in the block's memory.
template <class T>
struct Unstack {
  static constexpr const char* name = "unstack";
  static constexpr int arity = 1;
  static constexpr bool linear = true;
  Part part;

  Shape shape(const Inputs<T>& x) const { return x.shape(0).without(0); }
  T* alias(const Inputs<T>& x) const {
    const Index count = x.shape(0)[0];
    return const_cast<T*>(x[0]) + part.index * (x.size(0) / count);
  }
  Var<T> vjp(const Context<T>& c, int, const Var<T>& y_bar) const {
    const Shape whole = c.shape(0), one = whole.without(0).inserted(0, 1);
    return put(reshape(y_bar, one), {whole, one, part.index * y_bar.size(), kernels::dense_steps(whole)});
  }
  // Not itself on x_dot: parts recorded one by one are not neighbours, and must not be taken for an assembled block.
  Var<T> jvp(const Context<T>&, int, const Var<T>& x_dot) const { return lone_part(x_dot, part.index); }
  void accumulate(Pullback<T>& p) const { p.pass_part(part); }

  static Var<T> lone_part(const Var<T>& x, Index index) { return record<T>(Unstack{{index, 0}}, x); }

  // Axes of length one and zero, and the square.
  static void add_lengths_of_one(const auto& add) {
    add({1}, " its only part", [](auto x) { return square(unstack(x[0])[0]); });
    add({1, 5}, " its only part", [](auto x) { return square(unstack(x[0])[0]); });
    add({5, 1}, " at 1", [](auto x) { return square(unstack(x[0], 1)[0]); });
    add({0, 3}, " at 1", [](auto x) { return unstack(x[0], 1)[2]; });
    add({2, 1, 5}, " at 1", [](auto x) { return unstack(x[0], 1)[0]; });
    add({2, 1, 3, 2}, " at 2", [](auto x) {
      const Vars<T> p = unstack(x[0], 2);
      return p[2] * p[0] + p[1];
    });
    add({4, 4}, " rows and columns", [](auto x) { return unstack(x[0])[1] * unstack(x[0], 1)[2]; });
    add({7}, " one part twice", [](auto x) {
      const Vars<T> p = unstack(x[0]);
      return p[6] * p[6] - p[0];
    });
  }

  static std::vector<Sample<T>> samples(Rng& rng) {
    std::vector<Sample<T>> all;
    const auto draw = samples::uniform<T>(-2, 2);
    const auto add = [&](const Shape& s, const std::string& label, auto f) {
      all.push_back({s.str() + label, {draw(rng, s)}, f});
    };
    add({4, 3}, " all parts", [](auto x) {
      const Vars<T> p = unstack(x[0]);
      return p[0] * p[1] + p[2] * p[3];
    });
    add({4, 3}, " some parts", [](auto x) {
      const Vars<T> p = unstack(2 * x[0]);
      return p[1] * p[3];
    });
    add({4, 3}, " parts and block", [](auto x) {
      const Var<T> y = 2 * x[0];
      const Vars<T> p = unstack(y);
      return (p[1] + p[3] * y) * y;
    });
    add({4, 3}, " twice", [](auto x) {
      const Var<T> y = 2 * x[0];
      const Vars<T> p = unstack(y), q = unstack(y, 1);
      return stack({p[0] + p[3], p[2]}) * sum_to(q[1], Shape{});
    });
    add({3, 4}, " at 1", [](auto x) {
      const Vars<T> p = unstack(x[0], 1);
      return p[0] * p[3] - p[2];
    });
    add({2, 3, 5}, " at -1", [](auto x) { return unstack(x[0], -1)[4]; });
    add({5}, " scalars", [](auto x) {
      const Vars<T> p = unstack(x[0]);
      return p[0] * p[1] * p[4];
    });
    add({3, 2, 1, 2}, "", [](auto x) { return unstack(x[0])[2]; });
    add({2, 0}, " empty parts", [](auto x) { return unstack(x[0])[1]; });
    add_lengths_of_one(add);
    return all;
  }
  static std::vector<Kink<T>> kinks() { return no_kinks<T>(); }
  static constexpr DoubleBackward double_backward = twice_differentiable;
  static std::vector<ErrorSample> error_samples() {
    const auto x = [](const Shape& s) { return Tape<T>::require("test").filled(s, T(0)); };
    return {{[=] { unstack(x({})); }, "[unstack] axis 0 is out of range for x, which is ()"},
            {[=] {
               unstack(x({2, 3}), 2);
             },
             "[unstack] axis 2 is out of range for x, which is (2, 3)"},
            {[=] {
               unstack(x({2, 3}))[2];
             },
             "[unstack] part 2 was asked for, there are 2"}};
  }
};

template <class T>
Var<T> Stack<T>::vjp(const Context<T>&, int i, const Var<T>& y_bar) const {
  return Unstack<T>::lone_part(y_bar, i);
}

}  // namespace

template <class T>
Var<T> concat(std::span<const Var<T>> x, int axis) {
  if (x.empty()) fail<ValueError>("concat", "there is nothing to join");
  return record_list<T>(Concat<T>{axis}, x);
}

template <class T>
Var<T> stack(std::span<const Var<T>> x, int axis) {
  if (x.empty()) fail<ValueError>("stack", "there is nothing to join");
  const Shape one = x[0].shape();
  const int at = axis < 0 ? axis + one.rank() + 1 : axis;
  if (at < 0 || at > one.rank())
    fail<ShapeError>("stack", "axis " + std::to_string(axis) + " is out of range for a stack of " + one.str());
  return move_axis(record_list<T>(Stack<T>{}, x), 0, at);
}

template <class T>
Vars<T> unstack(const Var<T>& x, int axis) {
  const Var<T> block = move_axis(x, resolve_axis("unstack", axis, x.shape()), 0);
  const Index count = block.shape()[0];
  Var<T> first;
  for (Index i = 0; i < count; ++i) {
    const Var<T> part = record<T>(Unstack<T>{{i, count}}, block);
    if (i == 0) first = part;
  }
  return {first, count};
}

template <class T>
std::vector<OpInfo<T>> stack_ops() {
  return {op_info<T, Concat<T>>(), op_info<T, Stack<T>>(), op_info<T, Unstack<T>>()};
}

#define XGRAD_INSTANTIATE(T)                            \
  template Var<T> concat(std::span<const Var<T>>, int); \
  template Var<T> stack(std::span<const Var<T>>, int);  \
  template Vars<T> unstack(const Var<T>&, int);         \
  template std::vector<OpInfo<T>> stack_ops<T>();
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad
