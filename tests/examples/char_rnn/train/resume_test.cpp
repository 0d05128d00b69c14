// Runs that are interrupted, killed and resumed end with the bytes of one that was not.
#include <algorithm>
#include <chrono>
#include <thread>

#include "resume.hpp"

using child::read_file;
using child::Result;
using child::write_file;
using Arguments = child::Sandbox::Arguments;
namespace fs = std::filesystem;

BOOST_FIXTURE_TEST_SUITE(char_rnn_resume, ResumeFixture)

BOOST_AUTO_TEST_CASE(the_number_of_threads_changes_no_byte) {
  BOOST_REQUIRE_EQUAL(whole("one", {"--threads", "1"}).code, 0);
  BOOST_REQUIRE_EQUAL(whole("two", {"--threads", "2"}).code, 0);
  BOOST_TEST((latest("one") == latest("two")));
  BOOST_TEST((best("one") == best("two")));
  // More than two make as many shards, unless told otherwise, and it is these that digits depend on.
  BOOST_REQUIRE_EQUAL(whole("four", {"--threads", "4"}).code, 0);
  BOOST_REQUIRE_EQUAL(whole("four shards", {"--threads", "1", "--shards", "4"}).code, 0);
  BOOST_REQUIRE_EQUAL(whole("two shards", {"--threads", "4", "--shards", "2"}).code, 0);
  BOOST_TEST((latest("four") == latest("four shards")));
  BOOST_TEST((latest("two shards") == latest("two")));
  BOOST_TEST((latest("four") != latest("two")));
  BOOST_TEST(log("one", "validation").size() == 4u);
}

BOOST_AUTO_TEST_CASE(a_killed_run_ends_with_the_bytes_of_one_that_was_not) {
  const auto start = std::chrono::steady_clock::now();
  BOOST_REQUIRE_EQUAL(whole("whole").code, 0);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  const std::string wanted = latest("whole"), wanted_best = best("whole");
  xgrad::Rng rng(7);
  for (int i = 0; i < XGRAD_KILLS; ++i) {
    const std::string folder = "killed-" + std::to_string(i);
    const double moment = rng.uniform(0, took.count());
    const pid_t pid = box.start(XGRAD_CHAR_RNN, command("--out", folder));
    std::this_thread::sleep_for(std::chrono::duration<double>(moment));
    kill(pid, SIGKILL);
    box.wait(pid);
    const bool saved = fs::exists(box / folder / "latest.safetensors");
    if (saved) {  // how long that took is in the log
      const auto saves = log(folder, "save");
      const std::int64_t step = std::stol(weights(folder).metadata.at("step"));
      BOOST_TEST(std::any_of(saves.begin(), saves.end(), [&](const auto& save) { return save.at("step") == step; }));
    }
    const Result r = saved ? go_on(folder) : whole(folder);
    BOOST_TEST_CONTEXT("killed after " << moment << " of " << took.count() << " seconds") {
      BOOST_REQUIRE_MESSAGE(r.code == 0, r.err);
      BOOST_TEST((latest(folder) == wanted));
      BOOST_TEST((best(folder) == wanted_best));
      BOOST_TEST((names(folder) == names("whole")));  // no temporary is left, and nothing else is called latest
      log(folder);                                    // every line of it can be parsed
    }
  }
}

BOOST_AUTO_TEST_CASE(an_interrupted_run_likewise) {
  const Arguments longer{"--steps", "1500", "--checkpoint-every", "500"};  // long enough to be met on its way
  BOOST_REQUIRE_EQUAL(whole("whole", longer).code, 0);
  for (const int signal : {SIGINT, SIGTERM}) {
    const std::string folder = "signal-" + std::to_string(signal);
    const pid_t pid = box.start(XGRAD_CHAR_RNN, command("--out", folder, longer));
    wait_for_file(folder + "/latest.safetensors");
    kill(pid, signal);
    const int code = box.wait(pid).code;
    BOOST_TEST((code == 128 + signal || code == 0));  // 0: on a machine that is busy with us, it was faster
    const Result r = go_on(folder, longer);
    BOOST_REQUIRE_MESSAGE(r.code == 0, r.err);
    BOOST_TEST((latest(folder) == latest("whole")));
  }
}

