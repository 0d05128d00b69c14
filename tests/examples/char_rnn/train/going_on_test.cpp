// What a run that goes on is asked, told and handed: options, texts, other trainers, files that are not its own.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <utility>

#include "resume.hpp"

using child::read_file;
using child::Result;
using child::write_file;
using Arguments = child::Sandbox::Arguments;
namespace fs = std::filesystem;

BOOST_FIXTURE_TEST_SUITE(char_rnn_going_on, ResumeFixture)

BOOST_AUTO_TEST_CASE(one_trainer_at_a_time) {
  const pid_t pid =
      box.start(XGRAD_CHAR_RNN, {"train", "fish.txt", "--preset", "notebook", "--seconds", "60", "--out", "run"});
  wait_for_file("run/latest.safetensors");
  const Result r = run({"train", "fish.txt", "--resume", "run"});
  kill(pid, SIGINT);
  BOOST_TEST(box.wait(pid).code == 130);
  check_failure({r.code, "", r.err}, 5, "'run' is in use by process " + std::to_string(pid));
}

BOOST_AUTO_TEST_CASE(weights_of_another_run) {
  BOOST_REQUIRE_EQUAL(train({"--steps", "50", "--out", "a"}).code, 0);
  BOOST_REQUIRE_EQUAL(train({"--steps", "1", "--init-from", "a", "--lr", "1e-30", "--out", "b"}).code, 0);
  for (const char* name : {"rnn.weight_hh_l0", "rnn.weight_ih_l0", "head.weight"})
    BOOST_TEST((*weights("a").find(name) == *weights("b").find(name)), name);
  BOOST_TEST(weights("b").metadata.at("step") == "1");
  check_failure(train({"--steps", "1", "--init-from", "a", "--hidden", "9", "--out", "c"}), 2,
                "the weights of 'a/latest.safetensors' are those of another model");
  write_file(box / "other.txt", small_text().replace(0, 1, "Z"));
  check_failure(train_on("other.txt", {"--steps", "1", "--init-from", "a", "--out", "c"}), 3,
                "text 'other.txt' has not the symbols of 'a/latest.safetensors'");
}

BOOST_AUTO_TEST_CASE(a_log_that_cannot_be_read_is_not_cut) {
  BOOST_REQUIRE_EQUAL(train({"--steps", "5", "--out", "run"}).code, 0);
  fs::remove(box / "run/log.jsonl");
  fs::create_directory(box / "run/log.jsonl");
  const Result r = run({"train", "fish.txt", "--resume", "run", "--steps", "9"});
  check_failure(r, 5, "cannot read 'run/log.jsonl': Is a directory\n",
                "move that file away, and the run goes on without it\n");
  fs::remove(box / "run/log.jsonl");  // as the hint has it
  BOOST_TEST(run({"train", "fish.txt", "--resume", "run", "--steps", "9"}).code == 0);
  BOOST_TEST(weights("run").metadata.at("step") == "9");
}

