#include "values.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <xgrad/models/text/vocabulary.hpp>

#include "../failure.hpp"

namespace char_rnn {

using xgrad::escaped;

void refuse(const std::string& what, const std::string& hint) { throw Failure(Exit::usage, what, hint); }

// ---- suggestions

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

std::vector<std::string> option_names(const CLI::App& verb) {
  std::vector<std::string> names;
  for (const CLI::Option* option : verb.get_options())
    if (!option->get_positional()) names.push_back(option->get_name());
  return names;
}

// ---- values

std::string see_help(const CLI::App& verb) {
  return fmt::format("char_rnn {} --help lists the options", verb.get_name());
}

std::int64_t Values::read_integer(const char* name, std::int64_t low, std::int64_t high) const {
  const std::string& value = text(name);
  std::int64_t n = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), n);
  if (error != std::errc() || end != value.data() + value.size() || n < low || n > high)
    refuse(fmt::format("{}: '{}' is not an integer in [{}, {}]", name, escaped(value), low, high), see_help(verb_));
  return n;
}

double Values::read_positive(const char* name) const {
  const std::string& value = text(name);
  double x = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), x);
  const bool number = error == std::errc() && end == value.data() + value.size() && std::isfinite(x);
  if (!number || !(x > 0) || x > double{std::numeric_limits<float>::max()})
    refuse(fmt::format("{} must be a finite number > 0, got '{}'", name, escaped(value)), see_help(verb_));
  return x;
}

std::string Values::choice(const char* name, const std::vector<std::string>& names) const {
  const std::string& value = text(name);
  if (std::find(names.begin(), names.end(), value) == names.end())
    refuse(fmt::format("{}: '{}' is not one of {}{}", name, escaped(value), fmt::join(names, ", "),
                       did_you_mean(value, names)),
           see_help(verb_));
  return value;
}

}  // namespace char_rnn
