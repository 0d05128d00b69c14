#include <algorithm>

#include "../../autograd/core/broadcast.hpp"
#include "../elementwise/function_objects.hpp"
#include "elementwise.hpp"
#include "simd/cpu.hpp"
#include "simd/tail.hpp"

namespace xgrad::kernels {

namespace {

[[gnu::used]] const bool* const checked = &cpu_checked;

// An operand of a run: read in order, or (still) one element again and again.
template <class T>
struct Operand {
  const T* p;
  bool still;
  Lane<xsimd::batch<T>> operator()(Size i) const {
    using L = Lane<xsimd::batch<T>>;
    return still ? L(*p) : L::load(p + i);
  }
};

enum Which { value, by_a, by_b };

// out (+)= f(a, b), or y_bar times its derivative by one of the two, on whole vectors. Not inlined, so that the tail
// below runs the same code on a buffer: once in the binary, and the same digits wherever an element lies.
template <Which which, class T, class F>
[[gnu::flatten, gnu::noinline]] void vectors(const F& f, Size n, const Operand<T>& a, const Operand<T>& b, const T* y,
                                             const T* y_bar, T* out, bool add) {
  using L = Lane<xsimd::batch<T>>;
  for (Size i = 0; i < n; i += L::width) {
    L v;
    if constexpr (which == value) v = f.f(a(i), b(i));
    if constexpr (which == by_a) v = L::load(y_bar + i) * L(f.d0(a(i), b(i), L::load(y + i)));
    if constexpr (which == by_b) v = L::load(y_bar + i) * L(f.d1(a(i), b(i), L::load(y + i)));
    (add ? L::load(out + i) + v : v).store(out + i);
  }
}

template <Which which, class T, class F>
void run(const F& f, Size n, const Operand<T>& a, const Operand<T>& b, const T* y, const T* y_bar, T* out, bool add) {
  constexpr Size width = Size(xsimd::batch<T>::size);
  const Size whole = n / width * width, rest = n - whole;
  if (whole) vectors<which>(f, whole, a, b, y, y_bar, out, add);
  if (!rest) return;
  const Tail<T> ta(a.still ? a.p : a.p + whole, a.still ? 1 : rest),
      tb(b.still ? b.p : b.p + whole, b.still ? 1 : rest);
  const Tail<T> ty(y + whole, which == value ? 0 : rest), tg(y_bar + whole, which == value ? 0 : rest);
  Tail<T> t(out + whole, add ? rest : 0);
  vectors<which, T>(f, width, {ta.v, a.still}, {tb.v, b.still}, ty.v, tg.v, t.v, add);
  std::copy_n(t.v, rest, out + whole);
}

template <Which which, class T, class F>
void all_runs(const F& f, const Operands<T>& x, const T* y, const T* y_bar, T* out, bool add) {
  if (x.a_shape == x.y_shape && x.b_shape == x.y_shape)  // by far the most common
    return run<which, T>(f, x.y_shape.size(), {x.a, false}, {x.b, false}, y, y_bar, out, add);
  const BroadcastPlan<2> plan(x.y_shape, {x.a_shape, x.b_shape});
  plan.for_each_run([&](Size at, const std::array<Size, 2>& in) {
    run<which, T>(f, plan.run(), {x.a + in[0], plan.step(0) == 0}, {x.b + in[1], plan.step(1) == 0}, y + at, y_bar + at,
                  out + at, add);
  });
}

}  // namespace

template <class T, class F>
void Binary<T, F>::forward(const F& f, const Operands<T>& x, T* y) {
  all_runs<value, T>(f, x, y, y, y, false);
}

template <class T, class F>
void Binary<T, F>::backward(const F& f, const Operands<T>& x, int i, const T* y, const T* y_bar, T* out, bool add) {
  if constexpr (!functions::Flat<F>) {
    if (i == 0) all_runs<by_a>(f, x, y, y_bar, out, add);
    else all_runs<by_b>(f, x, y, y_bar, out, add);
  }
}

#define XGRAD_INSTANTIATE(T, F) template struct Binary<T, functions::F>;
XGRAD_BINARY_FUNCTIONS(XGRAD_INSTANTIATE, float)
XGRAD_BINARY_FUNCTIONS(XGRAD_INSTANTIATE, double)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad::kernels
