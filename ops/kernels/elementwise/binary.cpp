#include "../../../autograd/core/broadcast.hpp"
#include "../../elementwise/function_objects.hpp"
#include "../simd/dispatch.hpp"
#include "elementwise.hpp"

namespace xgrad::kernels {

namespace {

// An operand of a run: read in order, or (still) one element again and again.
template <class T>
struct Operand {
  const T* p;
  bool still;
  template <class L>
  L at(Size i, Size left) const {
    return still ? L(*p) : simd::load<L>(p + i, left);
  }
};

enum Which { value, by_a, by_b };

// out (+)= f(a, b), or y_bar times its derivative by one of the two.
template <Which which, class T, class F>
void run(const F& f, Size n, const Operand<T>& a, const Operand<T>& b, const T* y, const T* y_bar, T* out, bool add) {
  simd::on_lanes<T>([=]<class L>() {
    for (Size i = 0; i < n; i += L::width) {
      const Size left = n - i;
      const L u = a.template at<L>(i, left), w = b.template at<L>(i, left);
      L v;
      if constexpr (which == value) v = f.f(u, w);
      else {
        const L z = simd::load<L>(y + i, left), g = simd::load<L>(y_bar + i, left);
        if constexpr (which == by_a) v = g * L(f.d0(u, w, z));
        else v = g * L(f.d1(u, w, z));
      }
      if (add) v = simd::load<L>(out + i, left) + v;
      simd::store(v, out + i, left);
    }
  });
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
