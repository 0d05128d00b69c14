#include "vocabulary.hpp"

#include <utf8cpp/utf8.h>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <iterator>
#include <memory>
#include <system_error>

#include "../../autograd/core/error.hpp"

namespace xgrad {

namespace {

constexpr std::uint32_t code_points = 0x110000;

std::string hex(std::uint32_t value, int digits, const char* prefix) {
  char buffer[16];
  std::snprintf(buffer, sizeof buffer, "%s%0*X", prefix, digits, static_cast<unsigned>(value));
  return buffer;
}

std::string byte_at(std::string_view text, std::size_t i) { return hex(static_cast<unsigned char>(text[i]), 2, "0x"); }

bool is_symbol(std::uint32_t symbol, Encoding encoding) {
  if (encoding == Encoding::bytes) return symbol < 256;
  return symbol < code_points && (symbol < 0xD800 || symbol > 0xDFFF);
}

std::string name_of(std::uint32_t symbol, Encoding encoding) {
  return encoding == Encoding::bytes ? hex(symbol, 2, "0x") : hex(symbol, 4, "U+");
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
  throw ValueError(std::string(what) + " contains '" + escaped(shown) + "' (" + name_of(symbol, encoding) +
                   "), not in the vocabulary");
}

std::string read_file(const std::filesystem::path& path) {
  const auto refuse = [&path](int error) {
    throw FileError("cannot read text '" + escaped(path.string()) + "': " + std::generic_category().message(error));
  };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"), &std::fclose);
  if (!file) refuse(errno);
  std::setvbuf(file.get(), nullptr, _IONBF, 0);
  std::error_code unknown;  // of a pipe: its text is read in growing pieces
  const std::uintmax_t expected = std::filesystem::file_size(path, unknown);
  std::string bytes(unknown ? 0 : expected + 1, '\0');  // one more, so that the end is met without growing
  for (std::size_t length = 0;;) {
    if (length == bytes.size()) bytes.resize(std::max<std::size_t>(std::size_t{1} << 16, 2 * length));
    errno = 0;
    const std::size_t got = std::fread(bytes.data() + length, 1, bytes.size() - length, file.get());
    length += got;
    if (std::ferror(file.get())) {
      if (errno != EINTR) refuse(errno);
      std::clearerr(file.get());
    } else if (std::feof(file.get())) {
      bytes.resize(length);
      return bytes;
    }
  }
}

std::vector<std::uint32_t> distinct_symbols(std::string_view text, Encoding encoding) {
  std::vector<bool> seen(encoding == Encoding::bytes ? 256 : code_points);
  for_each_symbol(text, encoding, [&seen](std::uint32_t symbol) { seen[symbol] = true; });
  std::vector<std::uint32_t> symbols;
  for (std::uint32_t symbol = 0; symbol < seen.size(); ++symbol)
    if (seen[symbol]) symbols.push_back(symbol);
  return symbols;
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
  for (std::size_t i = 0; i < symbols_.size(); ++i) {
    const std::string number = "symbol " + std::to_string(i) + " (" + name_of(symbols_[i], encoding) + ")";
    if (!is_symbol(symbols_[i], encoding))
      fail<FormatError>("vocabulary",
                        number + (encoding == Encoding::bytes ? " is not a byte" : " is not a code point"));
    if (i > 0 && symbols_[i] <= symbols_[i - 1])
      fail<FormatError>("vocabulary", number + " is not above the one before, " + name_of(symbols_[i - 1], encoding));
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
                       byte_at(text, bad) + ")");
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

std::string Vocabulary::decode(std::span<const Index> ids) const {
  std::string out;
  out.reserve(ids.size());
  for (const Index id : ids) append(out, id);
  return out;
}

Text text_of(std::string_view bytes, std::string_view name, std::optional<Encoding> wanted) {
  const std::string called = "text '" + escaped(name) + "'";
  Text text;
  text.encoding = wanted.value_or(Encoding::utf8);
  if (text.encoding == Encoding::utf8) {
    if (const std::size_t bad = first_invalid(bytes); bad != std::string_view::npos) {
      const std::string where = "invalid UTF-8 at byte " + std::to_string(bad) + " (" + byte_at(bytes, bad) + ")";
      if (wanted) throw FormatError(called + ": " + where + "\nhint: use --bytes");
      text.notices.push_back(called + ": " + where + "; its symbols are bytes");
      text.encoding = Encoding::bytes;
    } else if (bytes.starts_with("\xEF\xBB\xBF")) {
      text.notices.push_back("BOM dropped");
      bytes.remove_prefix(3);
    }
  }
  if (bytes.empty()) throw FormatError(called + " is empty");
  if (bytes.find("\r\n") != std::string_view::npos) text.notices.push_back("text has CRLF line ends (kept)");
  text.vocabulary = Vocabulary(distinct_symbols(bytes, text.encoding), text.encoding);
  if (text.vocabulary.size() == 1) text.notices.push_back("vocabulary has 1 symbol; loss will be 0");
  text.ids.reserve(count_symbols(bytes, text.encoding));
  for_each_symbol(bytes, text.encoding,
                  [&text](std::uint32_t symbol) { text.ids.push_back(*text.vocabulary.find(symbol)); });
  return text;
}

Text load_text(const std::filesystem::path& path, std::optional<Encoding> wanted) {
  return text_of(read_file(path), path.string(), wanted);
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
