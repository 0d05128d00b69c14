// Texts in files: read in pieces of any size, from pipes, while somebody writes to them, and in little memory.
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <csignal>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "../../../autograd/core/error.hpp"
#include "../../../autograd/core/rng.hpp"
#include "../../../models/files/sha256.hpp"
#include "../../../models/text/text.hpp"
#include "../../heap.hpp"
#include "../../thrown.hpp"

using namespace xgrad;
namespace fs = std::filesystem;

namespace {

/// A folder of its own that goes away with the test.
struct Folder {
  fs::path path = fs::temp_directory_path() /
                  ("xgrad-text-" + std::to_string(::getpid()) + "-" + std::to_string(std::random_device{}()));
  Folder() { fs::create_directory(path); }
  ~Folder() { fs::remove_all(path); }
  fs::path write(const std::string& name, std::string_view bytes) const {
    std::ofstream(path / name, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return path / name;
  }
};

using Notices = std::vector<std::string>;

std::string digest(std::string_view bytes) { return sha256(std::as_bytes(std::span(bytes))); }

}  // namespace

BOOST_FIXTURE_TEST_SUITE(text_files, Folder)

BOOST_AUTO_TEST_CASE(contents_of_all_kinds) {
  std::string long_text;
  for (int i = 0; i < 1000000; ++i) long_text += static_cast<char>('a' + i % 7);
  for (const std::string& content : {std::string("x"), std::string("nul\0inside", 10), long_text}) {
    const Text text = load_text(write("t", content));
    BOOST_CHECK(text.vocabulary.decode(text.ids) == content);
    BOOST_TEST(text.bytes == content.size());
    BOOST_TEST(text.sha256 == digest(content));
  }
}

BOOST_AUTO_TEST_CASE(files_that_are_none) {
  const std::string folder = path.string();
  const auto refusal = [](const fs::path& name) { return thrown<FileError>([&] { load_text(name); }); };
  BOOST_TEST(refusal(path / "none") == "cannot read text '" + folder + "/none': No such file or directory");
  BOOST_TEST(refusal(path / "no\nne") == "cannot read text '" + folder + "/no\\nne': No such file or directory");
  BOOST_TEST(refusal(path) == "cannot read text '" + folder + "': Is a directory");
  BOOST_TEST(refusal("/dev/zero") == "cannot read text '/dev/zero': it is neither a regular file nor a pipe");
  BOOST_TEST(thrown<FormatError>([&] { load_text(write("em\npty", "")); }) ==
             "text '" + folder + "/em\\npty' is empty");
  BOOST_TEST(thrown<ValueError>([&] { load_text(write("t", "ab"), std::nullopt, {.piece = 0}); }) ==
             "[load_text] piece must be at least 1, got 0");
}

BOOST_AUTO_TEST_CASE(a_file_whose_size_the_system_does_not_know) {
  std::ifstream file("/proc/version");  // one that does not change
  const std::string content{std::istreambuf_iterator<char>(file), {}};
  if (!content.empty()) BOOST_TEST(load_text("/proc/version").ids.size() == std::ssize(content));
}

// ---- pieces

/// A random text as the symbols that it was made of, and what is to be said of it.
struct Sample {
  std::string bytes;
  std::vector<std::uint32_t> symbols;
  Notices notices;
};

Sample random_sample(Rng& rng, const std::string& name) {
  const std::vector<std::pair<std::string, std::uint32_t>> alphabet{{"a", 'a'},
                                                                    {"z", 'z'},
                                                                    {"\r", '\r'},
                                                                    {"\n", '\n'},
                                                                    {std::string(1, '\0'), 0},
                                                                    {"\x7F", 0x7F},
                                                                    {"\xC2\x80", 0x80},
                                                                    {"\xC3\xA9", 0xE9},
                                                                    {"\xE2\x82\xAC", 0x20AC},
                                                                    {"\xEF\xBB\xBF", 0xFEFF},
                                                                    {"\xF0\x9F\x98\x80", 0x1F600},
                                                                    {"\xF4\x8F\xBF\xBF", 0x10FFFF}};
  Sample s;
  const Index length = 1 + rng.below(30);
  const bool marked = rng.below(4) == 0, invalid = rng.below(4) == 0;
  if (marked) s.bytes = "\xEF\xBB\xBF";
  const Index broken = invalid ? rng.below(length) : -1;
  std::optional<std::size_t> bad;
  for (Index i = 0; i < length; ++i) {
    if (i == broken) bad = s.bytes.size(), s.bytes += '\xE9';  // in front of no continuation byte, or of nothing
    const auto& [bytes, symbol] = alphabet[std::size_t(rng.below(Index(alphabet.size())))];
    s.bytes += bytes;
    s.symbols.push_back(symbol);
  }
  if (bad) {
    s.notices.push_back("text '" + name + "': invalid UTF-8 at byte " + std::to_string(*bad) +
                        " (0xE9); its symbols are bytes");
    s.symbols.clear();
    for (const char c : s.bytes) s.symbols.push_back(static_cast<unsigned char>(c));
  } else if (marked) {
    s.notices.push_back("BOM dropped");
  } else if (s.symbols.front() == 0xFEFF) {
    s.notices.push_back("BOM dropped");
    s.symbols.erase(s.symbols.begin());
  }
  if (s.bytes.find("\r\n") != std::string::npos) s.notices.push_back("text has CRLF line ends (kept)");
  return s;
}

// Every piece size puts its boundaries elsewhere: into a sequence, between CR and LF, into the mark.
BOOST_AUTO_TEST_CASE(pieces_do_not_show) {
  Rng rng(11);
  int of_bytes = 0, of_code_points = 0;
  for (int i = 0; i < 800; ++i) {
    const fs::path file = path / "t";
    Sample s = random_sample(rng, file.string());
    if (s.symbols.empty()) continue;  // nothing but a mark
    write("t", s.bytes);
    const Vocabulary vocabulary = Vocabulary::of(
        s.symbols,
        s.notices.empty() || s.notices[0].find("invalid") == s.notices[0].npos ? Encoding::utf8 : Encoding::bytes);
    if (vocabulary.size() == 1) s.notices.push_back("vocabulary has 1 symbol; loss will be 0");
    vocabulary.encoding() == Encoding::utf8 ? ++of_code_points : ++of_bytes;
    const Text whole = text_of(s.bytes, file.string());
    const Text pieces = load_text(file, std::nullopt, {.piece = std::size_t(1 + rng.below(12))});
    const Text known = load_text(file, vocabulary, {.piece = std::size_t(1 + rng.below(12))});
    std::vector<Index> ranks;
    for (const std::uint32_t symbol : s.symbols) ranks.push_back(*vocabulary.find(symbol));
    for (const Text* text : {&whole, &pieces, &known}) {
      BOOST_TEST_REQUIRE(text->ids.unpacked() == ranks);
      BOOST_REQUIRE(text->vocabulary == vocabulary);
      BOOST_REQUIRE(text->encoding == vocabulary.encoding());
      BOOST_TEST_REQUIRE(text->sha256 == digest(s.bytes));
      BOOST_TEST_REQUIRE(text->bytes == s.bytes.size());
      if (text != &known) BOOST_TEST_REQUIRE(text->notices == s.notices);
    }
  }
  BOOST_TEST(of_bytes > 100);
  BOOST_TEST(of_code_points > 400);
}

BOOST_AUTO_TEST_CASE(an_invalid_byte_is_found_in_any_piece) {
  for (const std::string& tail : {std::string("\xE9zz"), std::string("\xE2\x82"), std::string("\xF0\x9F\x98")})
    for (const std::size_t piece : {1U, 2U, 3U, 5U, 1000U, 1047U, 1048U, 1049U, 1050U, 1U << 20}) {
      write("t", std::string(1047, 'x') + tail);
      const auto read = [&](std::optional<Encoding> wanted) { return load_text(path / "t", wanted, {.piece = piece}); };
      BOOST_CHECK(read(std::nullopt).encoding == Encoding::bytes);
      BOOST_TEST(read(std::nullopt).ids.size() == Size(1047 + tail.size()));
      BOOST_TEST(thrown<FormatError>([&] { read(Encoding::utf8); }) ==
                 "text '" + (path / "t").string() + "': invalid UTF-8 at byte 1047 (" +
                     symbol_name(static_cast<unsigned char>(tail[0]), Encoding::bytes) + ")\nhint: use --bytes");
    }
}

// ---- progress

struct Call {
  std::uint64_t done, all;
  bool operator==(const Call&) const = default;
};

BOOST_AUTO_TEST_CASE(progress_is_told_every_few_megabytes_and_at_the_end_of_a_reading) {
  constexpr std::uint64_t mega = 1 << 20;
  std::vector<Call> calls;
  const Reading how{.progress = [&](std::uint64_t done, std::uint64_t all) { calls.push_back({done, all}); }};
  load_text(write("t", "hello"), std::nullopt, how);
  BOOST_CHECK((calls == std::vector<Call>{{5, 10}, {10, 10}}));
  calls.clear();
  load_text(write("t", std::string(10 * mega, 'a')), Encoding::bytes, how);
  BOOST_CHECK((calls == std::vector<Call>{{4 * mega, 20 * mega},
                                          {8 * mega, 20 * mega},
                                          {10 * mega, 20 * mega},
                                          {14 * mega, 20 * mega},
                                          {18 * mega, 20 * mega},
                                          {20 * mega, 20 * mega}}));
}

BOOST_AUTO_TEST_CASE(what_progress_throws_ends_the_reading) {
  const Reading how{.progress = [](std::uint64_t, std::uint64_t) { throw std::runtime_error("enough"); }};
  BOOST_CHECK_EXCEPTION(load_text(write("t", "hello"), std::nullopt, how), std::runtime_error,
                        [](const std::exception& e) { return std::string(e.what()) == "enough"; });
}

// ---- files that somebody writes to between the readings

struct Rewritten : Folder {
  fs::path file = path / "t";

