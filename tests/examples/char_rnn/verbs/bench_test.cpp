// char_rnn bench and info: their tables, their JSON, and what they say to bad input.
#include <thread>

#include <xgrad/ops/kernels/products.hpp>

#include "../fixture.hpp"

using child::Result;
using nlohmann::json;
using Arguments = child::Sandbox::Arguments;

namespace {

// A table: what its first column says, in order. The second begins at one place in all rows.
std::vector<std::string> labels(const std::string& table) {
  std::vector<std::string> all;
  std::istringstream lines(table);
  std::size_t second = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t end = line.find("  "), next = line.find_first_not_of(' ', end);
    BOOST_REQUIRE_MESSAGE(end != std::string::npos && next != std::string::npos, line);
    if (second == 0) second = next;
    BOOST_TEST(next == second, line);
    all.push_back(line.substr(0, end));
  }
  return all;
}

// One object on one line, with these members and no others.
json object(const Result& r, const std::vector<std::string>& keys) {
  BOOST_TEST(r.code == 0, r.err);
  BOOST_TEST(r.err == "");
  BOOST_TEST(r.out.find('\n') + 1 == r.out.size(), r.out);
  const auto parsed = nlohmann::ordered_json::parse(r.out);
  std::vector<std::string> found;
  for (const auto& member : parsed.items()) found.push_back(member.key());
  BOOST_TEST(found == keys, boost::test_tools::per_element());
  return parsed;
}

const std::vector<std::string> bench_keys{"symbols",
                                          "model",
                                          "layers",
                                          "hidden",
                                          "weights",
                                          "optimizer",
                                          "seq_len",
                                          "batch",
                                          "shards",
                                          "threads",
                                          "cpu_ms",
                                          "rounds",
                                          "iterations_per_round",
                                          "wall_ms",
                                          "chars_per_s",
                                          "gflop",
                                          "gflop_per_s",
                                          "peak_gflop_per_s",
                                          "share_of_peak",
                                          "tape_values_bytes",
                                          "tape_gradients_bytes",
                                          "tape_nodes_bytes",
                                          "tape_reserved_bytes",
                                          "parameter_bytes",
                                          "parameter_gradient_bytes",
                                          "optimizer_bytes",
                                          "arena_allocations",
                                          "blas_core",
                                          "isa",
                                          "blas_threads",
                                          "hardware_threads"};

// An environment variable of the programs to come.
struct Environment {
  const char* name;
  Environment(const char* n, const char* value) : name(n) { setenv(name, value, 1); }
  ~Environment() { unsetenv(name); }
};

}  // namespace

struct BenchFixture : CharRnnFixture {
  // A tanh layer by Adagrad.
  Result bench(Arguments arguments) const {
    arguments.insert(arguments.begin(), {"bench", "--json", "--model", "rnn", "--layers", "1", "--seq-len", "25",
                                         "--batch", "16", "--optimizer", "adagrad"});
    return run(arguments);
  }
};

BOOST_FIXTURE_TEST_SUITE(char_rnn_bench, BenchFixture)

BOOST_AUTO_TEST_CASE(the_table_has_a_row_for_everything) {
  const Result r = run({"bench", "--seconds", "0.2", "--hidden", "32"});
  BOOST_TEST(r.code == 0, r.err);
  BOOST_TEST(r.err == "");
  const std::vector<std::string> wanted{
      "model",          "iteration",       "ms/iteration, CPU", "ms/iteration, wall",
      "characters/s",   "GFLOP/iteration", "GFLOP/s",           "peak GFLOP/s",
      "share of peak",  "tape, values",    "tape, gradients",   "tape, nodes",
      "tape, reserved", "parameters",      "optimiser",         "arena allocations/iteration",
      "ran on"};
  BOOST_TEST(labels(r.out) == wanted, boost::test_tools::per_element());
  BOOST_TEST(r.out.find("lstm, 65 symbols, 2 x 32 hidden units, 23009 weights, adam\n") != std::string::npos, r.out);
  BOOST_TEST(r.out.find("50 steps of 50 streams in 2 shards on 1 thread\n") != std::string::npos, r.out);
  BOOST_TEST(!child::fs::exists(box / "runs"));
}

