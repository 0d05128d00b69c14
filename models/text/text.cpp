#include "text.hpp"

#include <utf8cpp/utf8.h>
#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "../../autograd/core/error.hpp"
#include "../files/sha256.hpp"

namespace xgrad {

namespace {

constexpr std::size_t longest = 4;  // bytes of a code point
constexpr std::uint32_t byte_order_mark = 0xFEFF;

/// How many bytes were decoded, and whether those that follow them are invalid.
struct Decoded {
  std::size_t length;
  bool invalid = false;
};

/// Calls f(symbol, offset) for the symbols of a piece. Those that might go on in the next piece, which may begin in the
/// last three bytes, are left for it, unless there is none.
template <class F>
Decoded decode(std::string_view piece, Encoding encoding, bool last, F f) {
  const char *const begin = piece.data(), *const end = begin + piece.size(), *at = begin;
  const auto done = [&] { return static_cast<std::size_t>(at - begin); };
  if (encoding == Encoding::bytes) {
    for (; at != end; ++at) f(static_cast<unsigned char>(*at), done());
    return {piece.size()};
  }
  const char* const complete = last ? end : end - std::min(piece.size(), longest - 1);
  while (at < complete) {
    const auto byte = static_cast<unsigned char>(*at);
    if (byte < 0x80) {
      f(byte, done());
      ++at;
      continue;
    }
    const char* next = at;  // a copy, so that `at` can stay in a register
    std::uint32_t symbol = 0;
    try {
      symbol = utf8::next(next, end);
    } catch (const utf8::exception&) {
      return {done(), true};
    }
    f(symbol, done());
    at = next;
  }
  return {done()};
}

/// What the first reading finds.
struct Survey {
  std::uint64_t bytes = 0, code_points = 0;  // without the byte order mark
  std::array<bool, 256> has_byte{};
  std::vector<bool> has_code_point;      // those that are no ASCII; none where they are not looked for
  std::optional<std::uint64_t> invalid;  // where the text stops being UTF-8
  std::uint32_t invalid_byte = 0;
  bool byte_order_mark = false, crlf = false;

  std::vector<std::uint32_t> symbols(Encoding encoding) const {
    std::vector<std::uint32_t> all;
    for (std::uint32_t byte = 0; byte < (encoding == Encoding::bytes ? 256 : 128); ++byte)
      if (has_byte[byte]) all.push_back(byte);
    if (encoding == Encoding::utf8)
      for (std::uint32_t symbol = 128; symbol < has_code_point.size(); ++symbol)
        if (has_code_point[symbol]) all.push_back(symbol);
    return all;
  }
};

class Loader {
 public:
  Loader(TextSource& source, std::string_view name, const Reading& how)
      : source_(source), called_("text '" + escaped(name) + "'"), how_(how) {
    if (how.piece < 1) fail<ValueError>("load_text", "piece must be at least 1, got 0");
    buffer_.resize(how.piece + longest - 1);
  }

  /// With the encoding of `known`, or the one wanted, or the one that fits.
  Text load(std::optional<Encoding> wanted, const Vocabulary* known);

 private:
  template <class F>
  void read(F f);
  void tell(bool end);
  Survey survey(bool as_bytes);
  Encoding choose_encoding(const Survey& found, std::optional<Encoding> wanted, const Vocabulary* known,
                           std::vector<std::string>& notices) const;
  Vocabulary vocabulary_of(const Survey& found, Encoding encoding) const;
  template <class Id>
  void encode(const Survey& found, bool known, std::vector<Id> ids, Text& text);
  [[noreturn]] void unknown(std::uint32_t symbol, std::uint64_t at, Encoding encoding) const;
  [[noreturn]] void changed(std::uint64_t was) const;

