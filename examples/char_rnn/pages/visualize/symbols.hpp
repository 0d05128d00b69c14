// How single symbols are shown, each in a column of its own.
#pragma once
#include <string>

namespace char_rnn {

/// A symbol as the page shows it, and what to call it where that does not say enough.
struct Shown {
  std::string text;  // HTML: one narrow character that can be seen, or two hexadecimal digits
  std::string name;  // HTML, or empty
  bool digits = false;
};

/// `symbol`: UTF-8, or one byte of a text of bytes; raw.
Shown shown(const std::string& symbol);

}  // namespace char_rnn
