// What train paints in terminals of several widths, and that it paints nothing where none can show it.
#include <sys/ioctl.h>
#include <termios.h>

#include <algorithm>
#include <cstdlib>

#include "../../../../examples/char_rnn/terminal/progress.hpp"
#include "../fixture.hpp"

using Arguments = child::Sandbox::Arguments;

namespace {

struct TerminalFixture : CharRnnFixture {
  TerminalFixture() { setenv("LC_ALL", "C", 1); }
  ~TerminalFixture() { unsetenv("LC_ALL"), unsetenv("TERM"); }

  /// What the program writes to a terminal that is its stderr.
  std::string painted(unsigned short columns, const char* kind, const Arguments& arguments) const {
    setenv("TERM", kind, 1);
    const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    BOOST_REQUIRE(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    const int terminal = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    termios raw{};
    winsize size{24, columns, 0, 0};
    BOOST_REQUIRE(terminal >= 0 && tcgetattr(terminal, &raw) == 0 && ioctl(terminal, TIOCSWINSZ, &size) == 0);
    cfmakeraw(&raw);
    BOOST_REQUIRE(tcsetattr(terminal, TCSANOW, &raw) == 0);
    const pid_t pid = box.start(XGRAD_CHAR_RNN, arguments, -1, terminal);
    close(terminal);
    std::string all;
    char piece[4096];
    for (ssize_t got; (got = read(master, piece, sizeof piece)) > 0;) all.append(piece, std::size_t(got));
    close(master);
    BOOST_TEST(box.wait(pid).code == 0);
    return all;
  }
  /// The lines that were painted, without what erases them.
  static std::vector<std::string> bars(const std::string& all) {
    std::vector<std::string> lines;
    for (std::size_t at = all.find('\r'); at != std::string::npos; at = all.find('\r', at + 1)) {
      const std::size_t end = all.find("\x1b[K", at);
      BOOST_REQUIRE(end != std::string::npos);
      if (end > at + 1) lines.push_back(all.substr(at + 1, end - at - 1));
    }
    return lines;
  }
};

// For some repaints; a tenth of that where steps are slow.
#ifdef XGRAD_ASAN
const std::string steps = "3000";
#else
const std::string steps = "30000";
#endif
const Arguments long_enough{"train", "fish.txt", "--preset", "notebook", "--steps", steps};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(char_rnn_terminal, TerminalFixture)

BOOST_AUTO_TEST_CASE(the_line_of_progress_fits_the_terminal) {
  const std::vector<std::pair<int, std::vector<std::string>>> widths{
      {130, {"% [", " chars/s  loss ", " nats, ", " bits/char  gradient ", " clipped  ", " left"}},
      {80, {"% [", " chars/s  loss ", " bits  |g| ", " clip ", " left"}},
      {62, {"% [", "/s  loss ", "  |g| ", " clip ", " left"}},
      {50, {"% ", "/s ", " |g| ", " clip ", " left"}},
      {30, {"% loss ", " left"}},
      {8, {"%"}}};
  for (const auto& [columns, parts] : widths) {
    const auto lines = bars(painted(static_cast<unsigned short>(columns), "xterm", long_enough));
    BOOST_REQUIRE(lines.size() >= 2u);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      BOOST_TEST(lines[i].size() <= std::size_t(columns - 1), lines[i]);
      if (i + 1 == lines.size()) break;
      for (const std::string& part : parts) BOOST_TEST(lines[i].find(part) != std::string::npos, lines[i]);
    }
    BOOST_TEST(lines.back().find("100%") == 0u, lines.back());
    if (columns >= 30) BOOST_TEST(lines.back().find(" took ") != std::string::npos, lines.back());
  }
}

BOOST_AUTO_TEST_CASE(speeds_have_two_digits_or_three_and_a_unit) {
  for (const auto& [speed, text] : {std::pair{850.0, " 850 chars/s"},
                                    {6'100.0, " 6.1k chars/s"},
                                    {61'000.0, " 61k chars/s"},
                                    {1'200'000.0, " 1.2M chars/s"}}) {
    const std::string line = char_rnn::bar_line({}, speed, 80, false, false);
    BOOST_TEST(line.find(text) != std::string::npos, line);
  }
}

BOOST_AUTO_TEST_CASE(blocks_where_the_locale_has_them) {
  setenv("LC_ALL", "C.UTF-8", 1);
  const auto lines = bars(painted(80, "xterm", long_enough));
  BOOST_REQUIRE(!lines.empty());
  BOOST_TEST(lines.back().find("\u2588\u2588") != std::string::npos, lines.back());
  BOOST_TEST(lines.back().find('#') == std::string::npos, lines.back());
}

BOOST_AUTO_TEST_CASE(a_dumb_terminal_gets_plain_lines) {
  const std::string all = painted(80, "dumb", long_enough);
  BOOST_TEST(all.find_first_of("\r\x1b") == std::string::npos, all);
  BOOST_TEST(all.find("\n100%  step " + steps + "  ") != std::string::npos, all);
}

BOOST_AUTO_TEST_SUITE_END()
