#include "../../../models/text/vocabulary.hpp"

#include <boost/test/unit_test.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "../../../autograd/core/error.hpp"
#include "../../../models/text/text.hpp"

using namespace xgrad;

namespace {

auto message(const std::string& text) {
  return [text](const Error& e) {
    BOOST_TEST(e.what() == text);
    return e.what() == text;
  };
}

using Symbols = std::vector<std::uint32_t>;
using List = std::vector<Index>;

}  // namespace

BOOST_AUTO_TEST_SUITE(vocabulary)

BOOST_AUTO_TEST_CASE(symbols_are_sorted_and_distinct) {
  const Text text = text_of("hello", "t");
  BOOST_TEST(text.vocabulary.symbols() == (Symbols{'e', 'h', 'l', 'o'}));
  BOOST_TEST(text.vocabulary.size() == 4);
  BOOST_TEST(text.ids.unpacked() == (List{1, 0, 2, 2, 3}));
  BOOST_CHECK(text.encoding == Encoding::utf8);
  BOOST_TEST(text.notices.empty());
  BOOST_CHECK(Vocabulary::of(Symbols{'o', 'h', 'e', 'l', 'l'}, Encoding::utf8) == text.vocabulary);
}

BOOST_AUTO_TEST_CASE(code_points_of_every_length) {
  const std::string bytes = "\xF0\x9F\x98\x80z\xE2\x82\xAC\xC3\xA9z";  // U+1F600 z U+20AC U+00E9 z
  const Text text = text_of(bytes, "t");
  BOOST_TEST(text.vocabulary.symbols() == (Symbols{'z', 0xE9, 0x20AC, 0x1F600}));
  BOOST_TEST(text.ids.unpacked() == (List{3, 0, 2, 1, 0}));
  BOOST_TEST(text.vocabulary.decode(text.ids) == bytes);
  BOOST_TEST(text.vocabulary.decode(text.ids.unpacked()) == bytes);
  BOOST_TEST(text.vocabulary.decode(2) == "\xE2\x82\xAC");
  BOOST_TEST(text.vocabulary.encode(bytes) == text.ids.unpacked());
  BOOST_TEST(*text.vocabulary.find(0x20AC) == 2);
  for (const std::uint32_t none : {std::uint32_t{'a'}, 0x20ADU, 0x10FFFFU}) BOOST_CHECK(!text.vocabulary.find(none));
}

BOOST_AUTO_TEST_CASE(bytes_of_every_value) {
  std::string bytes;
  for (int i = 255; i >= 0; --i) bytes += static_cast<char>(i);
  const Text text = text_of(bytes, "t", Encoding::bytes);
  BOOST_TEST(text.vocabulary.size() == 256);
  BOOST_TEST(text.ids[0] == 255);
  BOOST_TEST(text.ids[255] == 0);
  BOOST_TEST(text.vocabulary.decode(text.ids) == bytes);
  BOOST_TEST(text.vocabulary.encode(bytes) == text.ids.unpacked());
  BOOST_TEST(text.notices.empty());
  BOOST_CHECK(text.encoding == Encoding::bytes);
}

BOOST_AUTO_TEST_CASE(unseen_symbols_are_named) {
  const Vocabulary abc({'a', 'b', 'c'}, Encoding::utf8), bytes({'a', 'b', 'c'}, Encoding::bytes);
  const auto refuses = [](const Vocabulary& v, std::string_view text, const char* what) {
    BOOST_CHECK_EXCEPTION(v.encode(text), ValueError, message(what));
  };
  refuses(abc, "ab\xC3\xA9", "text contains '\xC3\xA9' (U+00E9), not in the vocabulary");
  refuses(abc, "\n", "text contains '\\n' (U+000A), not in the vocabulary");
  refuses(abc, "\x1B[31m", "text contains '\\x1B' (U+001B), not in the vocabulary");
  refuses(abc, std::string_view("a\0", 2), "text contains '\\x00' (U+0000), not in the vocabulary");
  refuses(abc, "\xE2\x80\xAE", "text contains '\\u{202E}' (U+202E), not in the vocabulary");
  refuses(abc, "\xF0\x9F\x98\x80", "text contains '\xF0\x9F\x98\x80' (U+1F600), not in the vocabulary");
  refuses(abc, "ab\xFF", "text: invalid UTF-8 at byte 2 (0xFF)");
  refuses(bytes, "abz", "text contains 'z' (0x7A), not in the vocabulary");
  refuses(bytes, "\xC3\xA9", "text contains '\\xC3' (0xC3), not in the vocabulary");
  BOOST_CHECK_EXCEPTION(abc.encode("d", "--prime"), ValueError,
                        message("--prime contains 'd' (U+0064), not in the vocabulary"));
  BOOST_TEST(abc.encode("").empty());
}

