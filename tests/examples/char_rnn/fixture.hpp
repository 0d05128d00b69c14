// A sandbox with a small text in it, and the program under test.
#pragma once
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <sstream>
#include <xgrad/models/models.hpp>

#include "../../asan.hpp"
#include "child.hpp"

/// 2,040 characters of 26 kinds.
inline std::string small_text() {
  std::string text;
  for (int i = 0; i < 24; ++i)
    text += "One fish swam by, two fish swam by; where did the blue fish go?\nHome, home.\n         ";
  return text;
}

struct CharRnnFixture {
  CharRnnFixture() { child::write_file(box / "fish.txt", small_text()); }

  child::Result run(const child::Sandbox::Arguments& arguments) const { return box.run(XGRAD_CHAR_RNN, arguments); }
  /// With a stdout that nobody reads.
  child::Result run_into_closed_pipe(const child::Sandbox::Arguments& arguments) const {
    int ends[2];
    BOOST_REQUIRE_EQUAL(pipe2(ends, O_CLOEXEC), 0);
    close(ends[0]);
    const pid_t pid = box.start(XGRAD_CHAR_RNN, arguments, ends[1]);
    close(ends[1]);
    return box.wait(pid);
  }
  /// With a stdout that takes nothing.
  child::Result run_into_full_disk(const child::Sandbox::Arguments& arguments) const {
    const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    const pid_t pid = box.start(XGRAD_CHAR_RNN, arguments, full);
    close(full);
    child::fs::remove(box / "stdout");
    return box.wait(pid);
  }
  /// A small tanh layer by Adagrad on fish.txt, and these options.
  child::Result train(child::Sandbox::Arguments arguments) const { return train_on("fish.txt", std::move(arguments)); }
  child::Result train_on(const std::string& text, child::Sandbox::Arguments arguments) const {
    arguments.insert(arguments.begin(), {"train", text, "--model", "rnn", "--layers", "1", "--hidden", "8", "--seq-len",
                                         "25", "--batch", "16", "--optimizer", "adagrad"});
    return run(arguments);
  }
  /// A run in folder "run".
  void make_run() const { BOOST_REQUIRE_EQUAL(train({"--steps", "120", "--out", "run"}).code, 0); }

  /// Returns when `it` is so; fails where that takes a minute.
  template <class F>
  static void wait_for(F it) {
    for (int i = 0; i < 60'000 && !it(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    BOOST_REQUIRE(it());
  }
  void wait_for_file(const std::string& file) const {
    wait_for([&] { return child::fs::exists(box / file); });
  }
  void wait_for_line(const std::string& file, const std::string& part) const {
    wait_for([&] { return child::read_file(box / file).find(part) != std::string::npos; });
  }

  /// The lines of a run's log for one event.
  std::vector<nlohmann::json> log(const std::string& folder, const std::string& event = "step") const {
    std::vector<nlohmann::json> lines;
    std::istringstream text(child::read_file(box / folder / "log.jsonl"));
    for (std::string line; std::getline(text, line);)
      if (auto object = nlohmann::json::parse(line); object.at("event") == event) lines.push_back(std::move(object));
    return lines;
  }
  /// How well run "run" predicts fish.txt.
  nlohmann::json eval(const child::Sandbox::Arguments& more) const {
    child::Sandbox::Arguments arguments{"eval", "run", "fish.txt", "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const child::Result r = run(arguments);
    BOOST_REQUIRE_MESSAGE(r.code == 0, r.err);
    return nlohmann::json::parse(r.out);
  }
  xgrad::SafeTensors weights(const std::string& folder) const {
    return xgrad::read_safetensors(box / folder / "latest.safetensors");
  }
  /// All are texts, as the command line has them.
  nlohmann::json settings(const std::string& folder) const {
    return nlohmann::json::parse(weights(folder).metadata.at("settings"));
  }

  /// Failed with this code and message and exactly one hint, and left nothing behind but the inputs.
  void check_failure(const child::Result& r, int code, const std::string& message, const std::string& hint = "") const {
    BOOST_TEST(r.code == code);
    BOOST_TEST(r.out == "");
    BOOST_TEST(r.err.find("char_rnn: error: " + message) != std::string::npos, r.err << " lacks " << message);
    const std::size_t at = r.err.find("\nhint: " + hint);
    BOOST_TEST(at != std::string::npos, r.err << " lacks the hint " << hint);
    BOOST_TEST(r.err.find("\nhint: ", at + 1) == std::string::npos);
    BOOST_TEST(r.err.back() == '\n');
    BOOST_TEST(!child::fs::exists(box / "runs"));
  }

  child::Sandbox box;
};
