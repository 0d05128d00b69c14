#include <algorithm>

#include "../elementwise/function_objects.hpp"
#include "elementwise.hpp"
#include "simd/cpu.hpp"
#include "simd/tail.hpp"

namespace xgrad::kernels {

namespace {

[[gnu::used]] const bool* const checked = &cpu_checked;

// x_bar (+)= y_bar f'(x) on whole vectors, or (without y_bar) y = f(x). Not inlined, so that the tail below runs the
// same code on a buffer: once in the binary, and whatever its place in the array an element gets the same digits.
template <class T, class F>
[[gnu::flatten, gnu::noinline]] void vectors(const F& f, Size n, const T* x, T* y) {
  using L = Lane<xsimd::batch<T>>;
  for (Size i = 0; i < n; i += L::width) L(f.f(L::load(x + i))).store(y + i);
}

template <class T, class F>
[[gnu::flatten, gnu::noinline]] void vectors(const F& f, Size n, const T* x, const T* y, const T* y_bar, T* x_bar,
                                             bool add) {
  using L = Lane<xsimd::batch<T>>;
  for (Size i = 0; i < n; i += L::width) {
    const L g = L::load(y_bar + i) * L(f.d(L::load(x + i), L::load(y + i)));
    (add ? L::load(x_bar + i) + g : g).store(x_bar + i);
  }
}

}  // namespace

template <class T, class F>
void Unary<T, F>::forward(const F& f, Size n, const T* x, T* y) {
  constexpr Size width = Size(xsimd::batch<T>::size);
  const Size whole = n / width * width, rest = n - whole;
  if (whole) vectors(f, whole, x, y);
  if (!rest) return;
  Tail<T> t(x + whole, rest);
  vectors(f, width, t.v, t.v);
  std::copy_n(t.v, rest, y + whole);
}

template <class T, class F>
void Unary<T, F>::backward(const F& f, Size n, const T* x, const T* y, const T* y_bar, T* x_bar, bool add) {
  if constexpr (!functions::Flat<F>) {
    constexpr Size width = Size(xsimd::batch<T>::size);
    const Size whole = n / width * width, rest = n - whole;
    if (whole) vectors(f, whole, x, y, y_bar, x_bar, add);
    if (!rest) return;
    const Tail<T> tx(x + whole, rest), ty(y + whole, rest), tg(y_bar + whole, rest);
    Tail<T> out(x_bar + whole, add ? rest : 0);
    vectors(f, width, tx.v, ty.v, tg.v, out.v, add);
    std::copy_n(out.v, rest, x_bar + whole);
  }
}

#define XGRAD_INSTANTIATE(T, F) template struct Unary<T, functions::F>;
XGRAD_UNARY_FUNCTIONS(XGRAD_INSTANTIATE, float)
XGRAD_UNARY_FUNCTIONS(XGRAD_INSTANTIATE, double)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad::kernels