BOOST_AUTO_TEST_CASE(ids_out_of_range) {
  const Vocabulary abc({'a', 'b', 'c'}, Encoding::utf8);
  for (const Index id : {-1, 3, 2147483647})
    BOOST_CHECK_EXCEPTION(abc.decode(id), ValueError,
                          message("[decode] id " + std::to_string(id) + " is out of range for a vocabulary of 3"));
  BOOST_CHECK_THROW(abc.decode(List{0, 3}), ValueError);
  BOOST_CHECK_THROW(Vocabulary().decode(0), ValueError);
  BOOST_TEST(Vocabulary().size() == 0);
}

BOOST_AUTO_TEST_CASE(stored_symbols_are_checked) {
  const auto refuses = [](const Symbols& symbols, Encoding encoding, const char* what) {
    BOOST_CHECK_EXCEPTION(Vocabulary(symbols, encoding), FormatError, message(what));
  };
  refuses({}, Encoding::utf8, "[vocabulary] there are no symbols");
  refuses({'b', 'a'}, Encoding::utf8, "[vocabulary] symbol 1 (U+0061) is not above the one before, U+0062");
  refuses({'a', 'a'}, Encoding::bytes, "[vocabulary] symbol 1 (0x61) is not above the one before, 0x61");
  refuses({'a', 0xD800}, Encoding::utf8, "[vocabulary] symbol 1 (U+D800) is not a code point");
  refuses({0xDFFF}, Encoding::utf8, "[vocabulary] symbol 0 (U+DFFF) is not a code point");
  refuses({0x110000}, Encoding::utf8, "[vocabulary] symbol 0 (U+110000) is not a code point");
  refuses({4294967295U}, Encoding::utf8, "[vocabulary] symbol 0 (U+FFFFFFFF) is not a code point");
  refuses({'a', 256}, Encoding::bytes, "[vocabulary] symbol 1 (0x100) is not a byte");
  Symbols many(65537);
  std::iota(many.begin(), many.end(), 0x10000U);
  refuses(many, Encoding::utf8, "[vocabulary] 65537 symbols exceed 65536");
  many.pop_back();
  BOOST_CHECK_NO_THROW(Vocabulary(many, Encoding::utf8));
  BOOST_CHECK_NO_THROW(Vocabulary({0, 0xD7FF, 0xE000, 0x10FFFF}, Encoding::utf8));
  BOOST_CHECK(!(Vocabulary({'a'}, Encoding::utf8) == Vocabulary({'a'}, Encoding::bytes)));
  const Vocabulary v({'a', 0x20AC}, Encoding::utf8);
  BOOST_CHECK(Vocabulary(v.symbols(), v.encoding()) == v);
}

BOOST_AUTO_TEST_CASE(symbols_have_names) {
  BOOST_TEST(symbol_name(0xE9, Encoding::utf8) == "U+00E9");
  BOOST_TEST(symbol_name(0x1F600, Encoding::utf8) == "U+1F600");
  BOOST_TEST(symbol_name(0x9, Encoding::bytes) == "0x09");
}

BOOST_AUTO_TEST_CASE(untrusted_text_is_escaped) {
  BOOST_TEST(escaped("plain \xC3\xA9") == "plain \xC3\xA9");
  BOOST_TEST(escaped("a\tb\r\n'\\\x7F") == "a\\tb\\r\\n\\'\\\\\\x7F");
  BOOST_TEST(escaped("\xC2\x85\xE2\x80\x8B\xEF\xBB\xBF") == "\\u{0085}\\u{200B}\\u{FEFF}");
  BOOST_TEST(escaped("a\xE9z\xE2\x82") == "a\\xE9z\\xE2\\x82");
  BOOST_TEST(escaped("abcdef", 3) == "abc...");
  BOOST_TEST(escaped("abc", 3) == "abc");
  BOOST_TEST(escaped("") == "");
}

BOOST_AUTO_TEST_SUITE_END()
