#include "fuse.hpp"

#include <limits>

#include "../../autograd/core/scalars.hpp"
#include "../samples.hpp"
#include "../shaping/stack.hpp"

namespace xgrad {

namespace {

template <class T>
std::vector<Sample<T>> fuse_samples(Rng& rng) {
  const auto draw = samples::uniform<T>(0.25, 2), off_ties = samples::grid<T>(0.5, 2, 1.0 / 16);
  auto all = samples::binary<T>(rng, draw, draw, [](const Var<T>& a, const Var<T>& b) {
    return fuse([](auto x, auto y) { return tanh(0.5 * (x * y)) + 2 * x - 1; }, a, b);
  });
  const auto one = [&](const std::string& label, auto f) {
    for (auto& s : samples::unary<T>(rng, off_ties, [f](const Var<T>& x) { return fuse(f, x); })) {
      s.label = label + " " + s.label;
      all.push_back(std::move(s));
    }
  };
  one("functions", [](auto x) { return log(x) + sqrt(x) * exp(-x) - abs(x) / square(x) + relu(x) + sigmoid(2 / x); });
  // Ties at 0.875 and at 1.5, in the middle between two values of the grid.
  one("order", [](auto x) { return maximum(x, 1.545 - x * x * x) - minimum(2.0 - x, x / 3); });
  const double captured = 0.7;
  one("captured", [captured](auto x) { return captured * exp(x) * (1.0 - x); });
  const auto lstm = [](auto i, auto f, auto g, auto c) { return sigmoid(f) * c + sigmoid(i) * tanh(g); };
  for (const Shape& s : {Shape{3, 5}, Shape{16}, Shape{2, 9}, Shape{}})
    all.push_back({"lstm cell " + s.str(), {draw(rng, s), draw(rng, s), draw(rng, s), draw(rng, s)}, [=](auto x) {
                     return fuse(lstm, x[0], x[1], x[2], x[3]);
                   }});
  all.push_back({"one input four times", {draw(rng, {9})}, [=](auto x) { return fuse(lstm, x[0], x[0], x[0], x[0]); }});
  all.push_back({"slices of a block", {draw(rng, {4, 7}), draw(rng, {7})}, [](auto x) {
                   const Vars<T> parts = unstack(tanh(x[0]));
                   Var<T> h = x[1];
                   for (const Var<T> part : parts)
                     h = fuse([](auto a, auto b) { return tanh(a + 0.5 * b) * b; }, part, h);
                   return h;
                 }});
  return all;
}

// The conventions of the functions that a lambda calls. Nine elements: a whole vector and a rest, float or double.
template <class T>
std::vector<Kink<T>> fuse_kinks() {
  using samples::binary_kink, samples::unary_kink;
  constexpr double infinite = std::numeric_limits<double>::infinity();
  const auto one = [](auto f) { return [f](const Var<T>& x) { return fuse(f, x); }; };
  const auto two = [](auto f) { return [f](const Var<T>& a, const Var<T>& b) { return fuse(f, a, b); }; };
  const auto order = two([](auto a, auto b) { return maximum(a, b) + 2 * minimum(a, b); });
  const auto roots = two([](auto a, auto b) { return sqrt(a) + 2 * log(b); });
  return {unary_kink<T>("relu and abs", one([](auto x) { return relu(x) + 3 * abs(x); }),
                        {-1, -0.0, 0, 1, 0, -1, 1, 0, 0}, {-3, 0, 0, 4, 0, -3, 4, 0, 0}),
          binary_kink<T>("maximum and minimum", order, {1, 2, 3, 1, 2, 3, 1, 2, 2}, {3, 2, 1, 3, 2, 1, 3, 2, 2},
                         {2, 1.5, 1, 2, 1.5, 1, 2, 1.5, 1.5}, {1, 1.5, 2, 1, 1.5, 2, 1, 1.5, 1.5}),
          unary_kink<T>("ties with numbers", one([](auto x) { return maximum(x, 1) + 2 * minimum(x, 2); }),
                        {0, 1, 1.5, 2, 3}, {2, 2.5, 3, 2, 1}),
          unary_kink<T>("bounds", one([](auto x) { return clip(x, -1, 1) + 2 * clip(x, 2, 2); }), {-2, -1, 0, 1, 2, 3},
                        {0, 0.5, 1, 0.5, 0.5, 0}),
          unary_kink<T>("a tie with itself", one([](auto x) { return maximum(x, x); }), {1, -2}, {1, 1}),
          unary_kink<T>("powers", one([](auto x) { return pow(x, 0) + pow(x, 1) + pow(x, 2); }), {0, 2}, {1, 5}),
          binary_kink<T>("infinite slopes", roots, {0, 4, 0, 4, 0, 4, 0, 4, 0}, {4, 0, 4, 0, 4, 0, 4, 0, 4},
                         {infinite, 0.25, infinite, 0.25, infinite, 0.25, infinite, 0.25, infinite},
                         {0.5, infinite, 0.5, infinite, 0.5, infinite, 0.5, infinite, 0.5})};
}

}  // namespace

template <class T>
std::vector<OpInfo<T>> fuse_ops() {
  const auto f = [](auto x, auto y) { return x * y; };
  const auto zeros = [](const Shape& s) { return Tape<T>::require("test").filled(s, T(0)); };
  return {{"fuse",
           fuse_samples<T>,
           {{[=] {
               fuse(f, zeros({3, 4}), zeros({3}));
             },
             "[fuse] shapes do not broadcast: a is (3, 4), b is (3)"}},
           fuse_kinks<T>(),
           twice_differentiable}};
}

#define XGRAD_INSTANTIATE(T) template std::vector<OpInfo<T>> fuse_ops<T>();
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad
