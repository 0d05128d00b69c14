#include "../../../models/text/text.hpp"

#include <boost/test/unit_test.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "../../../autograd/core/error.hpp"
#include "../../thrown.hpp"

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
using Notices = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(text)

BOOST_AUTO_TEST_CASE(notices) {
  BOOST_TEST(text_of("\xEF\xBB\xBFhi", "t").notices == Notices{"BOM dropped"});
  BOOST_TEST(text_of("\xEF\xBB\xBFhi", "t").ids.size() == 2);
  BOOST_TEST(text_of("\xEF\xBB\xBFhi", "t", Encoding::bytes).ids.size() == 5);
  BOOST_TEST(text_of("a\r\nb", "t").notices == Notices{"text has CRLF line ends (kept)"});
  BOOST_TEST(text_of("a\r\nb", "t").vocabulary.size() == 4);
  BOOST_TEST(text_of("a\rb\n", "t").notices.empty());
  BOOST_TEST(text_of("aaa", "t").notices == Notices{"vocabulary has 1 symbol; loss will be 0"});
  const Text bytes = text_of("ab\xE9", "a\nb");
  BOOST_TEST(bytes.notices == Notices{"text 'a\\nb': invalid UTF-8 at byte 2 (0xE9); its symbols are bytes"});
  BOOST_CHECK(bytes.encoding == Encoding::bytes);
  BOOST_CHECK(bytes.vocabulary.encoding() == Encoding::bytes);
  BOOST_TEST(bytes.ids.unpacked() == (List{0, 1, 2}));
}

BOOST_AUTO_TEST_CASE(texts_that_are_refused) {
  const auto refuses = [](std::string_view bytes, std::optional<Encoding> wanted, const char* what) {
    BOOST_CHECK_EXCEPTION(text_of(bytes, "F", wanted), FormatError, message(what));
  };
  refuses("", std::nullopt, "text 'F' is empty");
  refuses("", Encoding::bytes, "text 'F' is empty");
  refuses("\xEF\xBB\xBF", std::nullopt, "text 'F' is empty");
  std::string late(1047, 'x');
  late += "\xE9zz";
  refuses(late, Encoding::utf8, "text 'F': invalid UTF-8 at byte 1047 (0xE9)\nhint: use --bytes");
  // Cut short, overlong, a surrogate, beyond the last code point, a stray continuation.
  refuses("a\xE2\x82", Encoding::utf8, "text 'F': invalid UTF-8 at byte 1 (0xE2)\nhint: use --bytes");
  refuses("\xC0\x80", Encoding::utf8, "text 'F': invalid UTF-8 at byte 0 (0xC0)\nhint: use --bytes");
  refuses("\xED\xA0\x80", Encoding::utf8, "text 'F': invalid UTF-8 at byte 0 (0xED)\nhint: use --bytes");
  refuses("\xF4\x90\x80\x80", Encoding::utf8, "text 'F': invalid UTF-8 at byte 0 (0xF4)\nhint: use --bytes");
  refuses("\x80", Encoding::utf8, "text 'F': invalid UTF-8 at byte 0 (0x80)\nhint: use --bytes");
}

BOOST_AUTO_TEST_CASE(a_byte_order_mark_is_one_only_at_the_beginning) {
  const Text inside = text_of("a\xEF\xBB\xBF", "t"), twice = text_of("\xEF\xBB\xBF\xEF\xBB\xBF", "t");
  BOOST_TEST(inside.vocabulary.symbols() == (Symbols{'a', 0xFEFF}));
  BOOST_TEST(inside.notices.empty());
  BOOST_TEST(twice.vocabulary.symbols() == (Symbols{0xFEFF}));
  BOOST_TEST(twice.ids.unpacked() == List{0});
  BOOST_TEST(twice.notices == (Notices{"BOM dropped", "vocabulary has 1 symbol; loss will be 0"}));
}

