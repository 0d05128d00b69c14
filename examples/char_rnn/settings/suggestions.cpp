#include "suggestions.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <numeric>

namespace char_rnn {

namespace {

/// Levenshtein's distance.
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t k = 1; k <= b.size(); ++k) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[k - 1] ? 0 : 1);
      diagonal = row[k];
      row[k] = std::min({substituted, row[k - 1] + 1, row[k] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string bare(const std::string& name) { return name.substr(std::min(name.find_first_not_of('-'), name.size())); }

std::string did_you_mean(const std::string& given, const std::vector<std::string>& names) {
  const std::string wanted = bare(given.substr(0, given.find('=')));
  const std::string* best = nullptr;
  std::size_t best_distance = (wanted.size() + 1) / 2;
  for (const std::string& name : names) {
    const bool begins = wanted.size() >= 2 && bare(name).rfind(wanted, 0) == 0;
    const std::size_t d = begins ? 0 : distance(wanted, bare(name));
    if (d < best_distance) best = &name, best_distance = d;
  }
  return best ? fmt::format("; did you mean '{}'?", *best) : "";
}

}  // namespace char_rnn
