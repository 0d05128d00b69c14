// What signals do to a training: the first one ends it when the step is done, with all of it saved.
#include <csignal>
#include <fstream>

#include "../fixture.hpp"

using child::Result;
using Arguments = child::Sandbox::Arguments;
namespace fs = std::filesystem;

namespace {

struct InterruptFixture : CharRnnFixture {
  /// A training that has a step to make yet.
  pid_t start(Arguments arguments) const {
    arguments.insert(arguments.begin(), {"train", "fish.txt", "--batch", "20", "--out", "run"});
    const pid_t pid = box.start(XGRAD_CHAR_RNN, arguments);
    for (int i = 0; i < 10'000 && !fs::exists(box / "run/latest.safetensors"); ++i) sleep(1);
    return pid;
  }
  std::string read_log() const { return child::read_file(box / "run/log.jsonl"); }
  static void sleep(int milliseconds) { std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds)); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(char_rnn_interrupts, InterruptFixture)

// timeout(1) signals a process, and then the group that it is in.
BOOST_AUTO_TEST_CASE(one_wish_may_come_twice) {
  const pid_t pid = start({"--hidden", "256"});
  kill(pid, SIGTERM);
  sleep(10);
  kill(pid, SIGTERM);
  const Result r = box.wait(pid);
  BOOST_TEST(r.code == 143);
  BOOST_TEST(r.err.find("char_rnn: terminated after step ") != std::string::npos, r.err);
  BOOST_REQUIRE_EQUAL(log("run", "end").size(), 1u);
  BOOST_TEST(weights("run").metadata.at("step") == std::to_string(log("run", "end")[0].at("step").get<int>()));
  BOOST_TEST(log("run", "end")[0].at("step").get<int>() >= 1);
}

// What keeps it from the end of its step is a sample that nobody reads.
BOOST_AUTO_TEST_CASE(a_second_wish_ends_it_at_once) {
  int ends[2];
  BOOST_REQUIRE_EQUAL(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  while (write(ends[1], "x", 1) == 1) {
  }
  fcntl(ends[1], F_SETFL, 0);
  const pid_t pid = box.start(XGRAD_CHAR_RNN, {"train", "fish.txt", "--preset", "notebook", "--out", "run"}, ends[1]);
  for (int i = 0; i < 10'000 && read_log().find("\"sample\"") == std::string::npos; ++i) sleep(10);
  kill(pid, SIGTERM);
  sleep(700);
  siginfo_t ended{};
  waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOHANG | WNOWAIT);
  BOOST_TEST(ended.si_pid == 0);  // it finishes what it is about
  kill(pid, SIGTERM);
  close(ends[1]);
  child::write_file(box / "stdout", "");
  const Result r = box.wait(pid);
  close(ends[0]);
  BOOST_TEST(r.code == 143);
  BOOST_TEST(r.err.find("terminated after step") == std::string::npos, r.err);
  BOOST_TEST(log("run", "end").empty());
  BOOST_TEST(run({"train", "fish.txt", "--resume", "run", "--steps", "200"}).code == 0);
}

// A validation of ten million symbols is broken off, and done by the call that goes on.
BOOST_AUTO_TEST_CASE(a_validation_is_broken_off) {
  std::ofstream large(box / "large.txt", std::ios::binary);
  for (int i = 0; i < 10'000; ++i) large << small_text();
  large.close();
  const pid_t pid = box.start(
      XGRAD_CHAR_RNN, {"train", "large.txt", "--steps", "1", "--hidden", "64", "--split", "0.5,0.5", "--out", "run"});
  box.wait_until_said(pid, "char_rnn: validating after step 1\n");
  kill(pid, SIGINT);
  const Result r = box.wait(pid);
  BOOST_TEST(r.code == 130);
  BOOST_TEST(r.err.find("char_rnn: interrupted after step 1; 'latest.safetensors' holds it\n") != std::string::npos,
             r.err);
  BOOST_TEST(log("run", "validation").empty());
  const xgrad::SafeTensors latest = weights("run");
  BOOST_TEST(latest.metadata.at("step") == "1");
  BOOST_TEST(latest.metadata.at("finished") == "false");
}

BOOST_AUTO_TEST_CASE(a_validation_that_was_broken_off_is_made_up_for) {
  const Arguments options{"--steps", "40", "--split", "0.8,0.2", "--eval-every", "20"};
  const auto with = [&](Arguments more) {
    more.insert(more.end(), options.begin(), options.end());
    return train(more);
  };
  BOOST_REQUIRE_EQUAL(with({"--out", "whole"}).code, 0);
  // As if the second one had been: what was saved before it is there.
  fs::create_directory(box / "run");
  fs::copy_file(box / "whole/previous.safetensors", box / "run/latest.safetensors");
  BOOST_TEST(weights("run").metadata.at("step") == "40");
  BOOST_TEST(weights("run").metadata.at("finished") == "false");
  BOOST_REQUIRE_EQUAL(run({"train", "fish.txt", "--resume", "run"}).code, 0);
  BOOST_TEST((child::read_file(box / "run/latest.safetensors") == child::read_file(box / "whole/latest.safetensors")));
  BOOST_TEST(log("run", "validation").at(0).at("step") == 40);
}

BOOST_AUTO_TEST_SUITE_END()
