// The table of what the reference reader accepts and rejects, as files written byte by byte; ours differs in
// duplicates and in the length of a header.
#include "../../../models/checkpoint/safetensors.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <fstream>
#include <set>

#include "../../../autograd/core/error.hpp"
#include "fixture.hpp"

using namespace xgrad;
namespace fs = std::filesystem;

namespace {

auto message(const std::string& text) {
  return [text](const Error& e) {
    BOOST_TEST(e.what() == text);
    return e.what() == text;
  };
}

SafeTensors read(const Folder& folder, const std::string& bytes) {
  folder.write(bytes);
  return read_safetensors(folder.file());
}

/// `what` with @ for the quoted file.
void refuses(const Folder& folder, const std::string& bytes, std::string what) {
  what.replace(what.find('@'), 1, folder.quoted());
  BOOST_CHECK_EXCEPTION(read(folder, bytes), FormatError, message(what));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(safetensors)

BOOST_AUTO_TEST_CASE(what_is_accepted) {
  const Folder folder;
  const auto takes = [&](const std::string& fields, std::size_t stored, std::size_t tensors) {
    SafeTensors content;
    BOOST_CHECK_NO_THROW(content = read(folder, file_of(fields, stored)));
    BOOST_TEST(content.tensors.size() == tensors, fields);
    return content;
  };
  const std::string a = entry("a", "F32", "2", "0,8"), h = object(a);
  takes(h, 8, 1);  // unpadded
  takes(h + "  \n\t ", 8, 1);
  takes(" \n" + h, 8, 1);
  takes(R"({"__metadata__":null,)" + a + "}", 8, 1);
  BOOST_TEST(takes(R"({"__metadata__":{"k":"v"}})", 0, 0).metadata["k"] == "v");
  takes("{}", 0, 0);
  takes(object(entry("scalar", "F64", "", "0,8")), 8, 1);
  takes(object(entry("zero", "F32", "0,5", "0,0") + "," + a), 8, 2);
  takes(object(a + "," + entry("zero", "F32", "5,0", "8,8")), 8, 2);
  takes(object(entry("zero", "U8", "0,9223372036854775808,2", "0,0")), 0, 1);  // from the left no overflow
  takes(object(entry("odd", "U8", "1", "0,1") + "," + entry("a", "F32", "1", "1,5")), 5, 2);
  const std::string rest = R"(,"dtype":"U8","shape":[1],"y":null,"data_offsets":[0,1]}})";
  takes(R"({"a":{"x":[{"dtype":[1,-1,1.5,null,true,"s"]},{"dtype":2}])" + rest, 1, 1);  // unknown fields
  takes(R"({"a":{"x":)" + std::string(125, '[') + std::string(125, ']') + rest, 1, 1);
}

BOOST_AUTO_TEST_CASE(tensors_come_in_the_order_of_their_bytes) {
  const Folder folder;
  const auto content =
      read(folder, file_of(object(entry("a", "U8", "2", "3,5") + "," + entry("b", "U8", "3", "0,3")), 5));
  BOOST_TEST_REQUIRE(content.tensors.size() == 2U);
  BOOST_TEST(content.tensors[0].values<std::uint8_t>() == (std::vector<std::uint8_t>{0, 1, 2}));
  BOOST_TEST(content.find("a")->values<std::uint8_t>() == (std::vector<std::uint8_t>{3, 4}));
  BOOST_CHECK(content.find("c") == nullptr);
}

BOOST_AUTO_TEST_CASE(headers_that_are_refused) {
  const Folder folder;
  const std::string a = entry("a", "F32", "2", "0,8"), h = object(a), no = "@ is not a safetensors file: ";
  refuses(folder, "", no + "it has 0 bytes, fewer than 8");
  refuses(folder, "1234567", no + "it has 7 bytes, fewer than 8");
  refuses(folder, length_of(0), no + "header is empty");
  refuses(folder, length_of(99) + std::string(32, ' '), "header of @ claims 99 bytes, file has 40");
  refuses(folder, length_of(~std::uint64_t{0}) + "{}", "header of @ claims 18446744073709551615 bytes, file has 10");
  refuses(folder, file_of(h + std::string(3, '\0'), 8), no + "header is not JSON at byte " + std::to_string(h.size()));
  refuses(folder, file_of(std::string(1, '\0') + h, 8), no + "header is not JSON at byte 0");
  refuses(folder, file_of("\xEF\xBB\xBF" + h, 8), no + "header begins with a byte order mark");
  refuses(folder, file_of(h + "x", 8), no + "header is not JSON at byte " + std::to_string(h.size()));
  refuses(folder, file_of(h + "{}", 8), no + "header is not JSON at byte " + std::to_string(h.size()));
  refuses(folder, file_of("{\"\xFF\":{}}"), no + "header is not UTF-8 at byte 2");
  refuses(folder, file_of("{}\xC3"), no + "header is not UTF-8 at byte 2");
  refuses(folder, file_of(R"({"\ud800":{}})"), no + "header is not JSON at byte 8");
  refuses(folder, file_of("{" + a + ",}", 8), no + "header is not JSON at byte " + std::to_string(h.size()));
  refuses(folder, file_of("{/**/}"), no + "header is not JSON at byte 1");
  refuses(folder, file_of(R"({"a":1e999})"), no + "header is not JSON at byte 9");
  refuses(folder, file_of("   "), no + "header is not JSON at byte 3");
  for (const char* json : {"[]", "1", "-1", "1.5", "null", "true", "\"s\""})
    refuses(folder, file_of(json), no + "header is not a JSON object");
  folder.write(length_of(1048577));
  fs::resize_file(folder.file(), 1048585);
  BOOST_CHECK_EXCEPTION(read_safetensors(folder.file()), FormatError,
                        message("header of " + folder.quoted() + " claims 1048577 bytes, limit is 1048576"));
}

BOOST_AUTO_TEST_CASE(duplicates_are_refused_at_every_level) {
  const Folder folder;
  const std::string a = entry("Wxh", "F32", "2", "0,8");
  refuses(folder, file_of(object(a + "," + a), 8), "@: duplicate tensor 'Wxh'");
  refuses(folder, file_of("{" + a + R"(,"W\u0078h":{}})", 8), "@: duplicate tensor 'Wxh'");
  refuses(folder, file_of(R"({"__metadata__":{},"__metadata__":{}})"), "@: duplicate '__metadata__'");
  refuses(folder, file_of(R"({"__metadata__":null,"__metadata__":null})"), "@: duplicate '__metadata__'");
  refuses(folder, file_of(R"({"__metadata__":{"k":"1","k":"1"}})"), "@: duplicate metadata 'k'");
  refuses(folder, file_of(R"({"a":{"dtype":"U8","dtype":"U8"}})"), "@: tensor 'a': duplicate field 'dtype'");
  refuses(folder, file_of(R"({"a":{"x":1,"x":1}})"), "@: tensor 'a': duplicate field 'x'");
  refuses(folder, file_of(R"({"a":{"x":[{"y":1,"y":2}]}})"), "@: tensor 'a': duplicate field 'y'");
}

BOOST_AUTO_TEST_CASE(fields_that_are_refused) {
  const Folder folder;
  const std::string field = "@: tensor 'a': ";
  const auto a = [](const char* dtype, const char* shape, const char* at) {
    return file_of(object(entry("a", dtype, shape, at)), 8);
  };
  for (const std::string dtype : {"BOOL", "F16", "BF16", "I32", "U64", "F8_E4M3", "f32", "", "X\\nY"})
    refuses(folder, a(dtype.c_str(), "2", "0,8"), field + "dtype '" + dtype + "' is not supported");
  for (const char* shape : {"-2", "2.0", "2e0", "-0", "18446744073709551616", "null", "\"2\"", "[2]", "{}"})
    refuses(folder, a("F32", shape, "0,8"), field + "shape holds what is not a natural number");
  for (const char* at : {"-1,8", "0.0,8", "0,18446744073709551616", "null,8", "[0],8"})
    refuses(folder, a("F32", "2", at), field + "data_offsets holds what is not a natural number");
  refuses(folder, a("F32", "2", "0,8,8"), field + "data_offsets has 3 entries instead of 2");
  refuses(folder, a("F32", "2", "0"), field + "data_offsets has 1 entries instead of 2");
  refuses(folder, a("F32", "2", ""), field + "data_offsets has 0 entries instead of 2");
  for (const std::string value : {"3", "null", "[\"U8\"]", "{}"})
    refuses(folder, file_of(R"({"a":{"dtype":)" + value + "}}"), field + "dtype is not a string");
  for (const std::string value : {"\"2\"", "{}", "2", "null"}) {
    refuses(folder, file_of(R"({"a":{"shape":)" + value + "}}"), field + "shape is not an array");
    refuses(folder, file_of(R"({"a":{"data_offsets":)" + value + "}}"), field + "data_offsets is not an array");
  }
  refuses(folder, file_of(R"({"a":{}})"), field + "dtype is missing");
  refuses(folder, file_of(R"({"a":{"dtype":"U8"}})"), field + "shape is missing");
  refuses(folder, file_of(R"({"a":{"dtype":"U8","shape":[]}})"), field + "data_offsets is missing");
}

BOOST_AUTO_TEST_CASE(values_in_the_wrong_place) {
  const Folder folder;
  for (const std::string value : {"[]", "null", "1", "\"s\""})
    refuses(folder, file_of(R"({"a\u001b":)" + value + "}"), "@: tensor 'a\\x1B' is not an object");
  for (const std::string value : {"[]", "1", "\"s\""})
    refuses(folder, file_of(R"({"__metadata__":)" + value + "}"), "@: '__metadata__' is not an object");
  for (const std::string value : {"1", "-1", "1.5", "null", "true", "{}", "[\"v\"]"})
    refuses(folder, file_of(R"({"__metadata__":{"k":)" + value + "}}"), "@: metadata 'k' is not a string");
}

BOOST_AUTO_TEST_CASE(layouts_that_are_refused) {
  const Folder folder;
  const auto two = [](const char* first, const char* second, std::size_t stored) {
    return file_of(object(entry("a", "U8", "4", first) + "," + entry("b", "U8", "4", second)), stored);
  };
  refuses(folder, two("0,4", "4,8", 9), "@: tensors cover 8 bytes, file has 9");
  refuses(folder, two("0,4", "4,8", 7), "@: tensors cover 8 bytes, file has 7");
  refuses(folder, file_of("{}", 1), "@: tensors cover 0 bytes, file has 1");
  refuses(folder, two("0,4", "5,9", 9), "@: tensor 'b': hole before byte 5");
  refuses(folder, two("5,9", "1,5", 9), "@: tensor 'b': hole before byte 1");
  refuses(folder, two("0,4", "3,7", 7), "@: tensor 'b': overlap at byte 3");
  refuses(folder, two("0,4", "0,4", 4), "@: tensor 'b': overlap at byte 0");
  const std::string whh = "@: tensor 'Whh': ", half = "9223372036854775808", all = "18446744073709551615";
  const auto one = [](const char* dtype, const std::string& shape, const std::string& at) {
    return file_of(object(entry("Whh", dtype, shape, at)), 16384);
  };
  refuses(folder, one("F32", "64,65", "0,16384"), whh + "shape (64, 65) x F32 = 16640 bytes but 16384 stored");
  refuses(folder, one("F32", "", "0,16384"), whh + "shape () x F32 = 4 bytes but 16384 stored");
  refuses(folder, one("U8", "2", "5,3"), whh + "data_offsets [5, 3] run backwards");
  refuses(folder, one("U8", half + ",2", "0,0"), whh + "shape (" + half + ", 2) x U8 overflows");
  refuses(folder, one("U8", half + ",2,0", "0,0"), whh + "shape (" + half + ", 2, 0) x U8 overflows");
  refuses(folder, one("F64", half, "0,0"), whh + "shape (" + half + ") x F64 overflows");
  refuses(folder, one("U8", all, "0," + all), "@: tensors cover " + all + " bytes, file has 16384");
  refuses(folder, one("U8", "2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2", "0,1"),
          whh + "shape (2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, ...) x U8 = 262144 bytes but 1 stored");
}

BOOST_AUTO_TEST_CASE(deep_nesting_is_refused_without_a_deep_stack) {
  const Folder folder;
  const std::string start = R"({"a":{"x":)", what = "@: header is nested deeper than 127 levels";
  refuses(folder, file_of(start + std::string(126, '[')), what);
  refuses(folder, file_of(start + std::string(1000000, '[')), what);
  std::string objects = start;
  for (int i = 0; i < 100000; ++i) objects += R"({"x":)";
  refuses(folder, file_of(objects), what);
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read) {
  const Folder folder;
  const SafeTensors content = sample();
  write_safetensors(folder.file(), content);
  const SafeTensors back = read_safetensors(folder.file());
  BOOST_CHECK(back.metadata == content.metadata);
  BOOST_TEST(back.tensors.size() == content.tensors.size());
  for (const Tensor& tensor : content.tensors) {
    const Tensor* found = back.find(tensor.name);
    BOOST_TEST_REQUIRE(found);
    BOOST_CHECK(*found == tensor);
  }
  BOOST_CHECK(folder.names() == std::set<std::string>{"C"});
  write_safetensors(folder.file(), SafeTensors{});
  // 64 zeros there have this digest
  const std::string digest = "70fadacb59bbbd5e62633739746a0dd25065a28698bb54244013fa7f68b98937";
  BOOST_TEST(folder.bytes() == file_of(R"({"__metadata__":{"sha256":")" + digest + R"("}})" + "  "));
  BOOST_TEST(read_safetensors(folder.file()).sha256 == digest);
  BOOST_TEST(read_safetensors(folder.file()).tensors.empty());
}

BOOST_AUTO_TEST_CASE(bytes_are_those_of_the_reference_writer) {
  const Folder folder;
  SafeTensors content = sample();
  write_safetensors(folder.file(), content);
  const std::string bytes = folder.bytes(), digest = read_safetensors(folder.file()).sha256;
  const std::string header = R"({"__metadata__":{"sha256":")" + digest +
                             R"(","config":"{\"hidden\": 3}","format":"pt"},)"
                             "\"\xC3\xA9 \\\"quoted\\\"\\n\":"
                             R"({"dtype":"I64","shape":[2,1],"data_offsets":[0,16]},)"
                             R"("scalar":{"dtype":"F64","shape":[],"data_offsets":[16,24]},)"
                             R"("empty":{"dtype":"F32","shape":[0,5],"data_offsets":[24,24]},)"
                             R"("rnn.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[24,48]},)"
                             R"("vocab":{"dtype":"U32","shape":[3],"data_offsets":[48,60]},)"
                             R"("bytes":{"dtype":"U8","shape":[3],"data_offsets":[60,63]}})";
  const std::string padded = header + std::string((8 - header.size() % 8) % 8, ' ');
  BOOST_TEST(bytes.substr(0, 8 + padded.size()) == length_of(padded.size()) + padded);
  BOOST_TEST(bytes.size() == 8 + padded.size() + 63);
  std::swap(content.tensors.front(), content.tensors.back());
  write_safetensors(folder.file(), content);
  BOOST_CHECK(folder.bytes() == bytes);  // whatever the order they were given in
}

