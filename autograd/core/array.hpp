// The one door to xtensor. Nothing else in xgrad's public headers includes it.
//
// xtensor 0.24.3 compiled by g++ as C++20 deduces the wrong temporary for expressions on `xarray`: xt::eval and
// immediate reducers crash or throw (a guard in xtensor compares __cplusplus with C++17 alone). Naming the
// temporary of the default dynamic shape ourselves repairs them all; tests/regressions keeps watch.
#pragma once
#include <memory>
#include <xtensor/xexpression_traits.hpp>
#include <xtensor/xstorage.hpp>

namespace xt::detail {
template <>
struct xtype_for_shape<svector<std::size_t, 4, std::allocator<std::size_t>, true>> {
  template <class T, layout_type L>
  using type = xarray<T, L>;
};
}  // namespace xt::detail

#include <array>
#include <complex>
#include <xsimd/xsimd.hpp>
#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>
#include <xtensor/xtensor.hpp>

#include "shape.hpp"

namespace xgrad {

/// What an element may be. Complex numbers are for the checks alone (gradcheck's complex step).
template <class T>
concept Scalar = std::is_same_v<T, float> || std::is_same_v<T, double> || std::is_same_v<T, std::complex<double>>;

/// An owned array. The allocator is spelt out, because xtensor's default one changes with the compiler's flags, and
/// with it the type: a library built for one instruction set would not link with a program built for another.
template <class T>
using Array = xt::xarray<T, xt::layout_type::row_major, xsimd::aligned_allocator<T, 64>>;

/// A read-only view of memory that somebody else owns, usually a tape: good until that tape is cleared.
template <class T>
using Borrowed = xt::xbuffer_adaptor<const T*, xt::no_ownership, std::allocator<T>>;
template <class T>
using View = xt::xarray_adaptor<Borrowed<T>, xt::layout_type::row_major, std::vector<std::size_t>>;

/// The same with the rank known to the compiler: made without touching the heap.
template <class T, std::size_t N>
using ViewN = xt::xtensor_adaptor<Borrowed<T>, N, xt::layout_type::row_major>;

/// The shape of an Array or View.
template <class A>
Shape shape_of(const A& a) {
  return Shape(std::span<const std::size_t>(a.shape().data(), a.shape().size()));
}

/// An array of this shape whose elements are not yet set.
template <class T>
Array<T> make_array(const Shape& shape) {
  const auto dims = shape.to_vector();
  return Array<T>::from_shape(typename Array<T>::shape_type(dims.begin(), dims.end()));
}

template <class T>
View<T> view_of(const T* data, const Shape& shape) {
  return View<T>(Borrowed<T>(data, static_cast<std::size_t>(shape.size())), shape.to_vector());
}

/// Precondition: shape.rank() == N.
template <std::size_t N, class T>
ViewN<T, N> view_of(const T* data, const Shape& shape) {
  std::array<std::size_t, N> dims{};
  for (std::size_t axis = 0; axis < N; ++axis) dims[axis] = static_cast<std::size_t>(shape[int(axis)]);
  return ViewN<T, N>(Borrowed<T>(data, static_cast<std::size_t>(shape.size())), dims);
}

}  // namespace xgrad
