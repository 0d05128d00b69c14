#include <algorithm>

#include "../../autograd/core/broadcast.hpp"
#include "../elementwise/function_objects.hpp"
#include "cpu.hpp"
#include "elementwise.hpp"

namespace xgrad::kernels {

namespace {

[[gnu::used]] const bool* const checked = &cpu_checked;

// Reads an operand of a run: in order, or (step 0) one element again and again.
template <class L>
struct Reader {
  using T = typename L::Value;
  const T* p;
  bool still;
  L operator()(Size i) const { return still ? L(*p) : L::load(p + i); }
  L some(Size i, Size n) const {
    if (still) return L(*p);
    T t[std::size_t(L::width)] = {};
    std::copy_n(p + i, n, t);
    return L::load(t);
  }
};

// Calls out(i, n, lane) over one run; `body(read)` computes a lane, given how to read an operand.
template <class L, class Body>
void over_run(Size n, typename L::Value* out, bool add, Body body) {
  using T = typename L::Value;
  Size i = 0;
  for (; i + L::width <= n; i += L::width) {
    L v = body([i](const Reader<L>& r) { return r(i); });
    if (add) v = v + L::load(out + i);
    v.store(out + i);
  }
  if (i < n) {
    const Size rest = n - i;
    L v = body([i, rest](const Reader<L>& r) { return r.some(i, rest); });
    if (add) v = v + Reader<L>{out, false}.some(i, rest);
    T t[std::size_t(L::width)];
    v.store(t);
    std::copy_n(t, rest, out + i);
  }
}

template <class T, class Run>
void for_runs(const Operands<T>& x, Run run) {
  if (x.a_shape == x.y_shape && x.b_shape == x.y_shape) {  // by far the most common
    run(x.y_shape.size(), Size(0), x.a, false, x.b, false);
    return;
  }
  const BroadcastPlan<2> plan(x.y_shape, {x.a_shape, x.b_shape});
  plan.for_each_run([&](Size at, const std::array<Size, 2>& in) {
    run(plan.run(), at, x.a + in[0], plan.step(0) == 0, x.b + in[1], plan.step(1) == 0);
  });
}

}  // namespace

template <class T, class F>
[[gnu::flatten]] void Binary<T, F>::forward(const F& f, const Operands<T>& x, T* y) {
  using L = Lane<xsimd::batch<T>>;
  for_runs(x, [&](Size n, Size at, const T* a, bool a_still, const T* b, bool b_still) {
    const Reader<L> ra{a, a_still}, rb{b, b_still};
    over_run<L>(n, y + at, false, [&](auto read) { return L(f.f(read(ra), read(rb))); });
  });
}

template <class T, class F>
[[gnu::flatten]] void Binary<T, F>::backward(const F& f, const Operands<T>& x, int i, const T* y, const T* y_bar,
                                             T* out, bool add) {
  if constexpr (!functions::Flat<F>) {
    using L = Lane<xsimd::batch<T>>;
    for_runs(x, [&](Size n, Size at, const T* a, bool a_still, const T* b, bool b_still) {
      const Reader<L> ra{a, a_still}, rb{b, b_still}, ry{y + at, false}, rg{y_bar + at, false};
      if (i == 0)
        over_run<L>(n, out + at, add, [&](auto read) { return read(rg) * L(f.d0(read(ra), read(rb), read(ry))); });
      else over_run<L>(n, out + at, add, [&](auto read) { return read(rg) * L(f.d1(read(ra), read(rb), read(ry))); });
    });
  }
}

#define XGRAD_INSTANTIATE(T, F) template struct Binary<T, functions::F>;
XGRAD_BINARY_FUNCTIONS(XGRAD_INSTANTIATE, float)
XGRAD_BINARY_FUNCTIONS(XGRAD_INSTANTIATE, double)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad::kernels
