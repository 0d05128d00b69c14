#include "init.hpp"
#include "../../autograd/core/scalars.hpp"

namespace xgrad {

template <class T>
void init_normal(const Parameter<T>& w, Layout layout, double stddev, Rng& rng) {
  const Shape s = w.shape();
  const auto values = w.mutable_value();
  if (layout == Layout::as_is) return rng.fill_normal(values, stddev);
  std::vector<T> drawn(values.size());
  rng.fill_normal(std::span<T>(drawn), stddev);
  const std::size_t in = std::size_t(s[0]), out = std::size_t(s[1]);
  for (std::size_t i = 0; i < in; ++i)
    for (std::size_t k = 0; k < out; ++k) values[i * out + k] = drawn[k * in + i];
}

#define XGRAD_INSTANTIATE(T) template void init_normal(const Parameter<T>&, Layout, double, Rng&);
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad
