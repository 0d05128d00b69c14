#include "numbers.hpp"

#include <fmt/format.h>
#include <cmath>

namespace char_rnn {

std::string grouped(long long value) {
  std::string digits = std::to_string(value);
  for (int at = static_cast<int>(digits.size()) - 3; at > (value < 0 ? 1 : 0); at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

std::string brief(double value) {
  const double magnitude = std::abs(value);
  if (magnitude >= 9999.5 && magnitude < 1e9) return grouped(std::llround(value));
  std::string text = magnitude < 9999.5 ? fmt::format("{:.4g}", value) : fmt::format("{:.3g}", value);
  const std::size_t e = text.find('e');  // of 2.69e+10 and 5e-07
  if (e == std::string::npos) return text;
  return text.substr(0, e) + fmt::format("e{}", std::stoi(text.substr(e + 1)));
}

std::string duration(double seconds) {
  const long long s = std::llround(seconds);
  if (seconds < 10) return fmt::format("{:.1f} s", seconds);
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3600) return fmt::format("{} min {} s", s / 60, s % 60);
  if (s < 48 * 3600) return fmt::format("{} h {} min", s / 3600, s / 60 % 60);
  return fmt::format("{} d {} h", s / 86400, s / 3600 % 24);
}

}  // namespace char_rnn