BOOST_AUTO_TEST_CASE(typed_copies) {
  const std::vector<float> values{1.0F, 2.0F};
  const Tensor tensor = make_tensor<float>("w", {2}, values);
  BOOST_TEST(tensor.values<float>() == values);
  std::vector<float> two(2), three(3);
  tensor.copy_to(std::span<float>(two));
  BOOST_TEST(two == values);
  BOOST_CHECK_EXCEPTION(tensor.copy_to(std::span<float>(three)), FormatError,
                        message("tensor 'w' has 2 elements, not 3"));
  BOOST_CHECK_EXCEPTION(tensor.values<double>(), FormatError, message("tensor 'w' is F32, not F64"));
  BOOST_CHECK_EXCEPTION(make_tensor<float>("w", {3}, values), ValueError,
                        message("[safetensors] tensor 'w': shape (3) x F32 = 12 bytes but data has 8"));
  BOOST_TEST(make_tensor<double>("e", {0}, {}).values<double>().empty());
}

BOOST_AUTO_TEST_CASE(content_that_cannot_be_written) {
  const Folder folder;
  const auto refuses_to_write = [&](const SafeTensors& content, const std::string& what) {
    BOOST_CHECK_EXCEPTION(write_safetensors(folder.file(), content), ValueError, message(what));
    BOOST_TEST(folder.names().empty());
  };
  const Tensor a{"a", Dtype::u8, {0}, {}};
  refuses_to_write({{a, a}, {}}, "[safetensors] name 'a' is taken");
  refuses_to_write({{{"__metadata__", Dtype::u8, {0}, {}}}, {}}, "[safetensors] name '__metadata__' is taken");
  refuses_to_write({{{"\xFF", Dtype::u8, {0}, {}}}, {}}, "[safetensors] '\\xFF' is not UTF-8");
  refuses_to_write({{}, {{"k", "\xFF"}}}, "[safetensors] '\\xFF' is not UTF-8");
  refuses_to_write({{}, {{"sha256", ""}}}, "[safetensors] metadata 'sha256' is taken");
  refuses_to_write({{}, {{"k", std::string(1048576, 'v')}}}, "[safetensors] the header exceeds 1048576 bytes");
  const std::string shape = "[safetensors] tensor 'a': shape ";
  refuses_to_write({{{"a", Dtype::f32, {2}, {}}}, {}}, shape + "(2) x F32 = 8 bytes but data has 0");
  refuses_to_write({{{"a", Dtype::f32, {~std::uint64_t{0}}, {}}}, {}},
                   shape + "(18446744073709551615) x F32 overflows but data has 0");
}

