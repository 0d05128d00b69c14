#include "settings_file.hpp"

#include <fmt/format.h>

namespace char_rnn {

namespace {

// TOML's numbers stand as they are, all else between quotes.
template <class T, class Rule>
std::string toml_value(const T& value, const Rule& rule) {
  return show(value, rule);
}
template <class E, std::size_t N>
std::string toml_value(E value, const OneOf<E, N>& rule) {
  return fmt::format("\"{}\"", show(value, rule));
}
std::string toml_value(const SplitChoice& value, const TwoFractions& rule) {
  return fmt::format("\"{}\"", show(value, rule));
}

}  // namespace

std::string settings_as_toml(const Settings& settings) {
  std::string lines;
  const auto put = [&lines](const Field& field, const auto& value, const auto& rule) {
    if (const std::string text = toml_value(value, rule); !text.empty())
      lines += fmt::format("{} = {}\n", field.name, text);
  };
  visit_options(settings, put);
  // The encoding is two flags there.
  if (settings.encoding != EncodingChoice::automatic)
    lines += fmt::format("{} = true\n", show(settings.encoding, encoding_names));
  return lines;
}

}  // namespace char_rnn