BOOST_AUTO_TEST_CASE(json_has_plausible_figures) {
  const json j = object(bench({"--seconds", "0.2", "--hidden", "128"}), bench_keys);
  const double b = 16, t = 25, h = 128, v = 65;
  const double weights = v * h + h * h + h + h * v + v;
  BOOST_TEST(j.at("symbols") == v);
  BOOST_TEST(j.at("hidden") == h);
  BOOST_TEST(j.at("seq_len") == t);
  BOOST_TEST(j.at("batch") == b);
  BOOST_TEST(j.at("weights") == weights);
  BOOST_TEST(j.at("optimizer") == "adagrad");
  BOOST_TEST(j.at("rounds").get<int>() >= 1);
  BOOST_TEST(j.at("iterations_per_round").get<int>() >= 1);
  BOOST_TEST(j.at("arena_allocations") == 0.0);
  BOOST_TEST(j.at("model") == "rnn");
  BOOST_TEST(j.at("layers") == 1);
  BOOST_TEST(j.at("shards") == 2);
  BOOST_TEST(j.at("threads") == 1);
  // 74 products in the recurrence of a step, one for its weights, three of the output layer.
  const double adds = (t + (t - 1)) * b * h * h + t * b * h * h + 3 * (t * b * h * v);
  const auto near = boost::test_tools::tolerance(1e-9);
  BOOST_TEST(j.at("gflop").get<double>() == 2e-9 * adds, near);
  const double cpu = j.at("cpu_ms"), wall = j.at("wall_ms"), rate = j.at("gflop_per_s"),
               peak = j.at("peak_gflop_per_s");
  BOOST_TEST(cpu > 0);
  BOOST_TEST(wall > 0);
  BOOST_TEST(rate > 0);
  BOOST_TEST(rate == 2e-9 * adds / (1e-3 * cpu), near);
  BOOST_TEST(j.at("chars_per_s").get<double>() == b * t / (1e-3 * wall), near);
  BOOST_TEST(j.at("share_of_peak").get<double>() == rate / peak, near);
  BOOST_TEST(j.at("share_of_peak").get<double>() > 0);
  BOOST_TEST(j.at("share_of_peak").get<double>() < 1.5);
}

BOOST_AUTO_TEST_CASE(memory_is_what_the_model_needs) {
  const json j = object(bench({"--seconds", "0.05", "--hidden", "32"}), bench_keys);
  const double weights = 4 * j.at("weights").get<double>();
  for (const char* key : {"parameter_bytes", "parameter_gradient_bytes", "optimizer_bytes"}) {
    BOOST_TEST(j.at(key).get<double>() >= weights);
    BOOST_TEST(j.at(key).get<double>() < weights + 5 * 64);  // each of five parameters is padded to 64 bytes
  }
  const double states = 4.0 * 25 * 16 * 32, logits = 4.0 * 25 * 16 * 65;
  BOOST_TEST(j.at("tape_values_bytes").get<double>() > 2 * states + logits);
  BOOST_TEST(j.at("tape_gradients_bytes").get<double>() > states);
  BOOST_TEST(j.at("tape_nodes_bytes").get<double>() >= 64 * 2 * 25);
  BOOST_TEST(j.at("tape_reserved_bytes").get<double>() >=
             j.at("tape_values_bytes").get<double>() + j.at("tape_gradients_bytes").get<double>());
  const json sgd = object(bench({"--seconds", "0.05", "--optimizer", "sgd"}), bench_keys);
  BOOST_TEST(sgd.at("optimizer") == "sgd");
  BOOST_TEST(sgd.at("optimizer_bytes") == 0);
}