  /// Reads `before`, in whose place `after` comes when the first reading has ended.
  std::string refusal(const std::string& before, const std::string& after, bool known = false) {
    write("t", before);
    const auto old = fs::last_write_time(file);
    const Reading how{.progress =
                          [&, calls = 0](std::uint64_t, std::uint64_t) mutable {
                            if (calls++ > 0) return;
                            write("t", after);
                            fs::last_write_time(file, old + step);
                          },
                      .piece = 4};
    const std::string what = thrown<FileError>([&] {
      known ? load_text(file, Vocabulary({'a', 'b'}, Encoding::utf8), how) : load_text(file, std::nullopt, how);
    });
    const std::string begin = "text '" + file.string() + "' changed while in use";
    return what.starts_with(begin) ? what.substr(begin.size()) : what;
  }
  std::chrono::seconds step{0};  // between the times of writing; 0 hides that there was any
};

BOOST_FIXTURE_TEST_CASE(a_changed_file_is_refused, Rewritten) {
  BOOST_TEST(refusal("abababab", "ababab") == " (was 8, now 6 bytes)");
  BOOST_TEST(refusal("abababab", "") == " (was 8, now 0 bytes)");
  BOOST_TEST(refusal("abababab", "ababababa") == " (was 8, now 9 bytes)");
  BOOST_TEST(refusal("abababab", std::string(1000, 'a')) == " (was 8, now 1000 bytes)");
  BOOST_TEST(refusal("abababab", "abab", true) == " (was 8, now 4 bytes)");
  // Of the same size: a symbol without an id, other numbers of symbols, invalid UTF-8.
  BOOST_TEST(refusal("abababab", "ababacab") == "");
  BOOST_TEST(refusal("ab\xC3\xA9\xC3\xA9", "\u00E9bbab") == "");
  BOOST_TEST(refusal("\u00E9bbab", "ab\xC3\xA9\xC3\xA9") == "");
  BOOST_TEST(refusal("aba\xC3\xA9", "aba\xC3\xC3") == "");
  BOOST_TEST(refusal("\xC3\xA9" + std::string(100000, 'a'), "\xC3\xC3" + std::string(100000, 'a')) == "");
  BOOST_TEST(refusal("aba\xC3\xA9", "ababab\xC3") == " (was 5, now 7 bytes)");
  // The same symbols in another order show by the time alone.
  BOOST_TEST(refusal("abababab", "babababa") == "(nothing was thrown)");
  step = std::chrono::seconds(1);
  BOOST_TEST(refusal("abababab", "babababa") == "");
}

// ---- pipes

struct Pipe : Folder {
  fs::path pipe = path / "pipe";
  Pipe() { BOOST_TEST_REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0); }
};