BOOST_AUTO_TEST_CASE(hostile_checkpoints_are_refused) {
  BOOST_REQUIRE_EQUAL(run(command("--out", "run", {"--steps", "20"})).code, 0);
  const auto good = weights("run");
  const auto check = [&](const std::string& message, const std::function<void(xgrad::SafeTensors&)>& spoil) {
    auto file = good;
    file.metadata["finished"] = "false";
    spoil(file);
    xgrad::write_safetensors(box / "run/latest.safetensors", file);
    BOOST_TEST_CONTEXT(message)
    check_failure(run({"train", "fish.txt", "--resume", "run"}), 4, "'run/latest.safetensors': " + message,
                  "'run/previous.safetensors' is the one before");
  };
  using F = xgrad::SafeTensors;
  const auto set = [](const char* key, const char* value) { return [=](F& f) { f.metadata[key] = value; }; };
  const auto tensor = [](const char* name, auto values) {
    return [=](F& f) {
      for (auto& t : f.tensors)
        if (t.name == name) t = xgrad::make_tensor(t.name, {values.size()}, std::span(std::as_const(values)));
    };
  };
  check("total '1099511627776' is not an integer in [0, 1000000000000]", set("total", "1099511627776"));
  check("smooth_loss 'nan' is not a number", set("smooth_loss", "nan"));
  check("first_loss 'null' is not a number", set("first_loss", "null"));
  check("exploded '-3' is not an integer", set("exploded", "-3"));
  check("finished 'perhaps' is not true or false", set("finished", "perhaps"));
  check("its history has steps without a loss", tensor("history.validation", std::vector<double>{1, 2, 3, 4, 5, 6, 7}));
  check("tensor 'history.step' is F32, not I64", tensor("history.step", std::vector<float>{1}));
  check("tensor 'rng' holds no whole random states", tensor("rng", std::vector<std::uint32_t>(629)));
  check("[trainer] the hidden state or the random state is that of another training",
        tensor("rng", std::vector<std::uint32_t>(3 * 628)));
  check("[trainer] the hidden state or the random state is that of another training",
        tensor("state", std::vector<float>(3)));
  check("tensor 'state' holds what is no hidden state", tensor("state", std::vector<float>(4, HUGE_VALF)));
  check("tensor 'optimizer.first_moment' does not fit", tensor("optimizer.first_moment", std::vector<float>(3)));
  const auto second = good.find("optimizer.second_moment")->values<float>();
  check("tensor 'optimizer.second_moment' holds what no step leaves there",
        tensor("optimizer.second_moment", std::vector<float>(second.size(), -1)));
  check("[windows] ", set("window", "1000000"));
}

BOOST_AUTO_TEST_CASE(a_broken_stderr_is_no_reason_to_stop) {
  const std::string command = std::string(XGRAD_CHAR_RNN) +
                              " train fish.txt --preset notebook --steps 300 --out run 2>/dev/full >/dev/null && " +
                              XGRAD_CHAR_RNN + " info run >/dev/null 2>&- && ! " + XGRAD_CHAR_RNN + " foo 2>&-";
  const pid_t pid = box.start("/bin/sh", {"-c", command});
  BOOST_TEST(box.wait(pid).code == 0);
  BOOST_TEST(weights("run").metadata.at("step") == "300");
}

