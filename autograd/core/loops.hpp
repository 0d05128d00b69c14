// The few loops that the engine itself needs: those of its three linear maps.
#pragma once
#include "shape.hpp"

namespace xgrad::loops {

/// out += a, n elements.
template <class T>
void accumulate(Size n, const T* a, T* out);

/// y = a + sign * b, both broadcast to y's shape.
template <class T>
void add(const Shape& y_shape, const T* a, const Shape& a_shape, const T* b, const Shape& b_shape, T sign, T* y);

/// The adjoint of broadcasting: out = (or +=) the sum of x over the axes that `to` lacks or has of length 1.
/// Pre: `to` broadcasts to `from`; x and out do not overlap.
template <class T>
void sum_to(const Shape& from, const Shape& to, const T* x, T* out, bool add);

/// y (+)= x repeated to y's shape.
template <class T>
void broadcast_to(const Shape& from, const Shape& to, const T* x, T* y, bool add);

}  // namespace xgrad::loops
