#include <algorithm>

#include "../elementwise/function_objects.hpp"
#include "cpu.hpp"
#include "elementwise.hpp"

namespace xgrad::kernels {

namespace {

[[gnu::used]] const bool* const checked = &cpu_checked;

// A vector's worth of elements at p, of which `n` exist: what lies behind belongs to somebody else.
template <class L>
L load_some(const typename L::Value* p, Size n) {
  typename L::Value t[std::size_t(L::width)] = {};
  std::copy_n(p, n, t);
  return L::load(t);
}

template <class L>
void store_some(const L& lane, typename L::Value* p, Size n) {
  typename L::Value t[std::size_t(L::width)];
  lane.store(t);
  std::copy_n(t, n, p);
}

}  // namespace

template <class T, class F>
[[gnu::flatten]] void Unary<T, F>::forward(const F& f, Size n, const T* x, T* y) {
  using L = Lane<xsimd::batch<T>>;
  Size i = 0;
  for (; i + L::width <= n; i += L::width) L(f.f(L::load(x + i))).store(y + i);
  if (i < n) store_some(L(f.f(load_some<L>(x + i, n - i))), y + i, n - i);
}

template <class T, class F>
[[gnu::flatten]] void Unary<T, F>::backward(const F& f, Size n, const T* x, const T* y, const T* y_bar, T* x_bar,
                                            bool add) {
  if constexpr (!functions::Flat<F>) {
    using L = Lane<xsimd::batch<T>>;
    Size i = 0;
    if (add)
      for (; i + L::width <= n; i += L::width)
        (L::load(x_bar + i) + L::load(y_bar + i) * L(f.d(L::load(x + i), L::load(y + i)))).store(x_bar + i);
    else
      for (; i + L::width <= n; i += L::width)
        (L::load(y_bar + i) * L(f.d(L::load(x + i), L::load(y + i)))).store(x_bar + i);
    if (i < n) {
      const Size r = n - i;
      L g = load_some<L>(y_bar + i, r) * L(f.d(load_some<L>(x + i, r), load_some<L>(y + i, r)));
      if (add) g = g + load_some<L>(x_bar + i, r);
      store_some(g, x_bar + i, r);
    }
  }
}

#define XGRAD_INSTANTIATE(T, F) template struct Unary<T, functions::F>;
XGRAD_UNARY_FUNCTIONS(XGRAD_INSTANTIATE, float)
XGRAD_UNARY_FUNCTIONS(XGRAD_INSTANTIATE, double)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad::kernels
