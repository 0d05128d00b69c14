#include "../../elementwise/function_objects.hpp"
#include "../simd/dispatch.hpp"
#include "elementwise.hpp"

namespace xgrad::kernels {

template <class T, class F>
void Unary<T, F>::forward(const F& f, Size n, const T* x, T* y) {
  simd::on_lanes<T>([=]<class L>() {
    simd::map<L>(
        n, y, false, [=](const L& a) { return L(f.f(a)); }, x);
  });
}

template <class T, class F>
void Unary<T, F>::backward(const F& f, Size n, const T* x, const T* y, const T* y_bar, T* x_bar, bool add) {
  if constexpr (!functions::Flat<F>)
    simd::on_lanes<T>([=]<class L>() {
      simd::map<L>(
          n, x_bar, add, [=](const L& a, const L& b, const L& g) { return g * L(f.d(a, b)); }, x, y, y_bar);
    });
}

#define XGRAD_INSTANTIATE(T, F) template struct Unary<T, functions::F>;
XGRAD_UNARY_FUNCTIONS(XGRAD_INSTANTIATE, float)
XGRAD_UNARY_FUNCTIONS(XGRAD_INSTANTIATE, double)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad::kernels
