#include "strided.hpp"
#include "../../../autograd/core/scalars.hpp"

namespace xgrad::kernels {

namespace {

// Calls f(offset in the dense array, offset in the strided one) for every row along the last axis.
template <class F>
void for_rows(const Shape& shape, const Steps& steps, F f) {
  if (shape.size() == 0) return;
  std::array<Index, 4> length{1, 1, 1, 1};
  Steps step{};
  const int lead = 4 - shape.rank();
  for (int axis = 0; axis < shape.rank(); ++axis) {
    length[static_cast<std::size_t>(lead + axis)] = shape[axis];
    step[static_cast<std::size_t>(lead + axis)] = steps[static_cast<std::size_t>(axis)];
  }
  Size dense = 0;
  for (Index i = 0; i < length[0]; ++i)
    for (Index j = 0; j < length[1]; ++j)
      for (Index k = 0; k < length[2]; ++k, dense += length[3])
        f(dense, i * step[0] + j * step[1] + k * step[2], Size(length[3]), step[3]);
}

}  // namespace

template <class T>
void read_strided(const Shape& shape, const T* x, const Steps& steps, T* y, bool add) {
  for_rows(shape, steps, [=](Size dense, Size strided, Size n, Size step) {
    const T* from = x + strided;
    T* to = y + dense;
    if (add)
      for (Size i = 0; i < n; ++i) to[i] += from[i * step];
    else
      for (Size i = 0; i < n; ++i) to[i] = from[i * step];
  });
}

template <class T>
void write_strided(const Shape& shape, const T* y, T* x, const Steps& steps, bool add) {
  for_rows(shape, steps, [=](Size dense, Size strided, Size n, Size step) {
    const T* from = y + dense;
    T* to = x + strided;
    if (add)
      for (Size i = 0; i < n; ++i) to[i * step] += from[i];
    else
      for (Size i = 0; i < n; ++i) to[i * step] = from[i];
  });
}

#define XGRAD_INSTANTIATE(T)                                                  \
  template void read_strided(const Shape&, const T*, const Steps&, T*, bool); \
  template void write_strided(const Shape&, const T*, T*, const Steps&, bool);
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad::kernels
