#include "failure.hpp"
#include "terminal/terminal.hpp"

#include <fmt/format.h>
#include <cstdio>

namespace char_rnn {

Failure failure_of(const xgrad::Error& error, Exit code, const std::string& hint) {
  const std::string text = error.what(), mark = "\nhint: ";
  const std::size_t at = text.find(mark);
  if (at == std::string::npos) return {code, text, hint};
  return {code, text.substr(0, at), text.substr(at + mark.size())};
}

int report(Exit code, const std::string& what, const std::string& hint) {
  say("char_rnn: error: {}\nhint: {}\n", what, hint);
  return static_cast<int>(code);
}

}  // namespace char_rnn
