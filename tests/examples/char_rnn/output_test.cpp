// What goes to stdout, and who may be there to read it.
#include <cmath>

#include "fixture.hpp"

using child::Result;
using namespace std::string_literals;
namespace fs = std::filesystem;

BOOST_FIXTURE_TEST_SUITE(char_rnn_output, CharRnnFixture)

BOOST_AUTO_TEST_CASE(text_goes_to_stdout_and_all_else_to_stderr) {
  const Result r = train({"--steps", "450"});
  BOOST_REQUIRE_EQUAL(r.code, 0);
  for (const char* heading : {"---- step 100\n", "---- step 400\n", "---- step 450\n"}) {
    BOOST_TEST(r.out.find(heading) != std::string::npos, heading);
    BOOST_TEST(r.err.find(heading) == std::string::npos, heading);
  }
  BOOST_TEST(r.err.find("char_rnn: text of 2040 characters, 26 of them different\n"
                        "char_rnn: 2040 to learn from, 5 steps a pass\n"
                        "char_rnn: validation on nothing, there is no --split\n"
                        "char_rnn: rnn of 1 x 8 units, 514 weights to learn, ") == 0u);
  BOOST_TEST(r.err.find("100%  step 450 ") != std::string::npos);
  BOOST_TEST(r.err.find(" nats, ") != std::string::npos);
  BOOST_TEST(r.err.find(" bits per character") != std::string::npos);
  BOOST_TEST(r.err.find(" chars/s") != std::string::npos);
  BOOST_TEST(r.err.find(" clipped") != std::string::npos);
  BOOST_TEST(r.err.find("  took 0:0") != std::string::npos);
  BOOST_TEST(r.err.find("runs/fish") != std::string::npos);
  BOOST_TEST(r.err.find_first_of("\r\x1b") == std::string::npos);  // no terminal, no tricks
}

BOOST_AUTO_TEST_CASE(a_closed_pipe_is_no_error) {
  make_run();
  for (const child::Sandbox::Arguments& arguments :
       {child::Sandbox::Arguments{"sample", "run", "--length", "100000000000"},
        child::Sandbox::Arguments{"train", "fish.txt", "--preset", "notebook", "--steps", "120"},
        child::Sandbox::Arguments{"--help"}}) {
    const Result r = run_into_closed_pipe(arguments);
    BOOST_TEST(r.code == 0);
    BOOST_TEST(r.err.find("error") == std::string::npos, r.err);
  }
  BOOST_TEST(weights("runs/fish").metadata.at("step") == "120");  // training went on without a reader
}

BOOST_AUTO_TEST_CASE(a_full_disk_under_stdout_is_an_error) {
  make_run();
  check_failure(run_into_full_disk({"sample", "run"}), 5, "cannot write to stdout: No space left on device");
}

// No reason to lose a training, or what the log says of it.
BOOST_AUTO_TEST_CASE(training_goes_on_without_a_stdout) {
  for (const char* steps : {"450", "50"}) {  // it fails at the first sample; at the last one
    const Result r = run_into_full_disk(
        {"train", "fish.txt", "--preset", "notebook", "--steps", steps, "--out", steps, "--eval-every", "100000"});
    BOOST_TEST(r.code == 5);
    const std::string what = "cannot write to stdout: No space left on device";
    const std::size_t at = r.err.find("char_rnn: warning: " + what + "; samples are in 'log.jsonl' alone\n");
    BOOST_TEST(at != std::string::npos, r.err);
    BOOST_TEST(r.err.find("warning", at + 20) == std::string::npos, r.err);
    BOOST_TEST(r.err.ends_with("char_rnn: error: " + what + "\nhint: check where the output goes\n"), r.err);
    BOOST_TEST(weights(steps).metadata.at("step") == steps);
    BOOST_TEST(weights(steps).metadata.at("finished") == "true");
    BOOST_TEST(log(steps, "sample").size() == (steps == "450"s ? 3u : 1u));
    BOOST_TEST(log(steps, "end").at(0).at("reason") == "finished");
  }
}

// A pipe that keeps writes apart: the first one holds a symbol, not a bufferful.
BOOST_AUTO_TEST_CASE(text_is_streamed_as_it_is_drawn) {
  make_run();
  int ends[2];
  BOOST_REQUIRE_EQUAL(pipe2(ends, O_CLOEXEC | O_DIRECT), 0);
  const pid_t pid = box.start(XGRAD_CHAR_RNN, {"sample", "run", "--length", "100000000000"}, ends[1]);
  close(ends[1]);
  char piece[4096];
  BOOST_TEST(read(ends[0], piece, sizeof piece) == 1);
  BOOST_TEST(read(ends[0], piece, sizeof piece) == 1);
  close(ends[0]);
  fs::remove(box / "stdout");
  BOOST_TEST(box.wait(pid).code == 0);
}

// What could command a terminal is escaped there, and stands as it is in a file.
BOOST_AUTO_TEST_CASE(a_terminal_is_not_commanded) {
  std::string text;
  for (int i = 0; i < 500; ++i) text += "\x1b[2J";
  child::write_file(box / "codes.txt", text);
  BOOST_REQUIRE_EQUAL(train_on("codes.txt", {"--steps", "1", "--out", "run"}).code, 0);
  const child::Sandbox::Arguments sample{"sample", "run", "--prime", "\x1b[2J", "--length", "1"};
  BOOST_TEST(run(sample).out.substr(0, 4) == "\x1b[2J");
  const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  BOOST_REQUIRE(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
  const int terminal = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
  const pid_t pid = box.start(XGRAD_CHAR_RNN, sample, terminal);
  close(terminal);
  std::string shown;
  char piece[256];
  for (ssize_t got; (got = read(master, piece, sizeof piece)) > 0;) shown.append(piece, std::size_t(got));
  close(master);
  fs::remove(box / "stdout");
  BOOST_TEST(box.wait(pid).code == 0);
  BOOST_TEST(shown.substr(0, 7) == "\\x1B[2J", shown);
  BOOST_TEST(shown.find('\x1b') == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
