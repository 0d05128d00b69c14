// What a large text costs the whole program, whatever it does with it: at most 2.1 bytes of memory for each of its own,
// besides what a small text takes; and that somebody who has to wait is told what for.
#include <algorithm>
#include <cmath>
#include <csignal>
#include <fstream>

#include "../../../../examples/char_rnn/terminal/waiting.hpp"
#include "../fixture.hpp"

using child::Result;
using Arguments = child::Sandbox::Arguments;
namespace fs = std::filesystem;

namespace {

constexpr double bytes = 64e6;  // of a large text

#ifdef XGRAD_ASAN
constexpr double overhead = 9.0 / 8;  // its own notes on each byte
constexpr double least_wide = 1.5;    // and on the small text, so that the difference is less
#else
constexpr double overhead = 1;
constexpr double least_wide = 1.8;
#endif

struct LargeTextFixture : CharRnnFixture {
  /// Lines of letters, and after each thousand one of 300 symbols of two bytes where an id is to take two bytes.
  /// Written line by line: what this process holds when it starts another one counts as that one's.
  void write(const char* name, double size, bool wide) const {
    std::string symbols;
    for (std::uint32_t symbol = 0xC0; symbol < 0xC0 + 300; ++symbol)
      symbols += xgrad::Vocabulary({symbol}, xgrad::Encoding::utf8).decode(0);
    std::ofstream out(box / name, std::ios::binary);
    xgrad::Rng rng(1);
    std::string line(80, '\n');
    for (double written = 0, lines = 0; written < size; ++lines) {
      const bool other = wide && std::fmod(lines, 1000) == 0;
      std::generate(line.begin(), line.end() - 1, [&] { return static_cast<char>('a' + rng.below(26)); });
      out << (other ? symbols + '\n' : line);
      written += double(other ? symbols.size() + 1 : line.size());
    }
  }
  void write_both(bool wide) const { write("small.txt", 2e5, wide), write("large.txt", bytes, wide); }

  /// Of these words with the small and with the large text at the end, how much more the large one takes for each byte.
  /// Is killed when it says what `until` says, where that is given: it would go on for long.
  double bytes_per_byte(Arguments words, const std::string& until = "") const {
    Result results[2];
    for (const bool large : {false, true}) {
      words.push_back(large ? "large.txt" : "small.txt");
      const pid_t pid = box.start(XGRAD_CHAR_RNN, words);
      if (large && !until.empty()) {
        box.wait_until_said(pid, until);
        ::kill(pid, SIGKILL);
      }
      results[large] = box.wait(pid);
      words.pop_back();
      fs::remove_all(box / "new");
    }
    BOOST_TEST(results[0].code == 0, results[0].err);
    BOOST_TEST(results[1].code == (until.empty() ? 0 : 128 + SIGKILL), results[1].err);
    BOOST_TEST(results[1].err.find(until) != std::string::npos, results[1].err);
    return double(results[1].peak - results[0].peak) / bytes;
  }
};

const Arguments training{"train", "--steps", "3",         "--hidden", "8",  "--layers",
                         "1",     "--split", "0.99,1e-4", "--out",    "new"};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(char_rnn_large_text, LargeTextFixture)

BOOST_AUTO_TEST_CASE(training_takes_a_byte_for_each_symbol) {
  write_both(false);
  BOOST_TEST(bytes_per_byte(training) < 1.1 * overhead);
}

BOOST_AUTO_TEST_CASE(or_two_where_there_are_many_symbols) {
  write_both(true);
  const double each = bytes_per_byte(training);
  BOOST_TEST(each < 2.1 * overhead);
  BOOST_TEST(each > least_wide);  // which is what this case is for
}

BOOST_AUTO_TEST_CASE(verbs_that_read_a_text) {
  write_both(false);
  BOOST_REQUIRE_EQUAL(
      run({"train", "small.txt", "--steps", "3", "--hidden", "8", "--layers", "1", "--out", "run"}).code, 0);
  [[maybe_unused]] const std::string size = std::to_string(fs::file_size(box / "large.txt"));
  const std::string scored = std::to_string(fs::file_size(box / "large.txt") - 1);
  BOOST_TEST(bytes_per_byte({"visualize", "run", "--length", "100"}) < 1.1 * overhead);
  BOOST_TEST(bytes_per_byte({"eval", "run"}, "char_rnn: scoring " + scored + " characters\n") < 1.1 * overhead);
#ifndef XGRAD_ASAN  // also of the small text every character takes a step, ten times as long there
  BOOST_TEST(bytes_per_byte({"sample", "run", "--length", "10", "--prime-file"},
                            "char_rnn: going through " + size + " characters to continue from\n") < 1.1 * overhead);
#endif
}

BOOST_AUTO_TEST_CASE(what_is_waited_for) {
  using char_rnn::Waiting;
  Waiting waiting;
  std::string due;
  for (const double seconds : {0.0, 0.29, 0.31, 1.0, 30.0, 30.4, 60.0, 61.0, 100.0})
    due += waiting.is_due(seconds, 0.01) ? '1' : '0';
  BOOST_TEST(due == "001001011");
  Waiting little(3);
  BOOST_TEST(!little.is_due(0.4, 0.14));  // over in less than three seconds
  BOOST_TEST(!little.is_due(1, 0.34));
  BOOST_TEST(!little.is_due(2, 0.67));
  BOOST_TEST(little.is_due(2.5, 0.8));  // or after all not
  Waiting pipe;
  BOOST_TEST(!pipe.is_due(0.2, -1));
  BOOST_TEST(pipe.is_due(0.4, -1));
  BOOST_TEST(Waiting::line("reading 'x', 5 MB", 0.3, 0.01) == "char_rnn: reading 'x', 5 MB\n");
  BOOST_TEST(Waiting::line("reading 'x', 5 MB", 30, 0.125) == "char_rnn: reading 'x', 5 MB: 12%, 3:30 left\n");
  BOOST_TEST(Waiting::line("reading 'x', 5 MB", 3600, 0.5) == "char_rnn: reading 'x', 5 MB: 50%, 1:00:00 left\n");
  BOOST_TEST(Waiting::line("reading 'x', 9 MB", 31, -1) == "char_rnn: reading 'x', 9 MB\n");  // a pipe
}

BOOST_AUTO_TEST_SUITE_END()