// Settings are those it went on with; nothing that was limited is lost, and nothing is told twice.
BOOST_AUTO_TEST_CASE(the_report_of_a_run_that_went_on) {
  const Arguments all_clipped{"--clip", "1e-9",    "--log-every", "1000",    "--checkpoint-every",
                              "7",      "--split", "0.8,0.2",     "--batch", "4"};
  Arguments begun = all_clipped, more{"train", "fish.txt", "--resume", "run", "--steps", "60", "--log-every", "1000"};
  begun.insert(begun.end(), {"--steps", "100000000", "--out", "run"});
  begun.insert(begun.begin(), {"train", "fish.txt", "--hidden", "8", "--layers", "1"});
  const pid_t pid = box.start(XGRAD_CHAR_RNN, begun);
  wait_for_line("run/log.jsonl", "\"save\",\"step\":21,");
  kill(pid, SIGKILL);
  box.wait(pid);
  const std::int64_t saved = std::stol(weights("run").metadata.at("step"));
  const std::string steps = std::to_string(saved + 30);
  more[5] = steps;
  BOOST_REQUIRE_EQUAL(run(more).code, 0);
  more[5] = std::to_string(saved + 31);
  BOOST_REQUIRE_EQUAL(run(more).code, 0);
  BOOST_REQUIRE_EQUAL(run({"report", "run"}).code, 0);
  const std::string page = read_file(box / "run/report.html"), all = more[5] + " of " + more[5] + " steps were clipped";
  BOOST_TEST(page.find(all) != std::string::npos,
             page.substr(std::min(page.find("were clipped") - 40, page.size() - 1), 80));
  BOOST_TEST(page.find("<th scope=\"row\">steps</th><td>" + more[5] + "</td>") != std::string::npos);
  BOOST_TEST(page.find("<th scope=\"row\">steps</th><td>100000000</td>") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_differs_is_named) {
  BOOST_REQUIRE_EQUAL(train({"--steps", "5", "--out", "run"}).code, 0);
  const auto before = content("run");
  check_failure(run({"train", "fish.txt", "--resume", "run", "--hidden", "9", "--lr", "0.5", "--steps", "9"}), 2,
                "the run in 'run' has other settings: --hidden 9 (the run has 8), --lr 0.5 (the run has 0.1)\n",
                "leave those options away");
  check_failure(run({"train", "fish.txt", "--resume", "run", "--bytes", "--shards", "1"}), 2,
                "the run in 'run' has other settings: --shards 1 (the run has 2), --bytes (the run has utf8)\n");
  write_file(box / "other.txt", small_text() + "x");
  check_failure(run({"train", "other.txt", "--resume", "run", "--steps", "9"}), 3,
                "text 'other.txt' is not the one that the run was begun with: its SHA-256 is ", "name that text");
  check_failure(run({"train", "fish.txt", "--resume", "none"}), 5, "cannot read 'none/latest.safetensors'",
                "name the folder of a run");
  auto after = content("run");
  after.erase("lock");
  auto expected = before;
  expected.erase("lock");
  BOOST_TEST((after == expected));
}

BOOST_AUTO_TEST_CASE(other_kernels_are_told) {
  make_run();
  setenv("XGRAD_ARCH", "baseline", 1);
  const Result r = run({"train", "fish.txt", "--resume", "run", "--steps", "130"});
  unsetenv("XGRAD_ARCH");
  BOOST_TEST(r.code == 0);
  const std::string begun = log("run", "start").at(0).at("isa");
  const bool told = r.err.find("char_rnn: note: the run was begun with kernels for " + begun +
                               " and OpenBLAS's for ") != std::string::npos;
  BOOST_TEST(told == (begun != "baseline"), r.err);
}

// Defaults, bounds and what the text decides are no differences.
BOOST_AUTO_TEST_CASE(what_comes_to_the_same_is_no_difference) {
  BOOST_REQUIRE_EQUAL(train({"--steps", "5", "--shards", "64", "--out", "run"}).code, 0);
  const Result r = run({"train", "fish.txt", "--resume", "run", "--steps", "6", "--shards", "99", "--lr", "0.1",
                        "--decay", "0.95", "--weight-decay", "0.01", "--lr-decay-after", "5000", "--utf8"});
  BOOST_TEST(r.code == 0, r.err);
  BOOST_TEST(settings("run").at("shards") == "16");
  BOOST_REQUIRE_EQUAL(run({"train", "fish.txt", "--hidden", "4", "--batch", "64", "--seq-len", "5", "--shards", "60",
                           "--steps", "1", "--out", "wide"})
                          .code,
                      0);
  check_failure(run({"train", "fish.txt", "--resume", "wide", "--shards", "50"}), 2,
                "the run in 'wide' has other settings: --shards 50 (the run has 60)\n");
  BOOST_TEST(run({"train", "fish.txt", "--resume", "wide", "--steps", "2", "--shards", "60"}).code == 0);
}

BOOST_AUTO_TEST_CASE(a_finished_run_wants_its_text_too) {
  make_run();
  write_file(box / "other.txt", small_text() + "Home.");
  check_failure(run({"train", "other.txt", "--resume", "run"}), 3,
                "text 'other.txt' is not the one that the run was begun with: its SHA-256 is ", "name that text");
}

BOOST_AUTO_TEST_CASE(fewer_steps_than_a_run_has_had) {
  make_run();
  check_failure(run({"train", "fish.txt", "--resume", "run", "--steps", "119"}), 2,
                "--steps 119 is less than the 120 that the run has had\n", "leave it away, or give more");
}

BOOST_AUTO_TEST_SUITE_END()
