// A vocabulary as a checkpoint keeps it: the first byte says which encoding, the others are its symbols.
#include <algorithm>
#include <cstring>
#include <numeric>
#include <optional>
#include <vector>
#include <xgrad/autograd/core/error.hpp>
#include <xgrad/models/text/text.hpp>
#include <xgrad/models/text/vocabulary.hpp>

#include "fuzz.hpp"

using namespace xgrad;
using fuzz::must;

namespace {

using Symbols = std::vector<std::uint32_t>;

bool is_good(const Symbols& symbols, Encoding encoding) {
  const std::uint32_t end = encoding == Encoding::bytes ? 256 : 0x110000;
  const auto is_symbol = [&](std::uint32_t s) { return s < end && (s < 0xD800 || s >= 0xE000); };
  return !symbols.empty() && symbols.size() <= 65536 && std::all_of(symbols.begin(), symbols.end(), is_symbol) &&
         std::adjacent_find(symbols.begin(), symbols.end(), std::greater_equal<>()) == symbols.end();
}

void check(const Vocabulary& vocabulary) {
  std::vector<Index> ids(static_cast<std::size_t>(vocabulary.size()));
  std::iota(ids.begin(), ids.end(), 0);
  const std::string all = vocabulary.decode(ids);
  must(vocabulary.encode(all) == ids, "what ids stand for has these ids");
  for (const Index id : ids)
    must(vocabulary.find(vocabulary.symbols()[static_cast<std::size_t>(id)]) == id, "a symbol is found");
  // A byte order mark at the beginning is none of the text.
  const bool marked = vocabulary.encoding() == Encoding::utf8 && all.starts_with("\xEF\xBB\xBF");
  if (marked) return;
  const Text text = xgrad::text_of(all, "F", vocabulary.encoding());
  must(text.vocabulary == vocabulary, "a text of its symbols has that vocabulary");
  must(text.ids.unpacked() == ids, "in these ids");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return -1;
  const Encoding encoding = data[0] % 2 == 0 ? Encoding::utf8 : Encoding::bytes;
  Symbols symbols((size - 1) / sizeof(std::uint32_t));
  if (!symbols.empty()) std::memcpy(symbols.data(), data + 1, symbols.size() * sizeof(std::uint32_t));
  std::optional<Vocabulary> vocabulary;
  try {
    vocabulary.emplace(symbols, encoding);
  } catch (const FormatError& e) {
    fuzz::must_be_printable(e.what());
  }
  must(vocabulary.has_value() == is_good(symbols, encoding), "only increasing symbols are a vocabulary");
  if (!vocabulary) return 0;
  must(vocabulary->symbols() == symbols && vocabulary->encoding() == encoding, "it has the symbols it was given");
  check(*vocabulary);
  return 0;
}
