// Our own matrix product, made for few rows and a matrix that lies in cache.
//
// The heart is `block`: R rows times N vectors of columns are summed up in registers over all of k. Around it columns
// are the outer loop and rows the inner one, so that N columns of b stay in the first-level cache for all rows. With
// enough rows these columns are copied side by side first, for a stride of some power of two puts all of them into a
// few lines of that cache. a is read an element at a time and may have any strides, so it may be transposed for
// nothing.
//
// Columns that fill no vector are computed in a last vector that ends with the matrix and overlaps the one before: only
// its fresh columns are stored.
#include "products.hpp"

#include <algorithm>
#include <utility>

#include "blas.hpp"
#include "simd/dispatch.hpp"

namespace xgrad::kernels {

namespace {

template <class L, class T = typename L::Value>
struct Product {
  Size m, n, k;
  const T* a;  // (m, k): element (i, l) at a[i * a_row + l * a_step]
  Size a_row, a_step;
  const T* b;  // (k, n)
  Size b_row;
  const T* d;  // (m, n), or null: what the product is added to
  Size d_row;
  T* c;  // (m, n), dense
};

// How many rows and vectors of columns are summed up at once: 12 sums leave room in 16 registers, 24 in 32. Fewer than
// 8 sums would wait for each other, so then the terms of each are dealt out to several.
template <class L>
inline constexpr int registers = sizeof(L) == 64 ? 24 : 12;
template <class L, int R>
inline constexpr int vectors = registers<L> / R >= 8   ? 8
                               : registers<L> / R >= 4 ? 4
                               : registers<L> / R >= 2 ? 2
                                                       : 1;

// into[r][v] += a[r] b[v], for R elements of a column of a and N vectors of a row of b.
template <class L, int R, int N, class T = typename L::Value>
XGRAD_INLINE void add_outer(L (&into)[R][N], const T* a, Size a_row, const T* b) {
  L x[N];
  XGRAD_UNROLL
  for (int v = 0; v < N; ++v) x[v] = L::load(b + v * L::width);
  XGRAD_UNROLL
  for (int r = 0; r < R; ++r) {
    const L s = a[r * a_row];
    XGRAD_UNROLL
    for (int v = 0; v < N; ++v) into[r][v] = fma(s, x[v], into[r][v]);
  }
}

// Rows i to i + R, columns of N vectors from b and, in c and d, from column j on. The last `fresh` are stored.
template <class L, int R, int N, class T = typename L::Value>
XGRAD_INLINE void block(const Product<L>& p, Size i, const T* b, Size b_row, Size j, Size fresh) {
  constexpr int ways = R * N >= 8 ? 1 : R * N >= 4 ? 2 : 4;
  const T* const a = p.a + i * p.a_row;
  L sum[ways][R][N];
  Size l = 0;
  for (; l + ways <= p.k; l += ways) {
    XGRAD_UNROLL
    for (int way = 0; way < ways; ++way)
      add_outer<L, R, N>(sum[way], a + (l + way) * p.a_step, p.a_row, b + (l + way) * b_row);
  }
  for (; l < p.k; ++l) add_outer<L, R, N>(sum[0], a + l * p.a_step, p.a_row, b + l * b_row);

  XGRAD_UNROLL
  for (int r = 0; r < R; ++r) {
    XGRAD_UNROLL
    for (int v = 0; v < N; ++v) {
      L y = sum[0][r][v];
      XGRAD_UNROLL
      for (int way = 1; way < ways; ++way) y = y + sum[way][r][v];
      const Size column = j + v * L::width;
      if (p.d) y = L::load(p.d + (i + r) * p.d_row + column) + y;
      T* const out = p.c + (i + r) * p.n + column;
      if (N > 1 || fresh == L::width) y.store(out);
      else
        for (Size lane = L::width - fresh; lane < L::width; ++lane) out[lane] = y.v[lane];
    }
  }
}

// All rows of N vectors of columns.
template <class L, int R, int N, class T = typename L::Value>
XGRAD_INLINE void rows(const Product<L>& p, Size i, const T* b, Size b_row, Size j, Size fresh) {
  for (; i + R <= p.m; i += R) block<L, R, N>(p, i, b, b_row, j, fresh);
  if constexpr (R > 1) rows<L, R == 6 ? 4 : R / 2, N>(p, i, b, b_row, j, fresh);
}

// All columns from j on, in groups of N vectors, then of fewer: group(place, first, fresh) for each, with N in its
// type.
template <class L, int N, class F>
XGRAD_INLINE void groups(Size n, Size j, const F& group) {
  constexpr Size width = N * L::width;
  if constexpr (N > 1) {
    for (; j + width <= n; j += width) group.template operator()<N>(j, width);
    groups<L, N / 2>(n, j, group);
  } else {
    for (; j < n; j += width) {
      const Size first = std::min(j, n - width);
      group.template operator()<1>(first, first + width - j);
    }
  }
}

template <class L, int R, int N>
XGRAD_INLINE void straight(const Product<L>& p) {
  groups<L, N>(p.n, 0, [&]<int M>(Size j, Size fresh) { rows<L, R, M>(p, 0, p.b + j, p.b_row, j, fresh); });
}

// The same by way of copies of the columns, for so much of k at a time that a copy fits into half a first-level cache.
template <class L, class T = typename L::Value>
XGRAD_INLINE void packed(Product<L> p) {
  constexpr int count = vectors<L, 6>;
  constexpr Size most = 16 * 1024 / (count * Size(sizeof(L)));
  alignas(64) T copy[std::size_t(most * count * L::width)];
  for (Size left = p.k; left > 0; left -= p.k) {
    p.k = std::min(most, left);
    groups<L, count>(p.n, 0, [&]<int M>(Size j, Size fresh) {
      constexpr Size width = M * L::width;
      for (Size l = 0; l < p.k; ++l) {
        XGRAD_UNROLL
        for (int v = 0; v < M; ++v)
          L::load(p.b + l * p.b_row + j + v * L::width).store(copy + l * width + v * L::width);
      }
      rows<L, 6, M>(p, 0, copy, width, j, fresh);
    });
    p.a += p.k * p.a_step;
    p.b += p.k * p.b_row;
    p.d = p.c;
    p.d_row = p.n;
  }
}

// The off-diagonal quarters of each square of 2 D rows and columns change places.
template <int D, class L, std::size_t... J>
XGRAD_INLINE void exchange(L& a, L& b, std::index_sequence<J...>) {
  constexpr int w = int(L::width);
  const L p = a, q = b;
  a.v = __builtin_shufflevector(p.v, q.v, (int(J) & D ? w + int(J) - D : int(J))...);
  b.v = __builtin_shufflevector(p.v, q.v, (int(J) & D ? w + int(J) : int(J) + D)...);
}

// Transposes a square of a vector's width in registers: first its halves, then the halves of its quarters.
template <class L, int D = L::width / 2>
XGRAD_INLINE void transpose_rows(L (&row)[std::size_t(L::width)]) {
  constexpr std::make_index_sequence<std::size_t(L::width)> lanes;
  XGRAD_UNROLL
  for (int i = 0; i < int(L::width); ++i)
    if (!(i & D)) exchange<D>(row[i], row[i + D], lanes);
  if constexpr (D > 1) transpose_rows<L, D / 2>(row);
}

template <class L, class T = typename L::Value>
XGRAD_INLINE void transpose_tile(const T* x, Size x_row, T* y, Size y_row) {
  L row[std::size_t(L::width)];
  XGRAD_UNROLL
  for (Size i = 0; i < L::width; ++i) row[i] = L::load(x + i * x_row);
  transpose_rows(row);
  XGRAD_UNROLL
  for (Size i = 0; i < L::width; ++i) row[i].store(y + i * y_row);
}

// Fewer columns than a vector of L has: shorter vectors, and in the end none.
template <class L>
XGRAD_INLINE void narrow(const Product<L>& p) {
  using T = typename L::Value;
  if constexpr (sizeof(L) > 16) {
    using Half = Lane<Simd<T, int(sizeof(L)) / 2>>;
    const Product<Half> half{p.m, p.n, p.k, p.a, p.a_row, p.a_step, p.b, p.b_row, p.d, p.d_row, p.c};
    if (p.n < Half::width) narrow(half);
    else straight<Half, 2, 1>(half);
  } else {
    for (Size i = 0; i < p.m; ++i)
      for (Size j = 0; j < p.n; ++j) {
        T sum = p.d ? p.d[i * p.d_row + j] : T(0);
        for (Size l = 0; l < p.k; ++l) sum += p.a[i * p.a_row + l * p.a_step] * p.b[l * p.b_row + j];
        p.c[i * p.n + j] = sum;
      }
  }
}

template <class L>
XGRAD_INLINE void product(const Product<L>& p) {
  if (p.n < L::width) narrow(p);
  else if (p.m >= 6 && p.k > 0) packed(p);
  else if (p.m >= 2) straight<L, 4, vectors<L, 4>>(p);
  else straight<L, 1, vectors<L, 1>>(p);
}

bool blas_is_narrower() {
  static const int blas = vector_bytes_of(blas_core());
  return blas < simd::vector_bytes();
}

}  // namespace

template <class T>
bool takes_own_kernel(Index m, Index n, Index k) {
  constexpr Index most_rows = 64, most_terms = 256, least_columns = 16 / sizeof(T);
  return n >= least_columns && (m <= most_rows || k <= most_terms || blas_is_narrower());
}

template <class T>
void multiply_by_own(Index m, Index n, Index k, const Matrix<T>& a, const Matrix<T>& b, const T* d, Size d_row, T* c) {
  const Size row = a.transposed ? 1 : a.stride, step = a.transposed ? a.stride : 1;
  simd::on_lanes<T>([=]<class L>() { product<L>({m, n, k, a.data, row, step, b.data, b.stride, d, d_row, c}); });
}

template <class T>
void multiply(Index m, Index n, Index k, const Matrix<T>& a, const Matrix<T>& b, T* c, bool add) {
  if (b.transposed || !takes_own_kernel<T>(m, n, k)) return multiply_by_blas(m, n, k, a, b, c, add);
  multiply_by_own<T>(m, n, k, a, b, add ? c : nullptr, n, c);
}

template <class T>
void multiply_add(Index m, Index n, Index k, const Matrix<T>& a, const Matrix<T>& b, const T* d, Size d_row, T* c) {
  if (!b.transposed && takes_own_kernel<T>(m, n, k)) return multiply_by_own(m, n, k, a, b, d, d_row, c);
  if (d != c)
    for (Size i = 0; i < m; ++i) std::copy_n(d + i * d_row, n, c + i * n);
  multiply_by_blas(m, n, k, a, b, c, true);
}

template <class T>
void transpose(Index m, Index n, const T* x, T* y) {
  simd::on_lanes<T>([=]<class L>() {
    constexpr Index w = Index(L::width);
    const Index whole_m = m / w * w, whole_n = n / w * w;
    for (Index i = 0; i < whole_m; i += w)
      for (Index j = 0; j < whole_n; j += w) transpose_tile<L>(x + Size(i) * n + j, n, y + Size(j) * m + i, m);
    for (Index i = 0; i < m; ++i)
      for (Index j = i < whole_m ? whole_n : 0; j < n; ++j) y[Size(j) * m + i] = x[Size(i) * n + j];
  });
}

#define XGRAD_INSTANTIATE(T)                                                                                  \
  template void multiply(Index, Index, Index, const Matrix<T>&, const Matrix<T>&, T*, bool);                  \
  template void multiply_add(Index, Index, Index, const Matrix<T>&, const Matrix<T>&, const T*, Size, T*);    \
  template void multiply_by_own(Index, Index, Index, const Matrix<T>&, const Matrix<T>&, const T*, Size, T*); \
  template bool takes_own_kernel<T>(Index, Index, Index);                                                     \
  template void transpose(Index, Index, const T*, T*);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad::kernels