BOOST_FIXTURE_TEST_CASE(a_pipe_is_read_to_its_end, Pipe) {
  const std::string content = std::string(5000000, 'a') + "\xC3\xA9";
  std::thread writer([&] { std::ofstream(pipe, std::ios::binary) << content; });
  std::vector<Call> calls;
  const Text text = load_text(pipe, std::nullopt, {.progress = [&](std::uint64_t done, std::uint64_t all) {
                                calls.push_back({done, all});
                              }});
  writer.join();
  BOOST_CHECK(text.vocabulary.decode(text.ids) == content);
  BOOST_TEST(text.sha256 == digest(content));
  BOOST_TEST_REQUIRE(calls.size() > 3U);
  BOOST_CHECK((calls[0] == Call{std::uint64_t{4} << 20, 0}));
  BOOST_CHECK((calls[1] == Call{content.size(), 0}));
  BOOST_CHECK((calls.back() == Call{2 * content.size(), 2 * content.size()}));
}

// As when the window of a terminal changes its size.
BOOST_FIXTURE_TEST_CASE(a_signal_does_not_end_a_pipe, Pipe) {
  struct sigaction interrupts {
  }, before{};
  interrupts.sa_handler = [](int) {};  // and no SA_RESTART: read() returns EINTR
  ::sigaction(SIGUSR1, &interrupts, &before);
  std::thread writer([&, reader = ::pthread_self()] {
    std::ofstream out(pipe, std::ios::binary);
    for (int i = 0; i < 20; ++i) {
      out << "ab" << std::flush;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      ::pthread_kill(reader, SIGUSR1);
    }
  });
  const Text text = load_text(pipe);
  writer.join();
  ::sigaction(SIGUSR1, &before, nullptr);
  BOOST_TEST(text.ids.size() == 40);
}

