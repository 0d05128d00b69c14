// Helpers that write samples. The shapes are chosen so that a mistake shows: lengths differ wherever they may, one
// shape is square, and there are scalars, empty axes and axes of length one.
#pragma once
#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <utility>

#include "../autograd/transforms/transforms.hpp"
#include "op_info.hpp"

namespace xgrad::samples {

inline const std::vector<Shape>& shapes() {
  static const std::vector<Shape> all = {{},     {1},    {7},       {3, 5}, {5, 3}, {1, 5},
                                         {5, 1}, {4, 4}, {2, 3, 5}, {0, 3}, {3, 0}, {2, 1, 3, 2}};
  return all;
}

inline const std::vector<std::pair<Shape, Shape>>& broadcast_pairs() {
  static const std::vector<std::pair<Shape, Shape>> all = {{{}, {3, 4}},          {{3, 4}, {}},
                                                           {{4}, {3, 4}},         {{3, 4}, {4}},
                                                           {{4}, {4, 4}},         {{3, 1}, {1, 4}},
                                                           {{2, 1, 5}, {3, 1}},   {{3, 1}, {3, 9}},
                                                           {{1, 3}, {3}},         {{2, 1, 3, 2}, {4, 1, 1}},
                                                           {{0, 3}, {3}},         {{2, 3, 1, 2}, {3, 5, 1}},
                                                           {{1, 1}, {2, 1, 3, 2}}};
  return all;
}

/// Fills an array of a given shape.
template <class T>
using Draw = std::function<Array<T>(Rng&, const Shape&)>;

/// Uniform in [low, high).
template <class T>
Draw<T> uniform(double low, double high) {
  return [=](Rng& rng, const Shape& shape) {
    Array<T> x = make_array<T>(shape);
    for (T& v : x) v = static_cast<T>(low + (high - low) * rng.uniform());
    return x;
  };
}

/// Both signs, at least `gap` away from zero: off the kinks of abs, relu and their kin.
template <class T>
Draw<T> off_zero(double gap, double high) {
  return [=](Rng& rng, const Shape& shape) {
    Array<T> x = make_array<T>(shape);
    for (T& v : x) {
      const double size = gap + (high - gap) * rng.uniform();
      v = static_cast<T>(rng.uniform() < 0.5 ? -size : size);
    }
    return x;
  };
}

/// Multiples of 1/8 in [low, high), moved up by `offset`: values drawn with different offsets never tie.
template <class T>
Draw<T> grid(double low, double high, double offset) {
  return [=](Rng& rng, const Shape& shape) {
    Array<T> x = make_array<T>(shape);
    for (T& v : x) v = static_cast<T>(std::floor(8 * (low + (high - low) * rng.uniform())) / 8 + offset);
    return x;
  };
}

/// f on one input of every shape.
template <class T, class F>
std::vector<Sample<T>> unary(Rng& rng, const Draw<T>& draw, F f) {
  std::vector<Sample<T>> all;
  for (const Shape& s : shapes())
    all.push_back({s.str(), {draw(rng, s)}, [f](std::span<const Var<T>> x) { return f(x[0]); }});
  return all;
}

/// f on two inputs: of every shape, and of every pair that broadcasts.
template <class T, class F>
std::vector<Sample<T>> binary(Rng& rng, const Draw<T>& draw_a, const Draw<T>& draw_b, F f) {
  std::vector<Sample<T>> all;
  const auto push = [&](const Shape& a, const Shape& b) {
    all.push_back({a.str() + " with " + b.str(), {draw_a(rng, a), draw_b(rng, b)}, [f](std::span<const Var<T>> x) {
                     return f(x[0], x[1]);
                   }});
  };
  for (const Shape& s : shapes()) push(s, s);
  for (const auto& [a, b] : broadcast_pairs()) push(a, b);
  return all;
}

/// A vector of these numbers.
template <class T>
Array<T> numbers(std::initializer_list<double> values) {
  Array<T> x = make_array<T>({static_cast<Index>(values.size())});
  std::transform(values.begin(), values.end(), x.begin(), [](double v) { return static_cast<T>(v); });
  return x;
}

/// An elementwise f of one input at the points x, and its slopes there.
template <class T, class F>
Kink<T> unary_kink(const std::string& label, F f, std::initializer_list<double> x,
                   std::initializer_list<double> slopes) {
  return {label, {numbers<T>(x)}, [f](std::span<const Var<T>> v) { return f(v[0]); }, {numbers<T>(slopes)}};
}

/// An elementwise f of two inputs at the points (a, b), and its slopes by each.
template <class T, class F>
Kink<T> binary_kink(const std::string& label, F f, std::initializer_list<double> a, std::initializer_list<double> b,
                    std::initializer_list<double> by_a, std::initializer_list<double> by_b) {
  return {label,
          {numbers<T>(a), numbers<T>(b)},
          [f](std::span<const Var<T>> v) { return f(v[0], v[1]); },
          {numbers<T>(by_a), numbers<T>(by_b)}};
}

/// The entry of an elementwise op of one input. `errors` are those beside the empty Var.
template <class T, class F>
OpInfo<T> unary_op(const std::string& name, F f, Draw<T> draw, std::vector<ErrorSample> errors,
                   std::vector<Kink<T>> kinks, DoubleBackward double_backward) {
  errors.push_back({[f] { f(Var<T>{}); }, "[" + name + "] an empty Var was passed"});
  return {name, [=](Rng& rng) { return unary<T>(rng, draw, f); }, std::move(errors), std::move(kinks), double_backward};
}

/// The entry of an elementwise op of two inputs that broadcast, with the errors that all of these have.
template <class T, class F>
OpInfo<T> binary_op(const std::string& name, F f, Draw<T> draw_a, Draw<T> draw_b, std::vector<Kink<T>> kinks,
                    DoubleBackward double_backward) {
  const auto zeros = [](const Shape& s) { return Tape<T>::require("zeros").filled(s, T(0)); };
  return {name,
          [=](Rng& rng) { return binary<T>(rng, draw_a, draw_b, f); },
          {{[=] {
              f(zeros({3, 4}), zeros({3}));
            },
            "[" + name + "] shapes do not broadcast: a is (3, 4), b is (3)"},
           {[=] { f(Var<T>{}, zeros({})); }, "[" + name + "] an empty Var was passed"}},
          std::move(kinks),
          double_backward};
}

}  // namespace xgrad::samples
