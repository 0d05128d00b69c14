#include "vocabulary.hpp"

#include <utf8cpp/utf8.h>
#include <algorithm>
#include <cstdio>
#include <iterator>

#include "../../autograd/core/error.hpp"

namespace xgrad {

namespace {

std::string hex(std::uint32_t value, int digits, const char* prefix) {
  char buffer[16];
  std::snprintf(buffer, sizeof buffer, "%s%0*X", prefix, digits, static_cast<unsigned>(value));
  return buffer;
}

bool is_symbol(std::uint32_t symbol, Encoding encoding) {
  if (encoding == Encoding::bytes) return symbol < 256;
  return symbol < Vocabulary::code_points && (symbol < 0xD800 || symbol > 0xDFFF);
}

void append_symbol(std::string& out, std::uint32_t symbol, Encoding encoding) {
  if (encoding == Encoding::bytes) out += static_cast<char>(static_cast<unsigned char>(symbol));
  else utf8::append(symbol, std::back_inserter(out));
}

std::size_t first_invalid(std::string_view text) {
  const auto at = utf8::find_invalid(text.begin(), text.end());
  return at == text.end() ? std::string_view::npos : static_cast<std::size_t>(at - text.begin());
}

/// Calls f with every symbol. Precondition: `text` is valid in that encoding.
template <class F>
void for_each_symbol(std::string_view text, Encoding encoding, F f) {
  if (encoding == Encoding::bytes) {
    for (const char c : text) f(static_cast<unsigned char>(c));
    return;
  }
  for (const char *at = text.data(), *end = at + text.size(); at != end;) f(utf8::unchecked::next(at));
}

std::size_t count_symbols(std::string_view text, Encoding encoding) {
  if (encoding == Encoding::bytes) return text.size();
  return static_cast<std::size_t>(utf8::unchecked::distance(text.data(), text.data() + text.size()));
}

// Characters that show as nothing, or rearrange what surrounds them.
bool is_invisible(std::uint32_t c) {
  return (c >= 0x80 && c < 0xA0) || c == 0xAD || (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF;
}

void append_escaped(std::string& out, std::uint32_t c) {
  switch (c) {
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\'':
      out += "\\'";
      return;
    default:
      break;
  }
  if (c < 0x20 || c == 0x7F) out += hex(c, 2, "\\x");
  else if (is_invisible(c)) out += hex(c, 4, "\\u{") + "}";
  else append_symbol(out, c, Encoding::utf8);
}

[[noreturn]] void unseen(std::string_view what, std::uint32_t symbol, Encoding encoding) {
  std::string shown;
  append_symbol(shown, symbol, encoding);
  throw ValueError(std::string(what) + " contains '" + escaped(shown) + "' (" + symbol_name(symbol, encoding) +
                   "), not in the vocabulary");
}

}  // namespace

Vocabulary::Vocabulary(Checked, std::vector<std::uint32_t> symbols, Encoding encoding)
    : symbols_(std::move(symbols)), encoding_(encoding) {
  low_.fill(-1);
  for (std::size_t i = 0; i < symbols_.size() && symbols_[i] < low_.size(); ++i)
    low_[symbols_[i]] = static_cast<Index>(i);
}

Vocabulary::Vocabulary(std::vector<std::uint32_t> symbols, Encoding encoding)
    : Vocabulary(Checked{}, std::move(symbols), encoding) {
  if (symbols_.empty()) fail<FormatError>("vocabulary", "there are no symbols");
  if (symbols_.size() > max_size)
    fail<FormatError>("vocabulary",
                      std::to_string(symbols_.size()) + " symbols exceed " + std::to_string(std::size_t{max_size}));
  for (std::size_t i = 0; i < symbols_.size(); ++i) {
    const std::string number = "symbol " + std::to_string(i) + " (" + symbol_name(symbols_[i], encoding) + ")";
    if (!is_symbol(symbols_[i], encoding))
      fail<FormatError>("vocabulary",
                        number + (encoding == Encoding::bytes ? " is not a byte" : " is not a code point"));
    if (i > 0 && symbols_[i] <= symbols_[i - 1])
      fail<FormatError>("vocabulary",
                        number + " is not above the one before, " + symbol_name(symbols_[i - 1], encoding));
  }
}

Vocabulary Vocabulary::of(std::span<const std::uint32_t> sequence, Encoding encoding) {
  std::vector<std::uint32_t> symbols(sequence.begin(), sequence.end());
  std::sort(symbols.begin(), symbols.end());
  symbols.erase(std::unique(symbols.begin(), symbols.end()), symbols.end());
  return Vocabulary(std::move(symbols), encoding);
}

std::optional<Index> Vocabulary::find(std::uint32_t symbol) const {
  if (symbol < low_.size()) return low_[symbol] < 0 ? std::nullopt : std::optional<Index>(low_[symbol]);
  const auto at = std::lower_bound(symbols_.begin(), symbols_.end(), symbol);
  if (at == symbols_.end() || *at != symbol) return std::nullopt;
  return static_cast<Index>(at - symbols_.begin());
}

std::vector<Index> Vocabulary::encode(std::string_view text, std::string_view what) const {
  if (encoding_ == Encoding::utf8)
    if (const std::size_t bad = first_invalid(text); bad != std::string_view::npos)
      throw ValueError(std::string(what) + ": invalid UTF-8 at byte " + std::to_string(bad) + " (" +
                       symbol_name(static_cast<unsigned char>(text[bad]), Encoding::bytes) + ")");
  std::vector<Index> ids;
  ids.reserve(count_symbols(text, encoding_));
  for_each_symbol(text, encoding_, [&](std::uint32_t symbol) {
    const std::optional<Index> id = find(symbol);
    if (!id) unseen(what, symbol, encoding_);
    ids.push_back(*id);
  });
  return ids;
}

void Vocabulary::append(std::string& out, Index id) const {
  if (id < 0 || id >= size())
    fail<ValueError>("decode",
                     "id " + std::to_string(id) + " is out of range for a vocabulary of " + std::to_string(size()));
  append_symbol(out, symbols_[static_cast<std::size_t>(id)], encoding_);
}

std::string Vocabulary::decode(Index id) const {
  std::string out;
  append(out, id);
  return out;
}

std::string Vocabulary::decode(IdsView ids) const {
  std::string out;
  out.reserve(static_cast<std::size_t>(ids.size()));
  for (Size i = 0; i < ids.size(); ++i) append(out, ids[i]);
  return out;
}

std::string Vocabulary::decode(std::span<const Index> ids) const {
  std::string out;
  out.reserve(ids.size());
  for (const Index id : ids) append(out, id);
  return out;
}

std::string symbol_name(std::uint32_t symbol, Encoding encoding) {
  return encoding == Encoding::bytes ? hex(symbol, 2, "0x") : hex(symbol, 4, "U+");
}

std::string escaped(std::string_view untrusted, std::size_t limit) {
  std::string out;
  for (const char *at = untrusted.data(), *begin = at, *end = at + untrusted.size(); at != end;) {
    if (static_cast<std::size_t>(at - begin) >= limit) return out + "...";
    try {
      append_escaped(out, utf8::next(at, end));
    } catch (const utf8::exception&) {  // `at` has not moved
      out += hex(static_cast<unsigned char>(*at++), 2, "\\x");
    }
  }
  return out;
}

}  // namespace xgrad
