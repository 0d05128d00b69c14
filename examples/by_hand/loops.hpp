// The loops that the three derivations have in common. Each adds to its result.
#pragma once
#include <cmath>

#include "by_hand.hpp"

namespace by_hand {

/// out += a b
inline void add_product(const Matrix& a, const Matrix& b, Matrix& out) {
  for (std::size_t i = 0; i < a.rows; ++i)
    for (std::size_t k = 0; k < b.columns; ++k)
      for (std::size_t j = 0; j < a.columns; ++j) out(i, k) += a(i, j) * b(j, k);
}

/// out += a^T b
inline void add_transposed_product(const Matrix& a, const Matrix& b, Matrix& out) {
  for (std::size_t i = 0; i < a.columns; ++i)
    for (std::size_t k = 0; k < b.columns; ++k)
      for (std::size_t j = 0; j < a.rows; ++j) out(i, k) += a(j, i) * b(j, k);
}

/// out += a b^T
inline void add_product_transposed(const Matrix& a, const Matrix& b, Matrix& out) {
  for (std::size_t i = 0; i < a.rows; ++i)
    for (std::size_t k = 0; k < b.rows; ++k)
      for (std::size_t j = 0; j < a.columns; ++j) out(i, k) += a(i, j) * b(k, j);
}

/// Every row of out += the one row of x.
inline void add_to_rows(const Matrix& x, Matrix& out) {
  for (std::size_t i = 0; i < out.rows; ++i)
    for (std::size_t k = 0; k < out.columns; ++k) out(i, k) += x(0, k);
}

/// The one row of out += the sum of x's rows.
inline void add_sum_of_rows(const Matrix& x, Matrix& out) {
  for (std::size_t i = 0; i < x.rows; ++i)
    for (std::size_t k = 0; k < x.columns; ++k) out(0, k) += x(i, k);
}

/// Row b of out += row ids[b] of w: x W for one-hot x.
inline void add_rows_of(const Matrix& w, const std::size_t* ids, Matrix& out) {
  for (std::size_t b = 0; b < out.rows; ++b)
    for (std::size_t k = 0; k < out.columns; ++k) out(b, k) += w(ids[b], k);
}

/// Row ids[b] of out += row b of x: x^T d for one-hot x.
inline void add_to_rows_of(const Matrix& x, const std::size_t* ids, Matrix& out) {
  for (std::size_t b = 0; b < x.rows; ++b)
    for (std::size_t k = 0; k < x.columns; ++k) out(ids[b], k) += x(b, k);
}

/// Zeros in the shapes of x.
inline std::vector<Matrix> zeros_like(const std::vector<Matrix>& x) {
  std::vector<Matrix> zeros;
  for (const Matrix& m : x) zeros.emplace_back(m.rows, m.columns);
  return zeros;
}

inline Real sigmoid(Real x) { return 1 / (1 + std::exp(-x)); }

}  // namespace by_hand