BOOST_AUTO_TEST_CASE(it_takes_a_text_and_the_options_of_train) {
  const json j = object(run({"bench", "fish.txt", "--json", "--seconds", "0.05", "--hidden", "5", "--seq-len", "7",
                             "--batch", "3", "--seed", "4", "--bytes"}),
                        bench_keys);
  BOOST_TEST(j.at("symbols") == 26);
  BOOST_TEST(j.at("hidden") == 5);
  BOOST_TEST(j.at("seq_len") == 7);
  BOOST_TEST(j.at("batch") == 3);
  const json preset = object(run({"bench", "--json", "--seconds", "0.05", "--preset", "notebook"}), bench_keys);
  BOOST_TEST(preset.at("hidden") == 10);
  BOOST_TEST(preset.at("batch") == 1);
  BOOST_TEST(preset.at("optimizer") == "sgd");
}

BOOST_AUTO_TEST_CASE(seconds_limit_how_long_it_measures) {
  const auto rounds = [this](const char* seconds) {
    return object(bench({"--hidden", "16", "--seconds", seconds}), bench_keys).at("rounds").get<int>();
  };
  BOOST_TEST(rounds("1e-9") == 1);
  BOOST_TEST(rounds("1") > 1);
}

BOOST_AUTO_TEST_CASE(a_closed_pipe_and_a_full_disk) {
  for (const Arguments& arguments :
       {Arguments{"bench", "--seconds", "0.01", "--hidden", "8"},
        Arguments{"bench", "--seconds", "0.01", "--hidden", "8", "--json"}, Arguments{"info"}}) {
    const Result r = run_into_closed_pipe(arguments);
    BOOST_TEST(r.code == 0);
    BOOST_TEST(r.err == "");
    const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    const pid_t other = box.start(XGRAD_CHAR_RNN, arguments, full);
    close(full);
    check_failure(box.wait(other), 5, "cannot write to stdout: No space left on device");
  }
}

BOOST_AUTO_TEST_CASE(misuse) {
  check_failure(run({"bench", "none.txt"}), 5, "cannot read text 'none.txt'");
  check_failure(run({"bench", "fish.txt", "more.txt"}), 2, "unexpected argument 'more.txt'", "char_rnn bench --help");
  check_failure(run({"bench", "--steps", "1"}), 2, "unknown option '--steps'", "char_rnn bench --help");
  check_failure(run({"bench", "--seconds", "0"}), 2, "--seconds must be a finite number > 0, got '0'");
  check_failure(run({"bench", "--hidden", "0"}), 2, "--hidden: '0' is not an integer in [1, 65536]");
  check_failure(run({"bench", "--json=1"}), 2, "--json takes no value", "char_rnn bench --help");
  check_failure(run({"bench", "--utf8"}), 2, "--utf8 and --bytes need FILE", "name a text");
  check_failure(run({"bench", "--optimizer", "x"}), 2, "--optimizer: 'x' is not one of sgd, adagrad");
  child::write_file(box / "short.txt", "twelve chars");
  check_failure(run({"bench", "short.txt", "--batch", "1"}), 3, "text 'short.txt' has 12 symbols", "use --seq-len 11");
  if (double(sysconf(_SC_PHYS_PAGES)) * double(sysconf(_SC_PAGESIZE)) < 60e9)
    check_failure(run({"bench", "--hidden", "65536"}), 2, "model needs ", "use a smaller --hidden");
}

