// Matrix products: the one door to them. What is small enough for our own kernel goes there, the rest to OpenBLAS.
// Where OpenBLAS does not know the processor, because that is newer, all goes to our own.
//
// OpenBLAS is made for large matrices: it packs both of them anew for every product, and its matrix times vector takes
// three times what a plain loop takes while the weights lie in cache. A recurrent net does just that, thousands of
// times: few rows (the streams) times a matrix that stays where it is.
#pragma once
#include "../../autograd/core/shape.hpp"

namespace xgrad::kernels {

/// A matrix in row-major memory, `stride` elements from row to row.
template <class T>
struct Matrix {
  const T* data;
  Size stride;
  bool transposed = false;

  Matrix t() const { return {data, stride, !transposed}; }
  Matrix at(Size offset) const { return {data + offset, stride, transposed}; }
};

/// c (m, n) (+)= a (m, k) b (k, n), where a and b may be given transposed; c is dense.
template <class T>
void multiply(Index m, Index n, Index k, const Matrix<T>& a, const Matrix<T>& b, T* c, bool add);

/// c = d + a b; d's rows (of n elements) lie `d_row` apart, and with 0 it is one row for all. d may be c.
template <class T>
void multiply_add(Index m, Index n, Index k, const Matrix<T>& a, const Matrix<T>& b, const T* d, Size d_row, T* c);

/// Whether multiply() takes our own kernel, given that b is not transposed: for few rows, for few terms, and for
/// everything where OpenBLAS's vectors are shorter than ours. It takes Prescott's, of 16 bytes, on a processor that it
/// does not know, and is then several times slower than need be.
template <class T>
bool takes_own_kernel(Index m, Index n, Index k);

/// c = d + a b, or a b where d is null, by our own kernel. Pre: b is not transposed.
template <class T>
void multiply_by_own(Index m, Index n, Index k, const Matrix<T>& a, const Matrix<T>& b, const T* d, Size d_row, T* c);

/// y (n, m) = x (m, n) transposed; both dense.
template <class T>
void transpose(Index m, Index n, const T* x, T* y);

}  // namespace xgrad::kernels
