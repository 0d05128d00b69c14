// The examples of FIPS 180-4, and that pieces make the whole.
#include <xgrad/models/files/sha256.hpp>

#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>

namespace {

std::string digest(std::string_view text) { return xgrad::sha256(std::as_bytes(std::span(text))); }

}  // namespace

BOOST_AUTO_TEST_SUITE(sha256)

BOOST_AUTO_TEST_CASE(known_digests) {
  BOOST_TEST(digest("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  BOOST_TEST(digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  BOOST_TEST(digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
             "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  BOOST_TEST(digest(std::string(1'000'000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

BOOST_AUTO_TEST_CASE(pieces_make_the_whole) {
  const std::string text = "the quick brown fox jumps over the lazy dog, again and again, for more than one block";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    xgrad::Sha256 pieces;
    pieces.update(std::as_bytes(std::span(text).first(cut)));
    pieces.update(std::as_bytes(std::span(text).subspan(cut)));
    BOOST_TEST(pieces.hex() == digest(text));
  }
}

BOOST_AUTO_TEST_SUITE_END()