BOOST_AUTO_TEST_CASE(help_names_every_option_and_default) {
  const Result r = run({"bench", "--help"});
  BOOST_TEST(r.code == 0);
  for (const char* word : {"FILE",
                           "default: random, of 65 symbols",
                           "--hidden",
                           "default 128",
                           "--seq-len",
                           "default 50",
                           "--batch",
                           "--model",
                           "--optimizer",
                           "default adam",
                           "--seed",
                           "default 1337",
                           "--utf8",
                           "--bytes",
                           "--preset",
                           "--seconds",
                           "default 3)",
                           "--json",
                           "so many multiplications",
                           "512 x 512"})
    BOOST_TEST(r.out.find(word) != std::string::npos, word);
  for (const std::string& key : bench_keys) BOOST_TEST(r.out.find(key) != std::string::npos, key);
  const std::string all = run({"--help"}).out;
  BOOST_TEST(all.find("bench") != std::string::npos);
  BOOST_TEST(all.find("info") != std::string::npos);
  BOOST_TEST(run({"info", "--help"}).out.find("--json") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(char_rnn_info, CharRnnFixture)

const std::vector<std::string> info_keys{"version",   "compiler",       "isa",          "isa_from",        "blas",
                                         "blas_core", "large_products", "blas_threads", "hardware_threads"};

BOOST_AUTO_TEST_CASE(the_table_and_the_object) {
  unsetenv("XGRAD_ARCH");
  const Result r = run({"info"});
  const std::string help = run({"info", "--help"}).out;
  for (const std::string& key : info_keys) BOOST_TEST(help.find(key) != std::string::npos, key);
  BOOST_TEST(r.code == 0);
  BOOST_TEST(r.err == "");
  const std::vector<std::string> wanted{"version",   "compiler",     "kernels",        "BLAS",
                                        "BLAS core", "BLAS threads", "machine threads"};
  BOOST_TEST(labels(r.out) == wanted, boost::test_tools::per_element());
  const json j = object(run({"info", "--json"}), info_keys);
  BOOST_TEST(j.at("version") == XGRAD_VERSION);
  BOOST_TEST(j.at("isa") == xgrad::isa());
  BOOST_TEST(j.at("isa_from") == "processor");
  BOOST_TEST(j.at("blas") == xgrad::blas_config());
  BOOST_TEST(j.at("blas").get<std::string>().starts_with("OpenBLAS "));
  BOOST_TEST(j.at("blas_core") == xgrad::blas_core());
  const bool ours = xgrad::kernels::takes_own_kernel<float>(4096, 4096, 4096);
  BOOST_TEST(j.at("large_products") == (ours ? "own" : "blas"));
  BOOST_TEST((r.out.find(", for no large products: our own kernels do them\n") != std::string::npos) == ours, r.out);
  BOOST_TEST(j.at("blas_threads") == 1);
  BOOST_TEST(j.at("hardware_threads") == std::thread::hardware_concurrency());
  for (const char* key : {"version", "compiler", "isa", "blas", "blas_core"})
    BOOST_TEST(r.out.find(j.at(key).get<std::string>()) != std::string::npos, key);
  BOOST_TEST(r.out.find("the best of this processor") != std::string::npos, r.out);
}

BOOST_AUTO_TEST_CASE(it_says_where_the_instruction_set_came_from) {
  const Environment asked("XGRAD_ARCH", "baseline");
  BOOST_TEST(run({"info"}).out.find("baseline, from XGRAD_ARCH\n") != std::string::npos);
  const json j = object(run({"info", "--json"}), info_keys);
  BOOST_TEST(j.at("isa") == "baseline");
  BOOST_TEST(j.at("isa_from") == "XGRAD_ARCH");
}

BOOST_AUTO_TEST_CASE(an_instruction_set_that_is_none_is_the_users_mistake) {
  const Environment asked("XGRAD_ARCH", "sse9");
  for (const Arguments& arguments : {Arguments{"info"}, Arguments{"bench"}, Arguments{"train", "fish.txt"}})
    check_failure(run(arguments), 2, "[XGRAD_ARCH] \"sse9\" names no instruction set", "baseline, avx2 and avx512");
  BOOST_TEST(run({"--help"}).code == 0);
}

BOOST_AUTO_TEST_CASE(misuse) {
  check_failure(run({"info", "run", "more"}), 2, "unexpected argument 'more'", "char_rnn info --help");
  check_failure(run({"info", "run"}), 5, "cannot read 'run/latest.safetensors'", "name the folder of a run");
  check_failure(run({"info", "--jsn"}), 2, "unknown option '--jsn'; did you mean '--json'?", "char_rnn info --help");
  check_failure(run({"imfo"}), 2, "unknown verb 'imfo'; did you mean 'info'?");
}

BOOST_AUTO_TEST_SUITE_END()
