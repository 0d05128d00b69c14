// What the digest is for: damage anywhere in a file, and that nothing but the file's own digest is taken for it. And
// what a hostile file costs.
#include <boost/test/unit_test.hpp>
#include <xgrad/autograd/core/error.hpp>
#include <xgrad/models/checkpoint/safetensors.hpp>
#include <xgrad/models/files/sha256.hpp>

#include "../../heap.hpp"
#include "../../thrown.hpp"
#include "fixture.hpp"

using namespace xgrad;

namespace {

const std::string zeros(64, '0');

SafeTensors parse(std::string_view bytes) { return parse_safetensors(std::as_bytes(std::span(bytes)), "C"); }
bool refused(std::string_view bytes) {
  try {
    parse(bytes);
    return false;
  } catch (const FormatError&) {
    return true;
  }
}

/// A file as write_safetensors() makes it, of `size` bytes.
std::string written(std::size_t size) {
  const Folder folder;
  SafeTensors content = sample();
  write_safetensors(folder.file(), content);
  std::size_t missing = size - std::size_t(std::filesystem::file_size(folder.file()));
  auto& w = content.tensors[1];
  missing = missing / 8 * 8;
  w.data.resize(w.data.size() + missing, std::byte{0x3F});
  w.shape = {w.data.size() / 4};
  while (true) {
    write_safetensors(folder.file(), content);
    const auto now = std::filesystem::file_size(folder.file());
    if (now <= size) break;
    w.data.resize(w.data.size() - (now - size + 3) / 4 * 4);
    w.shape = {w.data.size() / 4};
  }
  return folder.bytes();
}

/// Puts the digest in the place of the 64 zeros at `at`.
std::string with_digest(std::string bytes, std::size_t at) {
  return bytes.replace(at, 64, sha256(std::as_bytes(std::span(bytes))));
}
/// In the place of the last 64 zeros.
std::string with_digest(const std::string& bytes) { return with_digest(bytes, bytes.rfind(zeros)); }

std::string metadata(const std::string& entries) { return R"("__metadata__":{)" + entries + "}"; }
const std::string digest_entry = R"("sha256":")" + zeros + '"';

}  // namespace

BOOST_AUTO_TEST_SUITE(damage)

BOOST_AUTO_TEST_CASE(every_flipped_bit_is_refused) {
  std::string bytes = written(4096);
  BOOST_TEST_REQUIRE(bytes.size() > 4080u);
  BOOST_TEST(parse(bytes).sha256.size() == 64u);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    char& byte = bytes[bit / 8];
    byte = static_cast<char>(byte ^ (1 << bit % 8));
    if (!refused(bytes)) BOOST_ERROR("bit " << bit % 8 << " of byte " << bit / 8 << " was flipped and nobody saw");
    byte = static_cast<char>(byte ^ (1 << bit % 8));
  }
  BOOST_TEST(!refused(bytes));
}

BOOST_AUTO_TEST_CASE(every_truncation_and_every_tail_is_refused) {
  const std::string signed_file = written(4096), unsigned_file = file_of(object(entry("a", "F32", "25", "0,100")), 100);
  for (const std::string& bytes : {signed_file, unsigned_file}) {
    for (std::size_t length = 0; length < bytes.size(); ++length)
      if (!refused(bytes.substr(0, length))) BOOST_ERROR("of " << length << " bytes");
    for (std::size_t tail = 1; tail <= 64; ++tail)
      for (const std::string& more : {std::string(tail, '\0'), std::string(tail, ' '), bytes.substr(0, tail)})
        if (!refused(bytes + more)) BOOST_ERROR("a tail of " << tail << " bytes");
  }
}

BOOST_AUTO_TEST_CASE(flipped_bits_do_no_harm_where_there_is_no_digest) {
  const std::string good = file_of(
      object(metadata(R"("k":"v")") + "," + entry("a", "F32", "2,3", "0,24") + "," + entry("b", "U8", "3", "24,27")),
      27);
  for (std::size_t bit = 0; bit < (good.size() - 27) * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    if (!refused(bad)) BOOST_TEST(parse(bad).tensors.size() == 2u);  // another name perhaps, but nothing more or less
  }
}

