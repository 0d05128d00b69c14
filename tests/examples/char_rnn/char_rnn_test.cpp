// The program as its users meet it: options, folders, files, streams, signals.
#include <chrono>
#include <cmath>
#include <thread>

#include <xgrad/models/files/sha256.hpp>

#include "fixture.hpp"

using namespace std::string_literals;
using child::Result;
namespace fs = std::filesystem;

BOOST_FIXTURE_TEST_SUITE(char_rnn_program, CharRnnFixture)

BOOST_AUTO_TEST_CASE(defaults_are_those_of_the_manual) {
  child::write_file(box / "fish.txt", small_text() + small_text());
  BOOST_REQUIRE_EQUAL(run({"train", "fish.txt", "--steps", "1"}).code, 0);
  const nlohmann::json wanted{{"model", "lstm"},
                              {"layers", "2"},
                              {"hidden", "128"},
                              {"embedding", "0"},
                              {"seq-len", "50"},
                              {"batch", "50"},
                              {"init", "scaled"},
                              {"forget-bias", "1"},
                              {"seed", "1337"},
                              {"dropout", "0"},
                              {"shards", "2"},
                              {"optimizer", "adam"},
                              {"lr", "0.002"},
                              {"momentum", "0"},
                              {"decay", "0.95"},
                              {"beta1", "0.9"},
                              {"beta2", "0.999"},
                              {"weight-decay", "0.01"},
                              {"schedule", "constant"},
                              {"warmup", "0"},
                              {"lr-decay", "0.5"},
                              {"lr-decay-every", "5000"},
                              {"lr-decay-after", "5000"},
                              {"min-lr", "0"},
                              {"clip", "5"},
                              {"clip-norm", "0"},
                              {"split", "1,0"},
                              {"eval-every", "1000"},
                              {"steps", "1"},
                              {"seconds", ""},
                              {"encoding", "auto"}};
  BOOST_TEST(settings("runs/fish") == wanted);
}

BOOST_AUTO_TEST_CASE(every_setting_is_taken) {
  const nlohmann::json wanted{{"model", "gru"},        {"layers", "3"},         {"hidden", "9"},
                              {"embedding", "4"},      {"seq-len", "7"},        {"batch", "3"},
                              {"init", "char-rnn"},    {"forget-bias", "2"},    {"seed", "0"},
                              {"dropout", "0.25"},     {"shards", "3"},         {"optimizer", "adamw"},
                              {"lr", "0.25"},          {"momentum", "0.5"},     {"decay", "0.75"},
                              {"beta1", "0.5"},        {"beta2", "0.75"},       {"weight-decay", "0.125"},
                              {"schedule", "cosine"},  {"warmup", "2"},         {"lr-decay", "0.75"},
                              {"lr-decay-every", "2"}, {"lr-decay-after", "1"}, {"min-lr", "0.125"},
                              {"clip", "1.5"},         {"clip-norm", "2"},      {"split", "0.5,0.25"},
                              {"eval-every", "2"},     {"steps", "3"},          {"seconds", "50"}};
  child::Sandbox::Arguments arguments{"train", "fish.txt",           "--out", "a/b", "--bytes", "--threads",
                                      "2",     "--checkpoint-every", "2"};
  for (const auto& [name, value] : wanted.items()) arguments.insert(arguments.end(), {"--" + name, value});
  const Result r = run(arguments);
  BOOST_REQUIRE_MESSAGE(r.code == 0, r.err);
  nlohmann::json all = wanted;
  all["encoding"] = "bytes";
  BOOST_TEST(settings("a/b") == all);
  BOOST_TEST(weights("a/b").metadata.at("encoding") == "bytes");
}

