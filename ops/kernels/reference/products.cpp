// The matrix product in three loops. Plain products, also for complex numbers: nothing is conjugated, and infinities
// are not put right, as operator* of std::complex does at several times the cost.
#include "../products.hpp"
#include "../../../autograd/core/scalars.hpp"

namespace xgrad::kernels {

namespace {

template <class T>
T times(T a, T b) {
  if constexpr (requires { a.imag(); })
    return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
  else return a * b;
}

}  // namespace

template <class T>
void multiply(Index m, Index n, Index k, const Matrix<T>& a, const Matrix<T>& b, T* c, bool add) {
  for (Index i = 0; i < m; ++i) {
    T* row = c + Size(i) * n;
    for (Index j = 0; j < n; ++j) row[j] = add ? row[j] : T(0);
    for (Index l = 0; l < k; ++l) {
      const T x = a.data[a.transposed ? l * a.stride + i : i * a.stride + l];
      for (Index j = 0; j < n; ++j) row[j] += times(x, b.data[b.transposed ? j * b.stride + l : l * b.stride + j]);
    }
  }
}

template <class T>
bool takes_own_kernel(Index, Index, Index) {
  return true;  // there is no other
}

template <class T>
void multiply_add(Index m, Index n, Index k, const Matrix<T>& a, const Matrix<T>& b, const T* d, Size d_row, T* c) {
  for (Index i = 0; i < m && d != c; ++i)
    for (Index j = 0; j < n; ++j) c[Size(i) * n + j] = d[i * d_row + j];
  multiply(m, n, k, a, b, c, true);
}

template <class T>
void transpose(Index m, Index n, const T* x, T* y) {
  for (Index i = 0; i < m; ++i)
    for (Index j = 0; j < n; ++j) y[Size(j) * m + i] = x[Size(i) * n + j];
}

#define XGRAD_INSTANTIATE(T)                                                                               \
  template void multiply(Index, Index, Index, const Matrix<T>&, const Matrix<T>&, T*, bool);               \
  template void multiply_add(Index, Index, Index, const Matrix<T>&, const Matrix<T>&, const T*, Size, T*); \
  template bool takes_own_kernel<T>(Index, Index, Index);                                                  \
  template void transpose(Index, Index, const T*, T*);
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad::kernels
