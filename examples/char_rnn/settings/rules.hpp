// What a value may be, how it is read from text and how it is shown: one overload for each kind of value. Command line,
// configuration file and checkpoint all come through here.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <xgrad/autograd/core/shape.hpp>

namespace char_rnn {

/// A whole number in [least, most].
struct Between {
  std::int64_t least, most;
};
/// A finite number > 0, also as a float; or >= 0; or in [0, 1); or in (0, 1].
struct Positive {};
struct NotNegative {};
struct Fraction {};
struct AtMostOne {};
/// One of some names, each for a value of an enum.
template <class E, std::size_t N>
struct OneOf {
  std::array<std::pair<const char*, E>, N> names;
};

/// The parts of a text that are learned from and validated on.
struct SplitChoice {
  double train = 1, validation = 0;  // fractions; what is left over is not read
  bool of_streams = false;           // the last windows of each stream, as char-rnn has it; else the end of the text
  friend bool operator==(const SplitChoice&, const SplitChoice&) = default;
};
/// "0.9,0.1" or "0.95,0.05,streams": fractions in [0, 1] of which the first is > 0 and the sum at most 1.
struct TwoFractions {};

// ---- from text: "", or what is wrong: "is not an integer in [1, 3]", "must be a finite number > 0"

std::string read(std::string_view text, const Between& rule, std::int64_t& out);
std::string read(std::string_view text, const Positive& rule, double& out);
std::string read(std::string_view text, const NotNegative& rule, double& out);
std::string read(std::string_view text, const Fraction& rule, double& out);
std::string read(std::string_view text, const AtMostOne& rule, double& out);
std::string read(std::string_view text, const TwoFractions& rule, SplitChoice& out);
/// "is not one of a, b, c; did you mean 'b'?"
std::string not_one_of(std::string_view text, const char* const* names, std::size_t count);

inline std::string read(std::string_view text, const Between& rule, xgrad::Index& out) {
  std::int64_t wide = 0;
  std::string wrong = read(text, rule, wide);
  if (wrong.empty()) out = static_cast<xgrad::Index>(wide);
  return wrong;
}
inline std::string read(std::string_view text, const Between& rule, std::uint32_t& out) {
  std::int64_t wide = 0;
  std::string wrong = read(text, rule, wide);
  if (wrong.empty()) out = static_cast<std::uint32_t>(wide);
  return wrong;
}
template <class E, std::size_t N>
std::string read(std::string_view text, const OneOf<E, N>& rule, E& out) {
  std::array<const char*, N> names;
  for (std::size_t i = 0; i < N; ++i) {
    names[i] = rule.names[i].first;
    if (text == names[i]) return out = rule.names[i].second, "";
  }
  return not_one_of(text, names.data(), N);
}
template <class Rule, class T>
std::string read(std::string_view text, const Rule& rule, std::optional<T>& out) {
  T value{};
  std::string wrong = read(text, rule, value);
  if (wrong.empty()) out = value;
  return wrong;
}

// ---- to text, as read() takes it

std::string show(std::int64_t value, const Between&);
std::string show(double value);
std::string show(const SplitChoice& value, const TwoFractions&);
template <class Rule>
std::string show(double value, const Rule&) {
  return show(value);
}
template <class E, std::size_t N>
std::string show(E value, const OneOf<E, N>& rule) {
  for (const auto& [name, of] : rule.names)
    if (of == value) return name;
  return "";
}
/// "" for none.
template <class Rule, class T>
std::string show(const std::optional<T>& value, const Rule& rule) {
  return value ? show(*value, rule) : "";
}

}  // namespace char_rnn
