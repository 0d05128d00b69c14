// Copies between dense arrays and strided places: what transpose, slice and concat are made of.
#pragma once
#include <array>

#include "../../../autograd/core/shape.hpp"

namespace xgrad::kernels {

/// Steps along the axes of a shape, in elements; may be negative.
using Steps = std::array<Size, 4>;

/// The steps of a dense array.
inline Steps dense_steps(const Shape& shape) {
  Steps steps{};
  Size n = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    steps[static_cast<std::size_t>(axis)] = n;
    n *= shape[axis];
  }
  return steps;
}

/// y (+)= what lies at x in steps; y is dense of this shape.
template <class T>
void read_strided(const Shape& shape, const T* x, const Steps& steps, T* y, bool add);

/// The adjoint: what lies at x in steps (+)= y; y is dense of this shape.
template <class T>
void write_strided(const Shape& shape, const T* y, T* x, const Steps& steps, bool add);

}  // namespace xgrad::kernels
