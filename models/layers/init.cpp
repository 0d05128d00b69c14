#include "init.hpp"

#include <algorithm>

#include "../../autograd/core/error.hpp"
#include "../../autograd/core/scalars.hpp"

namespace xgrad {

namespace {

// Calls draw(values) to fill w in the order of its file's layout.
template <class T, class Draw>
void fill(const Parameter<T>& w, Layout layout, Draw draw) {
  const Shape s = w.shape();
  const auto values = w.mutable_value();
  if (layout == Layout::as_is) return draw(values);
  std::vector<T> drawn(values.size());
  draw(std::span<T>(drawn));
  const std::size_t in = std::size_t(s[0]), out = std::size_t(s[1]);
  for (std::size_t i = 0; i < in; ++i)
    for (std::size_t k = 0; k < out; ++k) values[i * out + k] = drawn[k * in + i];
}

}  // namespace

template <class T>
void init_normal(const Parameter<T>& w, Layout layout, double stddev, Rng& rng) {
  fill(w, layout, [&](std::span<T> values) { rng.fill_normal(values, stddev); });
}

template <class T>
void init_uniform(const Parameter<T>& w, Layout layout, double bound, Rng& rng) {
  if (!(bound >= 0 && std::isfinite(bound)))
    fail<ValueError>("init_uniform", "the bound must be finite and >= 0, it is " + std::to_string(bound));
  fill(w, layout, [&](std::span<T> values) { rng.fill_uniform(values, -bound, bound); });
}

template <class T>
void set_forget_bias(const LstmCell<T>& cell, double value) {
  if (!std::isfinite(value))
    fail<ValueError>("set_forget_bias", "the value must be finite, it is " + std::to_string(value));
  const auto bias = cell.bias.mutable_value();  // (4 * H): i, f, g, o
  const std::size_t hidden = bias.size() / 4;
  std::ranges::fill(bias.subspan(hidden, hidden), static_cast<T>(value));
}

#define XGRAD_INSTANTIATE(T)                                             \
  template void init_normal(const Parameter<T>&, Layout, double, Rng&);  \
  template void init_uniform(const Parameter<T>&, Layout, double, Rng&); \
  template void set_forget_bias(const LstmCell<T>&, double);
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad
