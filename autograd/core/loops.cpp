#include "loops.hpp"

#include <algorithm>

#include "broadcast.hpp"
#include "scalars.hpp"

namespace xgrad::loops {

namespace {

// Eight running sums: the compiler may keep them in one vector, and the rounding error grows with n / 8.
template <class T>
T sum(Size n, const T* x) {
  T part[8] = {};
  Size i = 0;
  for (; i + 8 <= n; i += 8)
    for (int k = 0; k < 8; ++k) part[k] += x[i + k];
  T rest = 0;
  for (; i < n; ++i) rest += x[i];
  return ((part[0] + part[4]) + (part[1] + part[5])) + ((part[2] + part[6]) + (part[3] + part[7])) + rest;
}

}  // namespace

template <class T>
void accumulate(Size n, const T* __restrict a, T* __restrict out) {
  for (Size i = 0; i < n; ++i) out[i] += a[i];
}

template <class T>
void add(const Shape& y_shape, const T* a, const Shape& a_shape, const T* b, const Shape& b_shape, T sign, T* y) {
  const BroadcastPlan<2> plan(y_shape, {a_shape, b_shape});
  const Size n = plan.run(), a_step = plan.step(0), b_step = plan.step(1);
  plan.for_each_run([=](Size at, const std::array<Size, 2>& in) {
    const T *p = a + in[0], *q = b + in[1];
    T* out = y + at;
    if (a_step && b_step)
      for (Size i = 0; i < n; ++i) out[i] = p[i] + sign * q[i];
    else
      for (Size i = 0; i < n; ++i) out[i] = p[i * a_step] + sign * q[i * b_step];
  });
}

template <class T>
void sum_to(const Shape& from, const Shape& to, const T* x, T* out, bool add) {
  if (!add) std::fill_n(out, to.size(), T(0));
  const BroadcastPlan<1> plan(from, {to});
  const Size n = plan.run();
  if (plan.step(0))
    plan.for_each_run([=](Size at, const std::array<Size, 1>& in) { accumulate(n, x + at, out + in[0]); });
  else plan.for_each_run([=](Size at, const std::array<Size, 1>& in) { out[in[0]] += sum(n, x + at); });
}

template <class T>
void broadcast_to(const Shape& from, const Shape& to, const T* x, T* y, bool add) {
  const BroadcastPlan<1> plan(to, {from});
  const Size n = plan.run(), step = plan.step(0);
  plan.for_each_run([=](Size at, const std::array<Size, 1>& in) {
    const T* p = x + in[0];
    T* out = y + at;
    if (add && step) accumulate(n, p, out);
    else if (add)
      for (Size i = 0; i < n; ++i) out[i] += *p;
    else if (step) std::copy_n(p, n, out);
    else std::fill_n(out, n, *p);
  });
}

#define XGRAD_INSTANTIATE(T)                                                              \
  template void accumulate(Size, const T*, T*);                                           \
  template void add(const Shape&, const T*, const Shape&, const T*, const Shape&, T, T*); \
  template void sum_to(const Shape&, const Shape&, const T*, T*, bool);                   \
  template void broadcast_to(const Shape&, const Shape&, const T*, T*, bool);
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad::loops
