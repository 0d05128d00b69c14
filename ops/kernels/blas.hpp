// OpenBLAS, through xtensor-blas's raw layer: the one place that calls it.
//
// xtensor's own `linalg::dot` is not used: it allocates, copies views, and picks a symmetric product wherever both
// operands start at the same address, whatever their shapes. One row goes to gemv and one inner element to ger, which
// OpenBLAS does not do by itself and where it matters eightfold.
#pragma once
#include <string_view>

#include "products.hpp"

namespace xgrad::kernels {

/// multiply() by OpenBLAS. The first call sets OpenBLAS to one thread, unless set_blas_threads has spoken.
template <class T>
void multiply_by_blas(Index m, Index n, Index k, const Matrix<T>& a, const Matrix<T>& b, T* c, bool add);

/// The bytes of a vector in the kernels of an OpenBLAS core, by its name; 64 for those that are not known here, which
/// are newer than this list.
int vector_bytes_of(std::string_view core);

}  // namespace xgrad::kernels

namespace xgrad {

/// How many threads OpenBLAS may use inside a product. The default is one: products of a character model's size only
/// get slower with more. Throws ValueError for n < 1, and Error where OpenBLAS does not do as told.
void set_blas_threads(int n);

/// How many threads it may use now. Throws Error as set_blas_threads does, whose default it sets where that has not
/// spoken.
int blas_threads();

/// The kernels that OpenBLAS has chosen, "Haswell" for one: benchmarks say it beside their figures. "none" where the
/// library is built from reference kernels alone.
const char* blas_core();

/// OpenBLAS's version and how it was built, in its own words: "OpenBLAS 0.3.21 DYNAMIC_ARCH MAX_THREADS=64" for one.
const char* blas_config();

}  // namespace xgrad
