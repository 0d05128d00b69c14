// Random numbers: NumPy's RandomState, bit for bit.
//
// The engines of <random> are standardised, its distributions are not: std::normal_distribution draws other numbers
// with another standard library, and xt::random inherits that. NumPy froze its legacy stream for good (NEP 19), so
// copying it gives two things at once: a seed means the same weights on every platform, and a NumPy script can be the
// oracle of a whole training run. The recipe is small: std::mt19937, 53-bit uniforms from two words, the polar method
// for normals, the inverse of the cumulative sum for choices.
//
// An Rng is a value: copies are independent and continue alike, and nothing here is global. A checkpoint keeps
// `save()`, which holds what RandomState.get_state() holds, the pending second normal included; without that one a
// resumed run would shift by one number. "Bit for bit" rests on `log` of the C library; another one may differ in the
// last bit.
#pragma once
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "array.hpp"

namespace xgrad {

/// A stream of random numbers, equal to that of numpy.random.RandomState(seed).
class Rng {
 public:
  static constexpr std::size_t state_words = 628;  ///< length of save()

  explicit Rng(std::uint32_t seed) : engine_(seed) {}

  /// In [0, 1), a multiple of 2^-53: random_sample().
  double uniform();
  /// lo + (hi - lo) * uniform(): uniform(lo, hi). Throws ValueError where lo > hi or hi - lo is not finite.
  double uniform(double lo, double hi);
  /// Mean 0, standard deviation 1: randn(). Marsaglia's polar method, which makes two and keeps one for the next call.
  double normal();
  /// An index i with probability p[i]: choice(n, p=p). One uniform(), looked up in the cumulative sum of p.
  /// Throws ValueError where p is empty, has a negative or non-finite entry, or misses a sum of 1 by over sqrt(2^-52).
  Index choice(std::span<const double> p);
  /// An unbiased integer in [0, n). Words are cut to as many bits as n - 1 has, and drawn again while they are too
  /// large: under two words on average, and the numbers of randint(n). Throws ValueError for n < 1.
  Index below(Index n);

  /// Fills in order with stddev * normal(). Throws ValueError where stddev is negative or not finite.
  template <class T>
  void fill_normal(std::span<T> out, double stddev);
  /// Fills in order with uniform(lo, hi); rounding to float may reach hi itself.
  template <class T>
  void fill_uniform(std::span<T> out, double lo, double hi);
  /// The same as new row-major arrays: randn(*shape) * stddev and uniform(lo, hi, shape).
  template <class T>
  Array<T> normal_array(const Shape& shape, double stddev);
  template <class T>
  Array<T> uniform_array(const Shape& shape, double lo, double hi);

  /// The state: 624 words and the position of the twister, whether a normal is pending, its bits (low, high).
  std::vector<std::uint32_t> save() const;
  /// Continues where save() was called. Throws FormatError, and changes nothing, for words that save() cannot give.
  void restore(std::span<const std::uint32_t> words);

  friend bool operator==(const Rng& a, const Rng& b) = default;

 private:
  std::mt19937 engine_;
  double pending_ = 0.0;  // the second normal of a pair; zero while there is none, so that equal states compare equal
  bool has_pending_ = false;
};

extern template void Rng::fill_normal<float>(std::span<float>, double);
extern template void Rng::fill_normal<double>(std::span<double>, double);
extern template void Rng::fill_uniform<float>(std::span<float>, double, double);
extern template void Rng::fill_uniform<double>(std::span<double>, double, double);
extern template Array<float> Rng::normal_array<float>(const Shape&, double);
extern template Array<double> Rng::normal_array<double>(const Shape&, double);
extern template Array<float> Rng::uniform_array<float>(const Shape&, double, double);
extern template Array<double> Rng::uniform_array<double>(const Shape&, double, double);

}  // namespace xgrad
