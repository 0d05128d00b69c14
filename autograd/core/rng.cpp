#include "rng.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <locale>
#include <sstream>
#include <string>
#include <utility>

#include "error.hpp"

namespace xgrad {

namespace {

constexpr std::size_t twister_words = 624;  // then: position, pending flag, pending low, pending high

// NumPy's binaries round a product before they add to it; a compiler that may use fused multiply-add would not, and the
// last bit would differ between builds. Passing through memory keeps the two roundings under any flags.
double rounded(double product) {
  const volatile double stored = product;
  return stored;
}

std::string text_of(double x) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, x, std::chars_format::general, 10).ptr;
  return {buffer, end};
}

// The sum of p, compensated as NumPy's check of it is, so that both refuse the same p.
void check_probabilities(std::span<const double> p) {
  if (p.empty()) fail<ValueError>("rng", "no probabilities to choose by");
  double sum = 0.0, lost = 0.0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (!(p[i] >= 0.0) || !std::isfinite(p[i]))
      fail<ValueError>(
          "rng", "probability " + std::to_string(i) + " is " + text_of(p[i]) + ": it must be finite and not negative");
    const double term = p[i] - lost;
    const double next = sum + term;
    lost = (next - sum) - term;
    sum = next;
  }
  if (!(std::abs(sum - 1.0) <= 0x1p-26))  // sqrt of the double epsilon
    fail<ValueError>("rng", "probabilities sum to " + text_of(sum) + " instead of 1");
}

void check_range(double lo, double hi) {
  if (!(lo <= hi) || !std::isfinite(hi - lo))
    fail<ValueError>("rng", std::string("[").append(text_of(lo)) + ", " + text_of(hi) + ") is not a range");
}

template <class T>
std::span<T> elements(Array<T>& a) {
  return {a.data(), a.size()};
}

}  // namespace

double Rng::uniform() {
  const double high =
      static_cast<double>(engine_() >> 5);  // 27 bits; a statement of its own, for the order of the draws
  const double low = static_cast<double>(engine_() >> 6);  // 26 bits
  return (high * 0x1p26 + low) / 0x1p53;
}

double Rng::uniform(double lo, double hi) {
  check_range(lo, hi);
  return lo + rounded((hi - lo) * uniform());
}

double Rng::normal() {
  if (has_pending_) {
    has_pending_ = false;
    return std::exchange(pending_, 0.0);
  }
  double x1, x2, r2;
  do {
    x1 = 2.0 * uniform() - 1.0;
    x2 = 2.0 * uniform() - 1.0;
    r2 = rounded(x1 * x1) + rounded(x2 * x2);
  } while (r2 >= 1.0 || r2 == 0.0);
  const double f = std::sqrt(-2.0 * std::log(r2) / r2);
  pending_ = f * x1;
  has_pending_ = true;
  return f * x2;
}

Index Rng::choice(std::span<const double> p) {
  check_probabilities(p);
  double total = 0.0;
  for (const double x : p) total += x;
  // NumPy divides the cumulative sum by its last entry and searches it; dividing on the way needs no array.
  const double u = uniform();
  double sum = 0.0;
  std::size_t i = 0;
  for (; i + 1 < p.size(); ++i) {
    sum += p[i];
    if (sum / total > u) break;
  }
  return static_cast<Index>(i);
}

Index Rng::below(Index n) {
  if (n < 1) fail<ValueError>("rng", "no integer lies in [0, " + std::to_string(n) + ")");
  const std::uint32_t largest = static_cast<std::uint32_t>(n) - 1;
  if (largest == 0) return 0;
  const std::uint32_t mask = ~std::uint32_t{0} >> std::countl_zero(largest);
  std::uint32_t word;
  do word = static_cast<std::uint32_t>(engine_()) & mask;
  while (word > largest);
  return static_cast<Index>(word);
}