BOOST_AUTO_TEST_CASE(what_the_message_says) {
  const std::string digest = "'C' is damaged: its sha256 does not match its bytes";
  const auto says = [](const std::string& bytes) { return thrown<FormatError>([&] { parse(bytes); }); };
  const std::string a = entry("a", "U8", "2", "0,2");
  const auto with = [&](const std::string& value) {
    return file_of(object(metadata(R"("sha256":")" + value + '"') + "," + a), 2);
  };
  BOOST_TEST(!refused(with_digest(with(zeros))));
  for (const std::string& value : {zeros, std::string(63, '0'), std::string(65, '0'), std::string(), std::string("x")})
    BOOST_TEST(says(with(value)) == digest);
  std::string bytes = with_digest(with(zeros));
  const std::size_t letter = bytes.find_first_of("abcdef", bytes.find("sha256\":\"") + 9);
  bytes[letter] = static_cast<char>(bytes[letter] - 32);
  BOOST_TEST(says(bytes) == digest);  // digits are lower-case
  // Of a file whose digest begins with 0, that digit as an escape: the text has no 64 digits to be taken as zeros.
  BOOST_TEST(says(with("\\u0030" + std::string(63, '0'))) == digest);
  BOOST_TEST(says(file_of(object(metadata(R"("sha257":")" + zeros + '"')))) ==
             "'C' is damaged: its metadata 'sha257' is one bit from 'sha256'");
  BOOST_TEST(!refused(file_of(object(metadata(R"("sha257":"other","sha512":")" + zeros + '"')))));
  const Folder folder;
  folder.write(with(zeros));
  BOOST_TEST(thrown<FormatError>([&] { read_safetensors(folder.file()); }) ==
             folder.quoted() + " is damaged: its sha256 does not match its bytes");
}

BOOST_AUTO_TEST_CASE(the_digest_may_lie_anywhere) {
  const std::string a = entry("a", "U8", "2", "0,2"), rest = R"("b":"1","z":"2")";
  for (const std::string& header :
       {object(metadata(digest_entry + "," + rest) + "," + a), object(metadata(rest + "," + digest_entry) + "," + a),
        object(a + "," + metadata(rest + "," + digest_entry)), object(a + " , " + metadata("\n" + digest_entry + " ")),
        object(metadata(R"("sh\u0061256" : ")" + zeros + '"') + "," + a)}) {
    const std::string bytes = with_digest(file_of(header, 2));
    const SafeTensors content = parse(bytes);
    BOOST_TEST(content.sha256 == bytes.substr(file_of(header, 2).rfind(zeros), 64), header);
    BOOST_TEST(!content.metadata.contains("sha256"));
    BOOST_TEST(refused(bytes.substr(0, bytes.size() - 1) + "x"), header);
  }
}

BOOST_AUTO_TEST_CASE(what_looks_like_the_digest_is_not_taken_for_it) {
  const std::string text = R"("sha256":")" + zeros + '"', escaped = R"(\"sha256\":\")" + zeros + R"(\")";
  // ours: in names, metadata, and the data
  const Folder folder;
  SafeTensors content;
  content.metadata = {{"a", text}, {"sha", zeros}, {text, "z"}, {"z", text}, {"sha256 ", zeros}};
  for (const std::string& name : {text, std::string("sha256"), zeros, std::string("__metadata__.sha256")})
    content.tensors.push_back(make_tensor(name, Dtype::u8, {text.size()}, std::as_bytes(std::span(text))));
  write_safetensors(folder.file(), content);
  const SafeTensors back = read_safetensors(folder.file());
  BOOST_CHECK(back.metadata == content.metadata);
  for (const Tensor& t : content.tensors) BOOST_CHECK(*back.find(t.name) == t);
  // others': before and behind it, and in fields that the format does not know
  const std::string fields = R"("dtype":"U8","shape":[2],"data_offsets":[0,2],"sha256":")" + zeros + '"';
  const std::string tensor = R"("sha256":{)" + fields + R"(,"__metadata__":{"sha256":")" + zeros + R"("}})";
  const std::string strings = R"("k":")" + escaped + R"(",")" + escaped + R"(":"v")";
  for (const bool behind : {false, true}) {
    const std::string before = "{" + (behind ? tensor + "," : "") + R"("__metadata__":{)" + strings + R"(,"sha256":")";
    const std::string header = before + zeros + R"(","z":")" + escaped + R"("})" + (behind ? "" : "," + tensor) + "}";
    BOOST_TEST(!refused(with_digest(file_of(header, 2), 8 + before.size())));
    BOOST_TEST(refused(with_digest(file_of(header, 2), 8 + header.find(zeros))));
  }
  const SafeTensors none = parse(file_of("{" + tensor + "}", 2));  // has none of its own
  BOOST_TEST(none.sha256.empty());
}

BOOST_AUTO_TEST_CASE(hostile_files_cost_little_more_than_their_size) {
  constexpr std::size_t most = 1 << 20;
  const auto filled = [](const std::string& start, auto part) {
    std::string text = start;
    for (int i = 0;; ++i) {
      const std::string next = part(i);
      if (text.size() + next.size() > most - 10) return file_of(text.substr(0, text.size() - 1) + "  ");
      text += next;
    }
  };
  const auto number = [](int i) { return std::to_string(i); };
  const std::string field = R"({"a":{"dtype":"U8","shape":[)";
  const std::string files[] = {
      filled(field, [](int) { return "1,"; }),
      filled(R"({"a":{"data_offsets":[)", [](int) { return "1,"; }),
      filled("{", [&](int i) { return '"' + number(i) + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},)"; }),
      filled(R"({"a":{)", [&](int i) { return '"' + number(i) + R"(":0,)"; }),
      filled(R"({"__metadata__":{)", [&](int i) { return '"' + number(i) + R"(":"",)"; }),
      filled(R"({"__metadata__":{"k":")", [](int) { return "v"; }),
      filled("{\"", [](int) { return "\\u0085"; }),
      filled(R"({"a":{"x":[)", [&](int i) { return "{\"" + number(i) + "\":0},"; }),
      file_of(R"({")" + std::string(most - 20, 'n') + R"(":[]})"),
      file_of(R"({"a":{"dtype":")" + std::string(most - 40, 'U') + R"("}})"),
      file_of(R"({"a":{"dtype":"U8","shape":[9000000000000000000],"data_offsets":[0,9000000000000000000]}})"),
      length_of(~std::uint64_t{0}) + "{}",
      length_of(std::uint64_t{1} << 20) + "{}"};
  for (const std::string& bytes : files) {
    const Folder folder;
    folder.write(bytes);
    heap::watch();
    try {
      read_safetensors(folder.file());
    } catch (const FormatError&) {
    }
    BOOST_TEST(heap::peak() <= long(bytes.size()) + (16L << 20), bytes.substr(8, 60));
  }
  // An honest one of many tensors, which are all that it is made of, and a large one
  std::string many = "{";
  for (int i = 0; many.size() + 80 < most; ++i)
    many += '"' + number(i) + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},)";
  many.back() = '}';
  const std::string large = file_of(object(entry("a", "U8", "100000000", "0,100000000")), 100000000);
  for (const std::string& bytes : {file_of(many), large}) {
    const Folder folder;
    folder.write(bytes);
    heap::watch();
    BOOST_TEST(!read_safetensors(folder.file()).tensors.empty());
    BOOST_TEST(heap::peak() <= long(bytes.size()) + (16L << 20));
  }
}

BOOST_AUTO_TEST_SUITE_END()