BOOST_AUTO_TEST_CASE(the_digest_is_of_all_bytes) {
  const Text abc = text_of("abc", "t"), marked = text_of("\uFEFFabc", "t");
  BOOST_TEST(abc.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");  // FIPS 180-2
  BOOST_TEST(abc.bytes == 3U);
  BOOST_TEST(marked.bytes == 6U);
  BOOST_CHECK(marked.ids.view() == abc.ids);
  BOOST_TEST(marked.sha256 == "1c28dc3f1f804a1ad9c9b4b4cf5e2658d16ad4ed08e3020d04a8d2865018947c");
}

std::string utf8_of(std::uint32_t symbol) { return Vocabulary({symbol}, Encoding::utf8).decode(0); }

BOOST_AUTO_TEST_CASE(at_most_65536_symbols) {
  std::string bytes;
  for (std::uint32_t symbol = 0x10000; symbol < 0x20000; ++symbol) bytes += utf8_of(symbol);
  const Text most = text_of(bytes, "F");
  BOOST_TEST(most.vocabulary.size() == 65536);
  BOOST_TEST(most.ids.width() == 2);
  BOOST_TEST(most.ids[0] == 0);
  BOOST_TEST(most.ids[65535] == 65535);
  BOOST_CHECK(most.vocabulary.decode(most.ids) == bytes);
  bytes += "a";
  BOOST_TEST(thrown<FormatError>([&] { text_of(bytes, "F"); }) ==
             "text 'F': 65537 distinct symbols exceed 65536\nhint: use --bytes");
  BOOST_TEST(text_of(bytes, "F", Encoding::bytes).ids.size() == 4 * 65536 + 1);
}

BOOST_AUTO_TEST_CASE(an_id_takes_a_second_byte_from_257_symbols_on) {
  std::string bytes;
  for (std::uint32_t symbol = 0; symbol < 256; ++symbol) bytes += utf8_of(symbol);
  BOOST_TEST(text_of(bytes, "F").ids.width() == 1);
  BOOST_TEST(text_of(bytes, "F").ids[255] == 255);
  bytes += utf8_of(256);
  BOOST_TEST(text_of(bytes, "F").ids.width() == 2);
  BOOST_TEST(text_of(bytes, "F").ids[256] == 256);
}

// ---- with a vocabulary that is there already

BOOST_AUTO_TEST_CASE(the_ids_of_a_given_vocabulary) {
  const Vocabulary known({'a', 'b', 'x', 0xE9}, Encoding::utf8);
  const Text text = text_of("\uFEFFb\xC3\xA9\r\n", "t", Vocabulary({'\n', '\r', 'b', 0xE9}, Encoding::utf8));
  BOOST_TEST(text.ids.unpacked() == (List{2, 3, 1, 0}));
  BOOST_TEST(text.notices == (Notices{"BOM dropped", "text has CRLF line ends (kept)"}));
  BOOST_CHECK(text_of("xxa", "t", known).vocabulary == known);
  BOOST_TEST(text_of("xxa", "t", known).ids.unpacked() == (List{2, 2, 0}));
  BOOST_TEST(text_of("xxa", "t", known).notices.empty());
  // Bytes are bytes even where they would be valid UTF-8.
  const Text bytes = text_of("\xC3\xA9", "t", Vocabulary({0xA9, 0xC3}, Encoding::bytes));
  BOOST_TEST(bytes.ids.unpacked() == (List{1, 0}));
  BOOST_CHECK(bytes.encoding == Encoding::bytes);
}

BOOST_AUTO_TEST_CASE(the_width_is_that_of_the_given_vocabulary) {
  Symbols many(300);
  std::iota(many.begin(), many.end(), 0);
  BOOST_TEST(text_of("ab", "t", Vocabulary(many, Encoding::utf8)).ids.width() == 2);
}

BOOST_AUTO_TEST_CASE(symbols_that_a_given_vocabulary_has_not) {
  const Vocabulary known({'a', 'b'}, Encoding::utf8), bytes({'a', 'b'}, Encoding::bytes);
  const auto refuses = [](std::string_view text, const Vocabulary& vocabulary, const char* what) {
    BOOST_CHECK_EXCEPTION(text_of(text, "F", vocabulary), FormatError, message(what));
  };
  refuses(std::string(88, 'a').append("\xC3\xA9"), known,
          "text 'F': symbol U+00E9 at byte 88 is not in the vocabulary");
  refuses(std::string(1000000, 'b') += 'x', known, "text 'F': symbol U+0078 at byte 1000000 is not in the vocabulary");
  refuses("\uFEFFab\n", known, "text 'F': symbol U+000A at byte 5 is not in the vocabulary");
  refuses("a\U0001F600x", known, "text 'F': symbol U+1F600 at byte 1 is not in the vocabulary");
  refuses("ab\xC3\xA9", bytes, "text 'F': symbol 0xC3 at byte 2 is not in the vocabulary");
  refuses("a", Vocabulary(), "text 'F': symbol U+0061 at byte 0 is not in the vocabulary");
  refuses("ab\xE9", known, "text 'F': invalid UTF-8 at byte 2 (0xE9); the vocabulary is one of code points");
  refuses("", known, "text 'F' is empty");
}

BOOST_AUTO_TEST_SUITE_END()