template <class T>
void Rng::fill_normal(std::span<T> out, double stddev) {
  if (!(stddev >= 0.0) || !std::isfinite(stddev))
    fail<ValueError>("rng", "a standard deviation must be finite and not negative, got " + text_of(stddev));
  for (T& x : out) x = static_cast<T>(stddev * normal());
}

template <class T>
void Rng::fill_uniform(std::span<T> out, double lo, double hi) {
  check_range(lo, hi);
  for (T& x : out) x = static_cast<T>(uniform(lo, hi));
}

template <class T>
Array<T> Rng::normal_array(const Shape& shape, double stddev) {
  Array<T> a = make_array<T>(shape);
  fill_normal(elements(a), stddev);
  return a;
}

template <class T>
Array<T> Rng::uniform_array(const Shape& shape, double lo, double hi) {
  Array<T> a = make_array<T>(shape);
  fill_uniform(elements(a), lo, hi);
  return a;
}

std::vector<std::uint32_t> Rng::save() const {
  // The text of an engine is the only standard way to its words. libstdc++ appends the position, as NumPy's state does;
  // a library that writes another number of words is refused here rather than in a resumed run.
  std::stringstream text;
  text.imbue(std::locale::classic());
  text << engine_;
  std::vector<std::uint32_t> words;
  words.reserve(state_words);
  for (std::uint32_t word; text >> word;) words.push_back(word);
  if (words.size() != twister_words + 1)
    fail<FormatError>("rng", "this standard library writes an unknown engine state");
  const auto bits = std::bit_cast<std::uint64_t>(pending_);
  words.push_back(has_pending_ ? 1 : 0);
  words.push_back(static_cast<std::uint32_t>(bits));
  words.push_back(static_cast<std::uint32_t>(bits >> 32));
  return words;
}

void Rng::restore(std::span<const std::uint32_t> words) {
  if (words.size() != state_words)
    fail<FormatError>("rng", "a state has 628 words, got " + std::to_string(words.size()));
  const auto twister = words.first(twister_words);
  // Of the first word only the top bit takes part; with all others zero the engine would give zeros for ever.
  const bool dead = (twister[0] >> 31) == 0 &&
                    std::all_of(twister.begin() + 1, twister.end(), [](std::uint32_t word) { return word == 0; });
  const std::uint32_t position = words[twister_words], flag = words[twister_words + 1];
  const double pending = std::bit_cast<double>(std::uint64_t{words[627]} << 32 | words[626]);
  if (dead) fail<FormatError>("rng", "the state is all zeros");
  if (position > twister_words)
    fail<FormatError>("rng", "position " + std::to_string(position) + " lies beyond the 624 words of the state");
  if (flag > 1 || !std::isfinite(pending) || (flag == 0 && std::bit_cast<std::uint64_t>(pending) != 0))
    fail<FormatError>("rng", "the pending normal of the state is damaged");

  std::stringstream text;
  text.imbue(std::locale::classic());
  for (const std::uint32_t word : words.first(twister_words + 1)) text << word << ' ';
  Rng restored(0);
  text >> restored.engine_;
  restored.pending_ = pending;
  restored.has_pending_ = flag == 1;
  const auto check = restored.save();
  if (!std::equal(check.begin(), check.end(), words.begin(), words.end()))
    fail<FormatError>("rng", "the state does not survive this standard library");
  *this = restored;
}

template void Rng::fill_normal<float>(std::span<float>, double);
template void Rng::fill_normal<double>(std::span<double>, double);
template void Rng::fill_uniform<float>(std::span<float>, double, double);
template void Rng::fill_uniform<double>(std::span<double>, double, double);
template Array<float> Rng::normal_array<float>(const Shape&, double);
template Array<double> Rng::normal_array<double>(const Shape&, double);
template Array<float> Rng::uniform_array<float>(const Shape&, double, double);
template Array<double> Rng::uniform_array<double>(const Shape&, double, double);

}  // namespace xgrad