BOOST_AUTO_TEST_CASE(a_finished_run_is_left_as_it_is) {
  BOOST_REQUIRE_EQUAL(whole("run").code, 0);
  const auto before = content("run");
  const auto written = times("run");
  for (const Arguments& arguments : {command("--resume", "run"), Arguments{"train", "fish.txt", "--resume", "run"}}) {
    const Result r = run(arguments);
    BOOST_TEST(r.code == 0);
    BOOST_TEST(r.out == "");
    BOOST_TEST(r.err == "char_rnn: the run in run is finished, after 150 steps; a larger --steps goes on with it\n");
    BOOST_TEST((content("run") == before));
    BOOST_TEST((times("run") == written));
  }
}

// Also where the first end noted and validated what a longer run would not have.
BOOST_AUTO_TEST_CASE(a_finished_run_that_gets_more_steps_ends_with_the_bytes_of_a_longer_one) {
  const Arguments more{"--split", "0.8,0.2", "--eval-every", "40", "--batch", "4", "--dropout", "0.2"};
  const auto made = [&](const std::string& steps, const std::string& folder) {
    Arguments arguments = more;
    arguments.insert(arguments.end(), {"--steps", steps, "--out", folder});
    BOOST_REQUIRE_EQUAL(train(arguments).code, 0);
  };
  made("130", "whole");
  made("70", "run");
  for (const char* steps : {"1", "80", "100"}) {
    made(steps, std::string("to ") + steps);
    BOOST_REQUIRE_EQUAL(run({"train", "fish.txt", "--resume", std::string("to ") + steps, "--steps", "130"}).code, 0);
    BOOST_TEST((latest(std::string("to ") + steps) == latest("whole")), steps);
  }
  for (const char* steps : {"90", "120", "130"})
    BOOST_REQUIRE_EQUAL(run({"train", "fish.txt", "--resume", "run", "--steps", steps}).code, 0);
  BOOST_TEST((latest("run") == latest("whole")));
}

// Which that of the first end is, though the history forgets it.
BOOST_AUTO_TEST_CASE(the_best_stays_the_best_whatever_comes_after) {
  BOOST_REQUIRE_EQUAL(train({"--split", "0.8,0.2", "--batch", "4", "--steps", "70", "--out", "run"}).code, 0);
  const auto pretend = [this](const std::vector<std::int64_t>& steps, const std::vector<double>& losses) {
    xgrad::SafeTensors file = xgrad::read_safetensors(box / "run/best.safetensors");
    for (auto& t : file.tensors) {
      if (t.name == "history.validation_step") t = xgrad::make_tensor<std::int64_t>(t.name, {steps.size()}, steps);
      if (t.name == "history.validation") t = xgrad::make_tensor<double>(t.name, {losses.size()}, losses);
    }
    xgrad::write_safetensors(box / "run/best.safetensors", file);
  };
  pretend({70}, {0.01});
  const std::string kept = best("run");
  BOOST_REQUIRE_EQUAL(run({"train", "fish.txt", "--resume", "run", "--steps", "90"}).code, 0);
  BOOST_TEST((best("run") == kept));
  // One that cannot be read may be good.
  fs::rename(box / "run/best.safetensors", box / "run/kept");
  fs::create_directory(box / "run/best.safetensors");
  check_failure(run({"train", "fish.txt", "--resume", "run", "--steps", "100"}), 5,
                "cannot read 'run/best.safetensors'", "move that file away, and the run goes on without it\n");
  fs::remove(box / "run/best.safetensors");
  // One that is lost or damaged is none.
  write_file(box / "run/best.safetensors", "?");
  BOOST_REQUIRE_EQUAL(run({"train", "fish.txt", "--resume", "run", "--steps", "110"}).code, 0);
  BOOST_TEST(xgrad::read_safetensors(box / "run/best.safetensors").metadata.at("step") == "110");
  BOOST_TEST(log("run", "validation").back().at("best") == true);
  // And one that came after a better one, which was lost, has the last loss that it knows, not the lowest.
  pretend({70, 110}, {0.01, 9});
  BOOST_REQUIRE_EQUAL(run({"train", "fish.txt", "--resume", "run", "--steps", "130"}).code, 0);
  BOOST_TEST(xgrad::read_safetensors(box / "run/best.safetensors").metadata.at("step") == "130");
}