BOOST_AUTO_TEST_CASE(presets_set_defaults_that_options_override) {
  BOOST_REQUIRE_EQUAL(run({"train", "fish.txt", "--preset", "notebook", "--steps", "1", "--out", "n"}).code, 0);
  auto c = settings("n");
  BOOST_TEST(c.at("model") == "rnn");
  BOOST_TEST(c.at("layers") == "1");
  BOOST_TEST(c.at("hidden") == "10");
  BOOST_TEST(c.at("seq-len") == "25");
  BOOST_TEST(c.at("batch") == "1");
  BOOST_TEST(c.at("optimizer") == "sgd");
  BOOST_TEST(c.at("clip") == "5");
  BOOST_TEST(c.at("init") == "min-char-rnn");
  BOOST_TEST(log("n")[0].at("learning_rate") == 0.001);
  BOOST_REQUIRE_EQUAL(run({"train", "fish.txt", "--hidden", "8", "--steps", "1", "--preset", "min-char-rnn"}).code, 0);
  c = settings("runs/fish");
  BOOST_TEST(c.at("hidden") == "8");  // given before the preset, and yet stronger
  BOOST_REQUIRE_EQUAL(run({"train", "fish.txt", "--steps", "1", "--preset", "min-char-rnn"}).code, 0);
  c = settings("runs/fish-2");
  BOOST_TEST(c.at("hidden") == "100");
  BOOST_TEST(c.at("batch") == "1");
  BOOST_TEST(c.at("optimizer") == "adagrad");
  BOOST_TEST(log("runs/fish-2")[0].at("learning_rate") == 0.1);
}

BOOST_AUTO_TEST_CASE(preset_draws_the_weights_of_numpy) {
  BOOST_REQUIRE_EQUAL(
      run({"train", "fish.txt", "--preset", "notebook", "--steps", "1", "--lr", "1e-30", "--out", "n"}).code, 0);
  const auto w = weights("n").find("rnn.weight_ih_l0")->values<float>();
  BOOST_TEST(w[0] == -0.70318731e-2f, boost::test_tools::tolerance(1e-6f));  // RandomState(1337).randn() * 0.01
  BOOST_TEST(w[1] == -0.49028236e-2f, boost::test_tools::tolerance(1e-6f));
}

BOOST_AUTO_TEST_CASE(a_file_of_settings_comes_after_the_command_line) {
  child::write_file(box / "run.toml", "# a small one\nhidden = 9\nmodel = \"gru\"\nlr = 0.25\nbytes = true\n");
  const Result r = run({"train", "fish.txt", "--config", "run.toml", "--steps", "1", "--batch", "3", "--lr", "0.5"});
  BOOST_REQUIRE_MESSAGE(r.code == 0, r.err);
  const auto c = settings("runs/fish");
  BOOST_TEST(c.at("hidden") == "9");
  BOOST_TEST(c.at("model") == "gru");
  BOOST_TEST(c.at("lr") == "0.5");
  BOOST_TEST(c.at("encoding") == "bytes");
  BOOST_REQUIRE_EQUAL(run({"train", "fish.txt", "--config", "run.toml", "--steps", "1", "--batch", "3", "--utf8"}).code,
                      0);
  BOOST_TEST(settings("runs/fish-2").at("encoding") == "utf8");
}

