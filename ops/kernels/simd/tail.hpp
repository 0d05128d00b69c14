// The end of an array that fills no whole vector: it goes through a buffer, since what lies behind the last element
// belongs to somebody else.
#pragma once
#include <algorithm>
#include <xsimd/xsimd.hpp>

#include "../../../autograd/core/shape.hpp"

namespace xgrad::kernels {

/// A vector's worth of memory whose first n elements are those at p, the others zero.
template <class T>
struct Tail {
  T v[xsimd::batch<T>::size] = {};
  Tail(const T* p, Size n) {
    if (n > 0) std::copy_n(p, n, v);
  }
};

}  // namespace xgrad::kernels
