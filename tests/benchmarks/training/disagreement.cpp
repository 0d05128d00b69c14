#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "side.hpp"

namespace bench {

namespace {

// Errors are relative to the largest number of all, since what is small in itself may be a difference of large terms.
//
// Gradients, after the first step, from the very same weights: an element is a sum of T B products, at most 3,200 here,
// of terms below the largest element. Rounding errors of 2^-24 that add up at random give 3e-6, and backpropagation
// carries those of later time steps along.
constexpr double gradient_tolerance = 3e-5;
// Weights, after all steps. Their largest is about 0.2, and a step moves each by up to the rate, 1e-3: the tolerance is
// a tenth of that. Where |g| is no larger than an optimiser's eps, an error d in it moves the weight by about rate d /
// eps (Adam) or rate d / sqrt(eps) (Adagrad), eps = 1e-8: an error of 1e-9 in the tiniest elements by a tenth of the
// rate.
constexpr double weight_tolerance = 5e-4;

double largest(std::span<const float> x) {
  double m = 0;
  for (const float v : x) m = std::max(m, std::abs(double(v)));
  return m;
}

std::vector<float> clipped(std::span<const float> g) {
  std::vector<float> all(g.begin(), g.end());
  for (float& v : all) v = std::clamp(v, -5.0f, 5.0f);
  return all;
}

struct Both {
  std::span<const float> tape, other;
};

std::optional<std::string> compare(const char* what, const Both& both, const std::string& whose, double tolerance) {
  const auto [tape, other] = both;
  if (tape.size() != other.size())
    return fmt::format("{}: {} by tape, {} by {}", what, tape.size(), other.size(), whose);
  const double scale = largest(tape);
  for (std::size_t i = 0; i < tape.size(); ++i)
    if (!(std::abs(double(tape[i]) - double(other[i])) <= tolerance * scale))
      return fmt::format("{}: element {} is {} by tape, {} by {}, and the largest is {:.3g}", what, i, tape[i],
                         other[i], whose, scale);
  return {};
}

}  // namespace

std::optional<std::string> disagreement(Side& tape, Side& other, int steps, const std::string& whose) {
  for (int i = 0; i < steps; ++i) {
    tape.step();
    other.step();
    if (i > 0) continue;
    const std::vector<float> by_tape = clipped(tape.gradients()), by_other = clipped(other.gradients());
    if (auto what = compare("gradient of the first step", {by_tape, by_other}, whose, gradient_tolerance)) return what;
  }
  return compare("weights", {tape.weights(), other.weights()}, whose, weight_tolerance);
}

}  // namespace bench