BOOST_AUTO_TEST_CASE(a_run_that_time_ended_goes_on_with_more_of_it) {
  BOOST_REQUIRE_EQUAL(train({"--seconds", "0.4", "--schedule", "cosine", "--out", "run"}).code, 0);
  const std::string before = weights("run").metadata.at("step");
  BOOST_TEST(weights("run").metadata.at("finished") == "true");
  const Result same = run({"train", "fish.txt", "--resume", "run"});
  BOOST_TEST(same.err ==
             "char_rnn: the run in run is finished, after " + before + " steps; a larger --seconds goes on with it\n");
  BOOST_REQUIRE_EQUAL(run({"train", "fish.txt", "--resume", "run", "--seconds", "1"}).code, 0);
  BOOST_TEST(std::stol(weights("run").metadata.at("step")) > std::stol(before));
  BOOST_TEST(log("run").back().at("seconds").get<double>() < 1.5);
}

BOOST_AUTO_TEST_CASE(steps_that_time_does_not_suffice_for_are_not_finished) {
  const Result r = train({"--seconds", "0.4", "--steps", "100000000", "--out", "run"});
  BOOST_TEST(r.code == 0);
  BOOST_TEST(r.err.find("char_rnn: out of time after step ") != std::string::npos, r.err);
  BOOST_TEST(r.err.find("' goes on, with a larger --seconds\n") != std::string::npos, r.err);
  BOOST_TEST(weights("run").metadata.at("finished") == "false");
}

BOOST_AUTO_TEST_CASE(a_run_killed_before_its_first_steps_were_saved) {
  const Arguments slow{"train",     "fish.txt", "--preset", "notebook", "--checkpoint-every",
                       "100000000", "--steps",  "30000"};
  Arguments arguments = slow;
  arguments.insert(arguments.end(), {"--out", "run"});
  const pid_t pid = box.start(XGRAD_CHAR_RNN, arguments);
  wait_for_line("run/log.jsonl", "\"step\":200");
  kill(pid, SIGKILL);
  box.wait(pid);
  BOOST_TEST(weights("run").metadata.at("step") == "0");
  BOOST_REQUIRE_EQUAL(run({"train", "fish.txt", "--resume", "run"}).code, 0);
  const Result report = run({"report", "run"});
  BOOST_TEST(report.code == 0, report.err);
}

BOOST_AUTO_TEST_CASE(a_run_that_goes_on_saves_when_there_is_something_to_save) {
  BOOST_REQUIRE_EQUAL(train({"--steps", "20", "--checkpoint-every", "10", "--out", "run"}).code, 0);
  const auto before = content("run");
  BOOST_TEST(xgrad::read_safetensors(box / "run/previous.safetensors").metadata.at("step") == "10");
  const pid_t pid = box.start(XGRAD_CHAR_RNN, {"train", "fish.txt", "--resume", "run", "--steps", "100000000",
                                               "--checkpoint-every", "100000000"});
  wait_for_line("run/log.jsonl", "\"step\":100,");
  kill(pid, SIGKILL);
  box.wait(pid);
  // That there is more to do is saved at once; another step is not, and so the one before is left.
  BOOST_TEST((content("run")["previous.safetensors"] == before.at("previous.safetensors")));
  BOOST_TEST(weights("run").metadata.at("step") == "20");
  BOOST_TEST(weights("run").metadata.at("finished") == "false");
  BOOST_TEST(settings("run").at("steps") == "100000000");
  BOOST_REQUIRE_EQUAL(run({"train", "fish.txt", "--resume", "run", "--steps", "30"}).code, 0);
  BOOST_REQUIRE_EQUAL(train({"--steps", "30", "--out", "whole"}).code, 0);
  BOOST_TEST((latest("run") == latest("whole")));
}

BOOST_AUTO_TEST_SUITE_END()
