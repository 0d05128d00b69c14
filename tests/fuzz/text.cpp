// Texts to ids. The first byte says what encoding is asked for, the second in how large pieces the file is read; a text
// follows them.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>
#include <xgrad/autograd/core/error.hpp>
#include <xgrad/models/files/sha256.hpp>
#include <xgrad/models/text/text.hpp>

#include "fuzz.hpp"

using namespace xgrad;
using fuzz::must;

namespace {

/// The code points of a text, or nothing where it is not UTF-8: by Table 3-7 of the Unicode Standard, well-formed byte
/// sequences. Other code than the library's, which is what it is for.
std::optional<std::vector<std::uint32_t>> code_points(std::string_view text) {
  std::vector<std::uint32_t> all;
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t k) { return k < text.size() ? static_cast<unsigned char>(text[k]) : 0u; };
    const unsigned first = byte(i++);
    const std::size_t more = first < 0x80   ? 0
                             : first < 0xC2 ? 9
                             : first < 0xE0 ? 1
                             : first < 0xF0 ? 2
                             : first < 0xF5 ? 3
                                            : 9;
    if (more == 9) return std::nullopt;
    const unsigned least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    const unsigned most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (more > 0 && (byte(i) < least || byte(i) > most)) return std::nullopt;
    std::uint32_t symbol = more == 0 ? first : first & (0x3Fu >> more);
    for (std::size_t k = 0; k < more; ++k, ++i) {
      if (byte(i) < 0x80 || byte(i) > 0xBF) return std::nullopt;
      symbol = symbol << 6 | (byte(i) & 0x3F);
    }
    all.push_back(symbol);
  }
  return all;
}

std::vector<std::uint32_t> symbols_of(std::string_view text, Encoding encoding) {
  if (encoding == Encoding::utf8) return *code_points(text);
  std::vector<std::uint32_t> all;
  for (const char c : text) all.push_back(static_cast<unsigned char>(c));
  return all;
}

template <class Load>
std::optional<Text> loaded(Load load) {
  try {
    return load();
  } catch (const FormatError& e) {
    fuzz::must_be_printable(e.what());
    return std::nullopt;
  }
}

bool same(const Text& a, const Text& b) {
  return a.vocabulary == b.vocabulary && a.ids.view() == b.ids.view() && a.ids.width() == b.ids.width() &&
         a.encoding == b.encoding && a.sha256 == b.sha256 && a.bytes == b.bytes && a.notices.size() == b.notices.size();
}

void check_text(const Text& text, std::string_view bytes, std::string_view content) {
  must(text.bytes == bytes.size() && text.sha256 == sha256(std::as_bytes(std::span(bytes))),
       "a text tells of its bytes");
  must(text.ids.width() == (text.vocabulary.size() <= 256 ? 1 : 2), "ids are as narrow as they can be");
  must(text.vocabulary.decode(text.ids) == content, "ids give the text back");
  must(text.vocabulary.encode(content) == text.ids.unpacked(), "however it is encoded");
  std::vector<std::uint32_t> symbols = symbols_of(content, text.encoding);
  must(Vocabulary::of(symbols, text.encoding) == text.vocabulary, "the vocabulary has the symbols of the text alone");
  for (const std::string& notice : text.notices) fuzz::must_be_printable(notice);
}

/// With the vocabulary of the text's first half: a run's, which may lack some symbols.
void check_known(std::string_view bytes, std::string_view content, Encoding encoding) {
  std::vector<std::uint32_t> all = symbols_of(content, encoding);
  const Vocabulary known = Vocabulary::of(std::span(all).first((all.size() + 1) / 2), encoding);
  const auto has = [&](std::uint32_t symbol) { return known.find(symbol).has_value(); };
  const auto text = loaded([&] { return xgrad::text_of(bytes, "F", known); });
  must(text.has_value() == std::all_of(all.begin(), all.end(), has), "a run reads the texts of its symbols, no others");
  if (text) must(text->vocabulary == known && known.decode(text->ids) == content, "and gives them its ids");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return -1;
  const std::string_view bytes = fuzz::text_of(data + 2, size - 2);
  const std::optional<Encoding> choices[] = {std::nullopt, Encoding::utf8, Encoding::bytes},
                                wanted = choices[data[0] % 3];
  const bool is_utf8 = code_points(bytes).has_value();
  const Encoding encoding = wanted.value_or(is_utf8 ? Encoding::utf8 : Encoding::bytes);
  const bool marked = encoding == Encoding::utf8 && bytes.starts_with("\xEF\xBB\xBF");
  const std::string_view content = bytes.substr(marked ? 3 : 0);

  const auto text = loaded([&] { return xgrad::text_of(bytes, "F", wanted); });
  const bool good = !content.empty() && (encoding == Encoding::bytes || is_utf8);
  must(text.has_value() == good, "a text is refused where it is empty, or not the UTF-8 that it is to be, alone");
  if (text) {
    must(text->encoding == encoding, "symbols are bytes where they are to be, or where it is not UTF-8");
    check_text(*text, bytes, content);
    check_known(bytes, content, encoding);
  }
  const fuzz::MemoryFile file(bytes);
  const auto in_pieces = loaded([&] { return load_text(file.path(), wanted, {.piece = data[1] + std::size_t{1}}); });
  must(in_pieces.has_value() == good && (!good || same(*in_pieces, *text)), "pieces do not show");
  fuzz::must_be_printable("." + escaped(bytes));
  return 0;
}
