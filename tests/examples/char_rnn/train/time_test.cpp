// What --seconds promises: the run ends about in time, has a step at least, and counts the time of all calls.
#include <chrono>
#include <csignal>

#include "../fixture.hpp"

using child::read_file;
using child::Result;
using Arguments = child::Sandbox::Arguments;
namespace fs = std::filesystem;

namespace {

struct TimeFixture : CharRnnFixture {
  bool logged(const std::string& folder, const std::string& what) const {
    return read_file(box / folder / "log.jsonl").find(what) != std::string::npos;
  }
  /// As if what was saved last had taken so many seconds, and the process been killed then, before a note of the step.
  void saved_after(const std::string& folder, double seconds) const {
    nlohmann::json save{
        {"event", "save"}, {"step", std::stol(weights(folder).metadata.at("step"))}, {"seconds", seconds}};
    child::write_file(box / folder / "log.jsonl", log(folder, "start").at(0).dump() + "\n" + save.dump() + "\n");
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(char_rnn_time, TimeFixture)

BOOST_AUTO_TEST_CASE(seconds_end_the_run) {
  const auto start = std::chrono::steady_clock::now();
  const Result r = train({"--seconds", "0.3", "--out", "run"});
  BOOST_TEST(r.code == 0);
  BOOST_TEST(r.err.find("\n100%  step ") != std::string::npos, r.err);  // all of the time that there was
  const auto took = std::chrono::steady_clock::now() - start;
  BOOST_TEST(took < std::chrono::seconds(20));
  BOOST_TEST(std::to_string(log("run").back().at("step").get<int>()) == weights("run").metadata.at("step"));
  BOOST_TEST(train({"--seconds", "60", "--steps", "5", "--out", "five"}).code == 0);  // whichever comes first
  BOOST_TEST(weights("five").metadata.at("step") == "5");
}

// With a schedule that is fitted to them: the last steps are almost at its end.
BOOST_AUTO_TEST_CASE(seconds_end_the_schedule) {
  BOOST_REQUIRE_EQUAL(train({"--seconds", "2", "--schedule", "cosine", "--lr", "0.01", "--min-lr", "0.001",
                             "--log-every", "1", "--out", "run"})
                          .code,
                      0);
  const auto steps = log("run");
  BOOST_REQUIRE(steps.size() > 10u);
  BOOST_TEST(steps.front().at("learning_rate").get<double>() == 0.01, boost::test_tools::tolerance(0.01));
  BOOST_TEST(steps.back().at("learning_rate").get<double>() < 0.0012);
  BOOST_TEST(std::ssize(steps) == steps.back().at("step").get<int>());  // --log-every 1
}

BOOST_AUTO_TEST_CASE(a_run_has_one_step_at_least) {
  const Result r = train({"--seconds", "0.00001", "--split", "0.8,0.2", "--schedule", "cosine", "--out", "run"});
  BOOST_TEST(r.code == 0);
  BOOST_TEST(
      r.err.find("char_rnn: note: --seconds 1e-05 were over when the first step was done, after ") != std::string::npos,
      r.err);
  BOOST_TEST(r.err.find(" seconds; a run has one at least\n") != std::string::npos, r.err);
  BOOST_TEST(r.err.find("char_rnn: note: there is no time for a validation\n") != std::string::npos);
  BOOST_TEST(r.err.find("\n100%  step 1  ") != std::string::npos, r.err);
  BOOST_TEST(r.err.find(" clipped  took 0:0") != std::string::npos, r.err);
  BOOST_TEST(log("run", "validation").empty());
  BOOST_TEST(r.err.find("char_rnn: run saved in run\n") != std::string::npos, r.err);
  BOOST_TEST(weights("run").metadata.at("step") == "1");
  BOOST_TEST(weights("run").metadata.at("total") == "1");
  BOOST_TEST(weights("run").metadata.at("finished") == "true");
  BOOST_TEST(log("run", "end").at(0).at("reason") == "finished");
  BOOST_TEST(run({"sample", "run", "--length", "5"}).out.size() == 5u);
}

BOOST_AUTO_TEST_CASE(no_time_for_another_step) {
  BOOST_REQUIRE_EQUAL(train({"--seconds", "0.3", "--out", "run"}).code, 0);
  const std::string step = weights("run").metadata.at("step");
  saved_after("run", 1000);
  const Result r = run({"train", "fish.txt", "--resume", "run", "--seconds", "1000.1"});
  BOOST_TEST(r.code == 0);
  BOOST_TEST(r.err.find("char_rnn: note: --seconds 1000.1 leave no time for another step\n") != std::string::npos,
             r.err);
  BOOST_TEST(r.err.find(" 0 chars/s ") != std::string::npos, r.err);
  BOOST_TEST(weights("run").metadata.at("step") == step);
  BOOST_TEST(log("run", "end").back().at("step") == std::stol(step));
}

// More steps than a checkpoint may tell made it one that cannot be read.
BOOST_AUTO_TEST_CASE(a_schedule_over_more_time_than_there_is) {
  BOOST_REQUIRE_EQUAL(run({"train", "fish.txt", "--preset", "notebook", "--schedule", "cosine", "--lr", "0.01",
                           "--seconds", "0.3", "--out", "run"})
                          .code,
                      0);
  saved_after("run", 1e9);
  const pid_t pid = box.start(XGRAD_CHAR_RNN, {"train", "fish.txt", "--resume", "run", "--seconds", "1e11"});
  const std::int64_t begun = std::stol(weights("run").metadata.at("step"));
  wait_for([&] { return logged("run", "\"event\":\"step\",\"step\":" + std::to_string(begun / 100 * 100 + 60000)); });
  kill(pid, SIGINT);
  BOOST_TEST(box.wait(pid).code == 130);
  BOOST_TEST(log("run").back().at("learning_rate").get<double>() == 0.01, boost::test_tools::tolerance(1e-6));
  BOOST_TEST(weights("run").metadata.at("total") == "1000000000000");
  BOOST_TEST(run({"info", "run"}).code == 0);
}

// Its last validation belongs to a run that ends there again.
BOOST_AUTO_TEST_CASE(without_another_step_nothing_is_forgotten) {
  BOOST_REQUIRE_EQUAL(
      train({"--seconds", "1000", "--steps", "20", "--split", "0.8,0.2", "--batch", "4", "--out", "run"}).code, 0);
  const auto validations = [this] { return weights("run").find("history.validation")->values<double>(); };
  const std::vector<double> before = validations();
  BOOST_TEST(before.size() == 1u);
  saved_after("run", 2000);  // no time is left
  BOOST_REQUIRE_EQUAL(run({"train", "fish.txt", "--resume", "run", "--steps", "100000000"}).code, 0);
  BOOST_TEST((validations() == before));
  BOOST_TEST(weights("run").metadata.at("finished") == "false");  // of so many steps
  BOOST_TEST(settings("run").at("steps") == "100000000");
}

// Steps are noted every hundred, which may be minutes.
BOOST_AUTO_TEST_CASE(the_time_of_all_calls_counts_to_the_last_saving) {
  BOOST_REQUIRE_EQUAL(train({"--steps", "20", "--checkpoint-every", "10", "--seconds", "1000", "--out", "run"}).code,
                      0);
  BOOST_TEST(log("run", "save").size() == 3u);
  saved_after("run", 500);
  BOOST_REQUIRE_EQUAL(run({"train", "fish.txt", "--resume", "run", "--steps", "25"}).code, 0);
  const double seconds = log("run", "end").at(0).at("seconds");
  BOOST_TEST(seconds > 500);
  BOOST_TEST(seconds < 600);
}

BOOST_AUTO_TEST_CASE(a_log_that_does_not_tell_the_time) {
  make_run();
  fs::remove(box / "run/log.jsonl");
  const Result r = run({"train", "fish.txt", "--resume", "run", "--steps", "130", "--seconds", "60"});
  BOOST_TEST(r.code == 0);
  BOOST_TEST(r.err.find("char_rnn: note: 'log.jsonl' does not tell the time that the run has had; --seconds counts "
                        "from now\n") != std::string::npos,
             r.err);
}

BOOST_AUTO_TEST_SUITE_END()