BOOST_AUTO_TEST_CASE(the_settings_of_a_run_are_a_file_that_repeats_it) {
  const Result r =
      run({"train",   "fish.txt",  "--out", "a",    "--model", "gru",       "--hidden", "9",       "--batch",
           "4",       "--seq-len", "10",    "--lr", "0.0125",  "--dropout", "0.1",      "--split", "0.8,0.1,streams",
           "--bytes", "--steps",   "7"});
  BOOST_REQUIRE_MESSAGE(r.code == 0, r.err);
  const std::string file = child::read_file(box / "a/settings.toml");
  for (const char* line : {"model = \"gru\"\n", "hidden = 9\n", "lr = 0.0125\n", "split = \"0.8,0.1,streams\"\n",
                           "steps = 7\n", "bytes = true\n"})
    BOOST_TEST(file.find(line) != std::string::npos, file << " lacks " << line);
  BOOST_TEST(file.find("seconds") == std::string::npos);         // what has no value has no line
  BOOST_TEST(file.find("decay = 0.95\n") != std::string::npos);  // and defaults have theirs
  // bench and gradcheck leave what is nothing to them.
  BOOST_TEST(run({"bench", "fish.txt", "--config", "a/settings.toml", "--seconds", "0.01"}).code == 0);
  BOOST_TEST(run({"gradcheck", "fish.txt", "--config", "a/settings.toml"}).code == 0);
  BOOST_REQUIRE_EQUAL(run({"train", "fish.txt", "--config", "a/settings.toml", "--out", "b"}).code, 0);
  for (const char* name : {"settings.toml", "latest.safetensors"})
    BOOST_TEST((child::read_file(box / "a" / name) == child::read_file(box / "b" / name)), name << " differs");
  // A run that goes on with more steps says so.
  BOOST_REQUIRE_EQUAL(run({"train", "fish.txt", "--resume", "b", "--steps", "9"}).code, 0);
  BOOST_TEST(child::read_file(box / "b/settings.toml").find("steps = 9\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(run_folders_are_named_after_the_text) {
  for (const char* folder : {"runs/fish", "runs/fish-2", "runs/fish-3"}) {
    BOOST_REQUIRE_EQUAL(train({"--steps", "1"}).code, 0);
    BOOST_TEST(fs::exists(box / folder / "latest.safetensors"), folder);
    BOOST_TEST(fs::exists(box / folder / "log.jsonl"), folder);
  }
}

BOOST_AUTO_TEST_CASE(log_has_the_keys_and_the_last_step) {
  BOOST_REQUIRE_EQUAL(train({"--steps", "250", "--out", "run"}).code, 0);
  std::vector<int> steps;
  for (const auto& line : log("run")) {
    BOOST_TEST(line.size() == 10u);
    steps.push_back(line.at("step"));
    for (const char* key :
         {"loss", "smooth_loss", "learning_rate", "gradient_norm", "parameter_norm", "clipped", "seconds"})
      BOOST_TEST(line.at(key).is_number(), key);
    BOOST_TEST(line.at("chars_per_s").get<double>() > 0);
  }
  BOOST_TEST((steps == std::vector{1, 100, 200, 250}));
  double squares = 0;
  for (const auto& tensor : weights("run").tensors)
    if (tensor.name.rfind("rnn.", 0) == 0 || tensor.name.rfind("head.", 0) == 0)
      for (const float w : tensor.values<float>()) squares += double{w} * w;
  BOOST_TEST(log("run").back().at("parameter_norm").get<double>() == std::sqrt(squares),
             boost::test_tools::tolerance(1e-12));
  const auto start = log("run", "start").at(0);
  BOOST_TEST(start.at("text") == "fish.txt");
  BOOST_TEST(start.at("bytes") == 2040);
  BOOST_TEST(start.at("symbols") == 2040);
  BOOST_TEST(start.at("vocabulary") == 26);
  BOOST_TEST(start.at("parameters") == 514);
  BOOST_TEST(start.at("settings").at("hidden") == "8");
  BOOST_TEST(start.at("settings").at("lr") == "0.1");  // of adagrad, where none was asked for
  BOOST_TEST(log("run", "end").at(0).at("reason") == "finished");
}

BOOST_AUTO_TEST_CASE(losses_are_nats_per_character_and_smoothed_from_ln_v) {
  BOOST_REQUIRE_EQUAL(run({"train", "fish.txt", "--steps", "2", "--preset", "min-char-rnn", "--out", "run"}).code, 0);
  const double ln_v = std::log(double(weights("run").find("vocab")->shape[0]));
  const auto lines = log("run");
  BOOST_REQUIRE_EQUAL(lines.size(), 2u);
  const double first = lines[0].at("loss"), second = lines[1].at("loss");
  BOOST_TEST(first == ln_v, boost::test_tools::tolerance(1e-3));  // weights of 0.01 know nothing yet
  const double smooth = 0.999 * ln_v + 0.001 * first;
  BOOST_TEST(lines[0].at("smooth_loss").get<double>() == smooth, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(lines[1].at("smooth_loss").get<double>() == 0.999 * smooth + 0.001 * second,
             boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(it_learns) {
  BOOST_REQUIRE_EQUAL(train({"--hidden", "32", "--batch", "4", "--steps", "600", "--out", "run"}).code, 0);
  BOOST_TEST(log("run").back().at("loss").get<double>() < 1.0);  // from 3.2
}

BOOST_AUTO_TEST_CASE(weights_have_the_names_and_shapes_of_pytorch) {
  make_run();
  const auto file = weights("run");
  const std::uint64_t v = file.find("vocab")->shape[0], h = 8;
  const std::vector<std::pair<std::string, std::vector<std::uint64_t>>> wanted{
      {"rnn.weight_ih_l0", {h, v}}, {"rnn.weight_hh_l0", {h, h}}, {"rnn.bias_ih_l0", {h}},
      {"rnn.bias_hh_l0", {h}},      {"head.weight", {v, h}},      {"head.bias", {v}}};
  BOOST_TEST(file.tensors.size() == wanted.size() + 8);  // and what training goes on with
  for (const auto& [name, shape] : wanted) {
    const xgrad::Tensor* t = file.find(name);
    BOOST_REQUIRE_MESSAGE(t, name);
    BOOST_TEST((t->shape == shape), name);
    BOOST_TEST((t->dtype == xgrad::Dtype::f32), name);
  }
  std::string symbols;
  for (const std::uint32_t s : file.find("vocab")->values<std::uint32_t>()) symbols += static_cast<char>(s);
  BOOST_TEST(symbols == "\n ,.;?HOabdefghilmnorstuwy");
}

BOOST_AUTO_TEST_CASE(a_checkpoint_holds_all_that_training_needs) {
  make_run();
  const auto file = weights("run");
  const auto& m = file.metadata;
  const std::string text = small_text();
  BOOST_TEST(m.size() == 14u);
  BOOST_TEST(m.at("format") == "pt");
  BOOST_TEST(m.at("version") == "2");
  BOOST_TEST(m.at("model") == "rnn");
  BOOST_TEST(m.at("encoding") == "utf8");
  BOOST_TEST(m.at("text_sha256") == xgrad::sha256(std::as_bytes(std::span(std::string_view(text)))));
  BOOST_TEST(m.at("step") == "120");
  BOOST_TEST(m.at("total") == "120");
  BOOST_TEST(m.at("window") == "0");  // 5 windows a pass
  BOOST_TEST(m.at("finished") == "true");
  BOOST_TEST((file.find("state")->shape == std::vector<std::uint64_t>{16, 8}));
  BOOST_TEST((file.find("rng")->shape == std::vector<std::uint64_t>{2, xgrad::Rng::state_words}));
  BOOST_TEST(file.find("optimizer.sum_of_squares") != nullptr);
  BOOST_TEST((file.find("history.step")->values<std::int64_t>() == std::vector<std::int64_t>{1, 100, 120}));
  BOOST_TEST(file.find("history.smooth_loss")->values<double>()[2] ==
             log("run").back().at("smooth_loss").get<double>());
  BOOST_TEST(file.sha256.size() == 64u);
}

BOOST_AUTO_TEST_CASE(same_command_writes_the_same_bytes) {
  BOOST_REQUIRE_EQUAL(train({"--steps", "50", "--out", "a"}).code, 0);
  BOOST_REQUIRE_EQUAL(train({"--steps", "50", "--out", "b"}).code, 0);
  const std::string a = child::read_file(box / "a/latest.safetensors");
  BOOST_TEST(a.size() > 0u);
  BOOST_TEST((a == child::read_file(box / "b/latest.safetensors")));
}

BOOST_AUTO_TEST_CASE(sample_writes_the_text_alone_and_the_same_for_a_seed) {
  make_run();
  const Result a = run({"sample", "run", "--length", "300"}), b = run({"sample", "run", "--length", "300"});
  BOOST_TEST(a.code == 0);
  BOOST_TEST(a.out.size() == 300u);
  BOOST_TEST(a.err == "");
  BOOST_TEST(a.out == b.out);
  BOOST_TEST(run({"sample", "run", "--length", "300", "--seed", "2"}).out != a.out);
  BOOST_TEST(run({"sample", "run"}).out.substr(0, 300) == a.out);  // a longer text begins alike
}

BOOST_AUTO_TEST_CASE(sample_continues_the_prime_text_at_a_temperature) {
  make_run();
  const Result r = run({"sample", "run/", "--prime", "two fish", "--length", "20"});
  BOOST_TEST(r.code == 0);
  BOOST_TEST(r.out.size() == 28u);
  BOOST_TEST(r.out.rfind("two fish", 0) == 0u);
  const auto at = [&](const char* x, const char* seed) {
    return run({"sample", "run", "--temperature", x, "--seed", seed, "--length", "40"}).out;
  };
  BOOST_TEST(at("1e-30", "1") == at("1e-30", "2"));  // the likeliest symbol, always
  BOOST_TEST(at("1e30", "1") != at("1e30", "2"));
}

BOOST_AUTO_TEST_CASE(a_signal_finishes_the_step_and_saves) {
  for (const auto& [signal, code] : {std::pair{SIGINT, 130}, std::pair{SIGTERM, 143}}) {
    const std::string folder = "run-" + std::to_string(signal);
    const pid_t pid =
        box.start(XGRAD_CHAR_RNN, {"train", "fish.txt", "--preset", "notebook", "--seconds", "90", "--out", folder});
    for (int i = 0; i < 1000 && !fs::exists(box / folder / "log.jsonl"); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    kill(pid, signal);
    const Result r = box.wait(pid);
    BOOST_TEST(r.code == code);
    const std::string reason = signal == SIGINT ? "interrupted" : "terminated";
    BOOST_TEST(r.err.find("char_rnn: " + reason + " after step") != std::string::npos, r.err);
    BOOST_TEST(r.err.find("\nhint: char_rnn train 'fish.txt' --resume '" + folder + "' goes on\n") != std::string::npos,
               r.err);
    BOOST_TEST(log(folder, "end").at(0).at("reason") == reason);
    const std::string step = weights(folder).metadata.at("step");
    BOOST_TEST(std::to_string(log(folder).back().at("step").get<int>()) == step);  // the last step is in the log
    BOOST_TEST(r.err.find("after step " + step + ";") != std::string::npos);
    BOOST_TEST(run({"sample", folder, "--length", "10"}).out.size() == 10u);
    BOOST_TEST(weights(folder).metadata.at("finished") == "false");
  }
}

BOOST_AUTO_TEST_CASE(help_names_the_verbs_and_exit_codes) {
  const Result r = run({"--help"});
  BOOST_TEST(r.code == 0);
  BOOST_TEST(r.err == "");
  for (const char* word : {"\n  train ", "\n  sample ", "\n  eval ", "\n  gradcheck ", "\n  bench ", "\n  report ",
                           "\n  visualize ", "\n  info ", "130 interrupted", "143 terminated",
                           "\nchar_rnn VERB --help lists the options of a verb, with their defaults.\n"})
    BOOST_TEST(r.out.find(word) != std::string::npos, word << " is not in " << r.out);
  BOOST_TEST(run({"sample", "-h"}).out == run({"sample", "--help"}).out);
}

// Each entry of a verb's help begins with a name in the third column.
BOOST_AUTO_TEST_CASE(help_names_every_option_and_default_in_80_columns) {
  const std::vector<std::pair<const char*, std::string>> verbs{
      {"train",
       "--help --steps --seconds --split --eval-every --out --resume --init-from --checkpoint-every --log-every "
       "--threads --utf8 "
       "--bytes --preset --config --model --layers --hidden --embedding --seq-len --batch --init --forget-bias --seed "
       "--dropout --shards --optimizer --lr --momentum --decay --beta1 --beta2 --weight-decay --schedule --warmup "
       "--lr-decay --lr-decay-every --lr-decay-after --min-lr --clip --clip-norm "},
      {"sample", "--help --length --count --temperature --top-k --argmax --prime --prime-file --seed "},
      {"eval", "--help --part --streams --surprise --json "},
      {"gradcheck",
       "--help --utf8 --bytes --preset --config --model --layers --hidden --embedding --seq-len --batch --init "
       "--forget-bias --seed "},
      {"bench",
       "--help --threads --utf8 --bytes --preset --config --seconds --json --model --layers --hidden --embedding "
       "--seq-len --batch --init --forget-bias --seed --dropout --shards --optimizer --lr --momentum --decay --beta1 "
       "--beta2 --weight-decay --schedule --warmup --lr-decay --lr-decay-every --lr-decay-after --min-lr --clip "
       "--clip-norm "},
      {"info", "--help --json "},
      {"report", "--help --out "},
      {"visualize", "--help --out --length "}};
  for (const auto& [verb, wanted] : verbs) {
    std::istringstream lines(run({verb, "--help"}).out);
    std::string names, entry;
    const auto check = [&] {  // what has a value has a default
      if (entry.rfind("  --", 0) != 0) return;
      BOOST_TEST((entry[entry.find_first_of(" ", 2) + 1] == ' ' || entry.find("(default") != std::string::npos), entry);
    };
    for (std::string line; std::getline(lines, line);) {
      BOOST_TEST(line.size() < 80u, line);
      if (line.rfind("  --", 0) == 0) names += line.substr(2, line.find(' ', 2) - 1);
      if (line.rfind("     ", 0) == 0) entry += "\n" + line;
      else check(), entry = line;
    }
    check();
    BOOST_TEST(names == wanted);
  }
}

BOOST_AUTO_TEST_SUITE_END()