  TextSource& source_;
  std::string called_;
  const Reading& how_;
  std::vector<char> buffer_;
  std::uint64_t done_ = 0, told_ = 0;  // bytes, of both readings
};

void Loader::tell(bool end) {
  if (!how_.progress || (!end && done_ - told_ < progress_step)) return;
  told_ = done_;
  how_.progress(done_, std::max(done_, 2 * source_.size()));
}

/// Calls f(bytes, fresh, last) for each piece: `fresh` is what was read, `bytes` also what f left before. f returns how
/// many of the bytes it has done with: all but three at least.
template <class F>
void Loader::read(F f) {
  source_.rewind();
  for (std::size_t kept = 0;;) {
    const std::size_t got = source_.read({buffer_.data() + kept, how_.piece});
    const bool last = got < how_.piece;
    const std::string_view bytes(buffer_.data(), kept + got);
    const std::size_t used = f(bytes, bytes.substr(kept), last);
    done_ += got;
    tell(last);
    if (last) return;
    kept = bytes.size() - used;
    std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(used), kept, buffer_.begin());
  }
}

Survey Loader::survey(bool as_bytes) {
  Survey found;
  if (!as_bytes) found.has_code_point.resize(Vocabulary::code_points);
  bool after_cr = false;
  std::uint64_t decoded = 0;
  const auto see = [&](std::uint32_t symbol, std::size_t at) {
    if (symbol == byte_order_mark && decoded + at == 0) {
      found.byte_order_mark = true;
      return;
    }
    if (symbol >= 128) found.has_code_point[symbol] = true;
    ++found.code_points;
  };
  read([&](std::string_view bytes, std::string_view fresh, bool last) {
    found.bytes += fresh.size();
    for (const char c : fresh) found.has_byte[static_cast<unsigned char>(c)] = true;
    found.crlf = found.crlf || (after_cr && fresh.starts_with('\n')) || fresh.find("\r\n") != std::string_view::npos;
    if (!fresh.empty()) after_cr = fresh.back() == '\r';
    if (as_bytes || found.invalid) return bytes.size();
    const Decoded here = decode(bytes, Encoding::utf8, last, see);
    decoded += here.length;
    if (!here.invalid) return here.length;
    found.invalid = decoded;
    found.invalid_byte = static_cast<unsigned char>(bytes[here.length]);
    return bytes.size();
  });
  return found;
}

Encoding Loader::choose_encoding(const Survey& found, std::optional<Encoding> wanted, const Vocabulary* known,
                                 std::vector<std::string>& notices) const {
  if (known) wanted = known->encoding();
  if (wanted == Encoding::bytes) return Encoding::bytes;
  if (found.invalid) {
    const std::string where = called_ + ": invalid UTF-8 at byte " + std::to_string(*found.invalid) + " (" +
                              symbol_name(found.invalid_byte, Encoding::bytes) + ")";
    if (known) throw FormatError(where + "; the vocabulary is one of code points");
    if (wanted) throw FormatError(where + "\nhint: use --bytes");
    notices.push_back(where + "; its symbols are bytes");
    return Encoding::bytes;
  }
  if (found.byte_order_mark) notices.push_back("BOM dropped");
  return Encoding::utf8;
}

Vocabulary Loader::vocabulary_of(const Survey& found, Encoding encoding) const {
  std::vector<std::uint32_t> symbols = found.symbols(encoding);
  if (symbols.size() > Vocabulary::max_size)
    throw FormatError(called_ + ": " + std::to_string(symbols.size()) + " distinct symbols exceed " +
                      std::to_string(Vocabulary::max_size) + "\nhint: use --bytes");
  return Vocabulary(std::move(symbols), encoding);
}

template <class Id>
void Loader::encode(const Survey& found, bool known, std::vector<Id> ids, Text& text) {
  const std::vector<std::uint32_t>& symbols = text.vocabulary.symbols();
  std::vector<Index> id_of(symbols.empty() ? 0 : symbols.back() + 1, -1);
  for (std::size_t i = 0; i < symbols.size(); ++i) id_of[symbols[i]] = static_cast<Index>(i);
  Id *to = ids.data(), *const end = to + ids.size();
  Sha256 digest;
  std::uint64_t decoded = 0;
  const auto put = [&](std::uint32_t symbol, std::size_t at) {
    if (symbol == byte_order_mark && decoded + at == 0) return;
    const Index id = symbol < id_of.size() ? id_of[symbol] : -1;
    if (id < 0 && known) unknown(symbol, decoded + at, text.encoding);
    if (id < 0 || to == end) changed(found.bytes);
    *to++ = static_cast<Id>(id);
  };
  read([&](std::string_view bytes, std::string_view fresh, bool last) {
    digest.update(std::as_bytes(std::span(fresh)));
    const Decoded here = decode(bytes, text.encoding, last, put);
    if (here.invalid) changed(found.bytes);
    decoded += here.length;
    return here.length;
  });
  if (to != end || source_.changed()) changed(found.bytes);
  text.ids = Ids(std::move(ids));
  text.sha256 = digest.hex();
}

void Loader::unknown(std::uint32_t symbol, std::uint64_t at, Encoding encoding) const {
  throw FormatError(called_ + ": symbol " + symbol_name(symbol, encoding) + " at byte " + std::to_string(at) +
                    " is not in the vocabulary");
}

void Loader::changed(std::uint64_t was) const {
  const std::uint64_t now = source_.size();
  std::string what = called_ + " changed while in use";
  if (now != was) what += " (was " + std::to_string(was) + ", now " + std::to_string(now) + " bytes)";
  throw FileError(what);
}

Text Loader::load(std::optional<Encoding> wanted, const Vocabulary* known) {
  const Survey found = survey((known ? known->encoding() : wanted.value_or(Encoding::utf8)) == Encoding::bytes);
  Text text;
  text.encoding = choose_encoding(found, wanted, known, text.notices);
  text.bytes = found.bytes;
  const bool as_bytes = text.encoding == Encoding::bytes;
  const std::uint64_t symbols = as_bytes ? found.bytes : found.code_points;
  if (symbols == 0) throw FormatError(called_ + " is empty");
  if (found.crlf) text.notices.push_back("text has CRLF line ends (kept)");
  text.vocabulary = known ? *known : vocabulary_of(found, text.encoding);
  if (text.vocabulary.size() == 1) text.notices.push_back("vocabulary has 1 symbol; loss will be 0");
  if (text.vocabulary.size() <= 256) encode(found, known, std::vector<std::uint8_t>(symbols), text);
  else encode(found, known, std::vector<std::uint16_t>(symbols), text);
  return text;
}

Text loaded(const std::filesystem::path& path, std::optional<Encoding> wanted, const Vocabulary* known,
            const Reading& how) {
  FileSource source(path, how.progress);
  return Loader(source, path.string(), how).load(wanted, known);
}

Text loaded(std::string_view bytes, std::string_view name, std::optional<Encoding> wanted, const Vocabulary* known) {
  MemorySource source(bytes);
  return Loader(source, name, {}).load(wanted, known);
}

}  // namespace

Text load_text(const std::filesystem::path& path, std::optional<Encoding> wanted, const Reading& how) {
  return loaded(path, wanted, nullptr, how);
}

Text load_text(const std::filesystem::path& path, const Vocabulary& vocabulary, const Reading& how) {
  return loaded(path, std::nullopt, &vocabulary, how);
}

Text text_of(std::string_view bytes, std::string_view name, std::optional<Encoding> wanted) {
  return loaded(bytes, name, wanted, nullptr);
}

Text text_of(std::string_view bytes, std::string_view name, const Vocabulary& vocabulary) {
  return loaded(bytes, name, std::nullopt, &vocabulary);
}

}  // namespace xgrad
