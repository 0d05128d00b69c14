#include "activations.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>

namespace char_rnn {

namespace {

using xgrad::Index;

void require(bool good, const std::string& what) {
  if (!good) xgrad::fail<xgrad::ValueError>("activations", what);
}

struct Moments {
  double deviation, bimodality, persistence;
};

/// Of one unit over the text. `stride`: from a character to the next.
Moments moments_of(const std::int8_t* values, std::size_t count, std::size_t stride) {
  const double n = static_cast<double>(count);
  double mean = 0;
  for (std::size_t i = 0; i < count; ++i) mean += values[i * stride];
  mean /= n;
  double second = 0, third = 0, fourth = 0, lagged = 0, before = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double d = values[i * stride] - mean;
    second += d * d;
    third += d * d * d;
    fourth += d * d * d * d;
    lagged += d * before;
    before = d;
  }
  if (second == 0) return {0, 0, 0};
  const double skewness_squared = third * third / (second * second * second) * n;
  return {std::sqrt(second / n) / 127, (skewness_squared + 1) * second * second / (n * fourth), lagged / second};
}

void keep_best(std::vector<RankedUnit>& units, std::size_t count) {
  const auto kept = units.begin() + static_cast<std::ptrdiff_t>(std::min(count, units.size()));
  // Of equals, the one that comes first in the model: a page is a function of its data.
  std::partial_sort(units.begin(), kept, units.end(), [](const RankedUnit& a, const RankedUnit& b) {
    return std::tuple(-a.score, a.layer, a.unit) < std::tuple(-b.score, b.layer, b.unit);
  });
  units.erase(kept, units.end());
}

}  // namespace

void check(const Activations& a) {
  const std::size_t n = a.symbols.size();
  require(n > 0, "there is no text");
  require(a.layers > 0 && a.units > 0, fmt::format("{} layers of {} units", a.layers, a.units));
  const auto wanted = n * static_cast<std::size_t>(a.layers) * static_cast<std::size_t>(a.units);
  require(a.values.size() == wanted,
          fmt::format("{} values for {} characters, {} layers and {} units", a.values.size(), n, a.layers, a.units));
  require(a.guesses.size() % n == 0, fmt::format("{} guesses for {} characters", a.guesses.size(), n));
  require(a.surprise.size() == n, fmt::format("{} surprises for {} characters", a.surprise.size(), n));
  for (const auto& guess : a.guesses)
    require(guess.symbol >= 0 && static_cast<std::size_t>(guess.symbol) < a.alphabet.size(),
            fmt::format("a guess is symbol {}, the alphabet has {}", guess.symbol, a.alphabet.size()));
}

RankedUnits ranked_units(const Activations& a, std::size_t count) {
  constexpr double moves = 0.1;
  const auto units = static_cast<std::size_t>(a.units), stride = units * static_cast<std::size_t>(a.layers);
  RankedUnits ranked;
  for (std::size_t i = 0; i < stride; ++i) {
    const Moments m = moments_of(a.values.data() + i, a.symbols.size(), stride);
    const auto layer = static_cast<Index>(i / units), unit = static_cast<Index>(i % units);
    ranked.lively.push_back({layer, unit, m.deviation});
    if (m.deviation < moves) continue;
    ranked.switches.push_back({layer, unit, m.bimodality});
    ranked.slow.push_back({layer, unit, m.persistence});
  }
  for (auto* list : {&ranked.lively, &ranked.switches, &ranked.slow}) keep_best(*list, count);
  return ranked;
}

}  // namespace char_rnn
