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

std::optional<std::string> compare(const char* what, std::span<const float> tape, std::span<const float> hand,
                                   double tolerance) {
  if (tape.size() != hand.size()) return fmt::format("{}: {} by tape, {} by hand", what, tape.size(), hand.size());
  const double scale = largest(tape);
  for (std::size_t i = 0; i < tape.size(); ++i)
    if (!(std::abs(double(tape[i]) - double(hand[i])) <= tolerance * scale))
      return fmt::format("{}: element {} is {} by tape, {} by hand, and the largest is {:.3g}", what, i, tape[i],
                         hand[i], scale);
  return {};
}

}  // namespace

std::optional<std::string> disagreement(Side& tape, Side& hand, int steps) {
  for (int i = 0; i < steps; ++i) {
    tape.step();
    hand.step();
    if (i > 0) continue;
    if (auto what = compare("gradient of the first step", clipped(tape.gradients()), clipped(hand.gradients()),
                            gradient_tolerance))
      return what;
  }
  return compare("weights", tape.weights(), hand.weights(), weight_tolerance);
}

}  // namespace bench
