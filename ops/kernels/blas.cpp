#include "blas.hpp"

#include <algorithm>
#include <cassert>
#include <string>
#include <xtensor-blas/xblas.hpp>

#include "../../autograd/core/error.hpp"

// Not declared by any header that xtensor-blas can live with: <cblas.h> redefines what its own headers define.
extern "C" {
void openblas_set_num_threads(int n);
int openblas_get_num_threads(void);
char* openblas_get_corename(void);
char* openblas_get_config(void);
}

namespace xgrad {

namespace {

void apply_threads(int n) {
  openblas_set_num_threads(n);
  if (const int is = openblas_get_num_threads(); is != n)  // an OpenMP build ignores the call
    fail<Error>("blas", "OpenBLAS was set to " + std::to_string(n) + " threads and uses " + std::to_string(is) +
                            "\nhint: link the pthread build of OpenBLAS");
}

struct Once {
  explicit Once(int n) { apply_threads(n); }
};

void start_single_threaded() { static const Once once(1); }

}  // namespace

void set_blas_threads(int n) {
  if (n < 1)
    fail<ValueError>("set_blas_threads", "at least 1 thread is needed, " + std::to_string(n) + " were asked for");
  start_single_threaded();
  apply_threads(n);
}

int blas_threads() {
  start_single_threaded();
  return openblas_get_num_threads();
}

const char* blas_core() { return openblas_get_corename(); }

const char* blas_config() { return openblas_get_config(); }

namespace kernels {

namespace {

constexpr auto row_major = cxxblas::RowMajor;
cxxblas::Transpose transpose_flag(bool t) { return t ? cxxblas::Trans : cxxblas::NoTrans; }

}  // namespace

template <class T>
void multiply_by_blas(Index m, Index n, Index k, const Matrix<T>& a, const Matrix<T>& b, T* c, bool add) {
  start_single_threaded();
  if (m == 0 || n == 0) return;
  if (k == 0) {
    if (!add) std::fill_n(c, Size(m) * n, T(0));
    return;
  }
  assert(a.stride >= (a.transposed ? m : k) && b.stride >= (b.transposed ? k : n));
  const Index a_stride = static_cast<Index>(a.stride), b_stride = static_cast<Index>(b.stride);
  const T beta = add ? T(1) : T(0);
  if (m == 1) {  // c = b^T a
    const Index step = a.transposed ? a_stride : 1;
    const Index rows = b.transposed ? n : k, columns = b.transposed ? k : n;
    cxxblas::gemv<Index>(row_major, transpose_flag(!b.transposed), rows, columns, T(1), b.data, b_stride, a.data, step,
                         beta, c, 1);
  } else if (k == 1) {
    if (!add) std::fill_n(c, Size(m) * n, T(0));
    cxxblas::ger<Index>(row_major, m, n, T(1), a.data, a.transposed ? 1 : a_stride, b.data, b.transposed ? b_stride : 1,
                        c, n);
  } else {
    cxxblas::gemm<Index>(row_major, transpose_flag(a.transposed), transpose_flag(b.transposed), m, n, k, T(1), a.data,
                         a_stride, b.data, b_stride, beta, c, n);
  }
}

int vector_bytes_of(std::string_view core) {
  for (const char* sse : {"Prescott", "Core2", "Penryn", "Dunnington", "Nehalem", "Athlon", "Opteron", "Opteron_SSE3",
                          "Barcelona", "Bobcat", "Atom", "Nano"})
    if (core == sse) return 16;
  for (const char* avx : {"Sandybridge", "Haswell", "Zen", "Bulldozer", "Piledriver", "Steamroller", "Excavator"})
    if (core == avx) return 32;
  return 64;
}

template void multiply_by_blas(Index, Index, Index, const Matrix<float>&, const Matrix<float>&, float*, bool);
template void multiply_by_blas(Index, Index, Index, const Matrix<double>&, const Matrix<double>&, double*, bool);

}  // namespace kernels

}  // namespace xgrad
