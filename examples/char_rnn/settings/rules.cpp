#include "rules.hpp"

#include <fmt/format.h>
#include <charconv>
#include <cmath>
#include <limits>
#include <vector>

#include "suggestions.hpp"

namespace char_rnn {

namespace {

template <class N>
bool whole(std::string_view text, N& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

bool finite(std::string_view text, double& out) {
  return whole(text, out) && std::isfinite(out) && std::abs(out) <= double{std::numeric_limits<float>::max()};
}

template <class Good>
std::string number(std::string_view text, Good good, const char* wrong, double& out) {
  double x = 0;
  if (!finite(text, x) || !good(x)) return wrong;
  out = x;
  return "";
}

}  // namespace

std::string read(std::string_view text, const Between& rule, std::int64_t& out) {
  std::int64_t n = 0;
  if (!whole(text, n) || n < rule.least || n > rule.most)
    return fmt::format("is not an integer in [{}, {}]", rule.least, rule.most);
  out = n;
  return "";
}

std::string read(std::string_view text, const Positive&, double& out) {
  return number(
      text, [](double x) { return static_cast<float>(x) > 0; }, "must be a finite number > 0", out);
}
std::string read(std::string_view text, const NotNegative&, double& out) {
  return number(
      text, [](double x) { return x == 0 || static_cast<float>(x) > 0; }, "must be a finite number >= 0", out);
}
std::string read(std::string_view text, const Fraction&, double& out) {
  return number(
      text, [](double x) { return x >= 0 && x < 1; }, "must be a number in [0, 1)", out);
}
std::string read(std::string_view text, const AtMostOne&, double& out) {
  return number(
      text, [](double x) { return x > 0 && x <= 1; }, "must be a number in (0, 1]", out);
}

std::string read(std::string_view text, const TwoFractions&, SplitChoice& out) {
  const std::string wrong =
      "must be two fractions such as 0.9,0.1, of a sum of at most 1; behind them perhaps ,streams";
  SplitChoice split;
  if (constexpr std::string_view streams = ",streams"; text.ends_with(streams)) {
    split.of_streams = true;
    text.remove_suffix(streams.size());
  }
  const std::size_t comma = text.find(',');
  if (comma == std::string_view::npos) return wrong;
  if (!finite(text.substr(0, comma), split.train) || !finite(text.substr(comma + 1), split.validation)) return wrong;
  if (!(split.train > 0 && split.validation >= 0 && split.train + split.validation <= 1 + 1e-9)) return wrong;
  out = split;
  return "";
}

std::string not_one_of(std::string_view text, const char* const* names, std::size_t count) {
  const std::vector<std::string> all(names, names + count);
  return fmt::format("is not one of {}{}", fmt::join(all, ", "), did_you_mean(std::string(text), all));
}

std::string show(std::int64_t value, const Between&) { return std::to_string(value); }
std::string show(double value) { return fmt::format("{}", value); }
std::string show(const SplitChoice& value, const TwoFractions&) {
  return fmt::format("{},{}{}", value.train, value.validation, value.of_streams ? ",streams" : "");
}

}  // namespace char_rnn