BOOST_AUTO_TEST_CASE(files_that_cannot_be_read) {
  const Folder folder;
  BOOST_CHECK_EXCEPTION(read_safetensors(folder.file()), FileError,
                        message("cannot read " + folder.quoted() + ": No such file or directory"));
  BOOST_CHECK_EXCEPTION(read_safetensors(folder.path), FileError,
                        message("cannot read '" + folder.path.string() + "': Is a directory"));
  BOOST_TEST_REQUIRE(::mkfifo(folder.file().c_str(), 0600) == 0);
  BOOST_CHECK_EXCEPTION(read_safetensors(folder.file()), FormatError,
                        message(folder.quoted() + " is not a safetensors file: it is not a regular file"));
}

BOOST_AUTO_TEST_CASE(places_that_cannot_be_written) {
  const Folder folder;
  const fs::path lost = folder.path / "none" / "C";
  BOOST_CHECK_EXCEPTION(write_safetensors(lost, sample()), FileError,
                        message("cannot save '" + lost.string() + "': No such file or directory"));
  fs::create_directory(folder.file());
  BOOST_CHECK_EXCEPTION(write_safetensors(folder.file(), sample()), FileError,
                        message("cannot save " + folder.quoted() + ": Is a directory"));
  BOOST_CHECK(folder.names() == std::set<std::string>{"C"});
}

// The limit makes the kernel write a part and then refuse, which a full disk does as well.
BOOST_AUTO_TEST_CASE(a_failed_write_leaves_the_old_file) {
  const Folder folder;
  write_safetensors(folder.file(), sample());
  const std::string old = folder.bytes();
  SafeTensors large;
  large.tensors.push_back(make_tensor<std::uint8_t>("w", {100000}, std::vector<std::uint8_t>(100000)));
  rlimit before{};
  BOOST_TEST_REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  for (const rlim_t limit : {rlim_t{0}, rlim_t{5}, rlim_t{50}, rlim_t{5000}, rlim_t{100000}}) {
    const rlimit small{limit, before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
    BOOST_CHECK_EXCEPTION(write_safetensors(folder.file(), large), FileError,
                          message("cannot save " + folder.quoted() + ": File too large"));
    ::setrlimit(RLIMIT_FSIZE, &before);
    BOOST_CHECK(folder.names() == std::set<std::string>{"C"});
    BOOST_CHECK(folder.bytes() == old);
  }
  std::signal(SIGXFSZ, handler);
}

BOOST_AUTO_TEST_SUITE_END()