BOOST_FIXTURE_TEST_CASE(an_empty_pipe, Pipe) {
  std::thread writer([&] { std::ofstream(pipe, std::ios::binary).flush(); });
  BOOST_TEST(thrown<FormatError>([&] { load_text(pipe); }) == "text '" + pipe.string() + "' is empty");
  writer.join();
}

BOOST_FIXTURE_TEST_CASE(no_room_for_a_pipe, Pipe) {
  rlimit limit{};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  const rlimit small{100000, limit.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const auto writes = std::signal(SIGPIPE, SIG_IGN);
  std::thread writer([&] { std::ofstream(pipe, std::ios::binary) << std::string(1000000, 'a'); });
  ::setrlimit(RLIMIT_FSIZE, &small);
  const std::string what = thrown<FileError>([&] { load_text(pipe); });
  ::setrlimit(RLIMIT_FSIZE, &limit);
  writer.join();
  std::signal(SIGXFSZ, handler);
  std::signal(SIGPIPE, writes);
  BOOST_TEST(what == "cannot read text '" + pipe.string() + "': a pipe needs a temporary file: File too large");
}

// ---- memory

// Besides the ids only the pieces, the marks of which symbols there are, and their ids by symbol.
BOOST_AUTO_TEST_CASE(a_text_takes_at_most_2_1_bytes_a_byte) {
  const auto peak = [&](const std::string& piece, Index width) {
    std::string content;
    while (content.size() < 8000000) content += piece;
    const fs::path file = write("t", content);
    content = {};
    heap::watch();
    const Text text = load_text(file);
    BOOST_TEST(text.ids.width() == width);
    const double bytes = double(text.bytes);
    BOOST_TEST(double(heap::taken()) <= double(width) * double(text.ids.size()) + 0.01 * bytes);
    return double(heap::peak()) / bytes;
  };
  std::string latin, all = "a";
  for (std::uint32_t symbol = 0xC0; symbol < 0x1F0; ++symbol) latin += Vocabulary({symbol}, Encoding::utf8).decode(0);
  BOOST_TEST(peak("the cat sat on the mat", 1) < 1.1);
  BOOST_TEST(peak("caf\xE9", 1) < 1.1);
  BOOST_TEST(peak("\xF0\x9F\x98\x80", 1) < 0.4);
  BOOST_TEST(peak(latin, 2) < 1.1);                            // two bytes a symbol in the file, too
  BOOST_TEST(peak(latin + std::string(20000, 'x'), 2) < 2.1);  // one byte in the file, two in memory
}

BOOST_AUTO_TEST_SUITE_END()
