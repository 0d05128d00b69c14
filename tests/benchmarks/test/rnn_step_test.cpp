// The command line of rnn_step, run as a user does.
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "../../examples/char_rnn/child.hpp"

namespace {

child::Result rnn_step(const std::vector<std::string>& arguments) {
  return child::Sandbox().run(XGRAD_RNN_STEP, arguments);
}

void check_refused(const std::vector<std::string>& arguments, const std::string& what) {
  const child::Result r = rnn_step(arguments);
  BOOST_TEST(r.code == 2);
  BOOST_TEST(r.out == "");
  BOOST_TEST(r.err == "rnn_step: error: " + what + "\nhint: rnn_step --help lists the options\n");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(benchmarks)

BOOST_AUTO_TEST_CASE(rnn_step_json) {
  const child::Result r = rnn_step({"--workload", "W2,W1", "--rounds", "21", "--json"});
  BOOST_TEST(r.code == 0);
  BOOST_TEST(r.err == "");
  std::istringstream lines(r.out);
  for (const char* name : {"W2", "W1"}) {
    std::string line;
    BOOST_REQUIRE(std::getline(lines, line));
    const auto json = nlohmann::json::parse(line);
    BOOST_TEST(json["workload"] == name);
    BOOST_TEST(json["rounds"] == 21);
    BOOST_TEST(json["threads"] == 1);
    BOOST_TEST(json["clock"] == "thread_cpu");
    BOOST_TEST(!json.contains("speedup"));
    BOOST_TEST(json["allocations_per_step"] == 0);
    BOOST_TEST(json["nodes"].get<int>() > 50);
    for (const char* key : {"us_per_step", "us_per_step_hand", "ratio", "chars_per_second"})
      BOOST_TEST(json[key].get<double>() > 0);
    BOOST_TEST(json["spread"].get<double>() >= 0);
    BOOST_TEST(json["blas_core"].get<std::string>() != "");
    BOOST_TEST(json["compiler"].get<std::string>() != "");
    BOOST_TEST(std::abs(json["chars_per_second"].get<double>() * json["us_per_step"].get<double>() / 25e6 - 1) < 1e-9);
  }
  BOOST_TEST(lines.peek() == std::istringstream::traits_type::eof());
}

BOOST_AUTO_TEST_CASE(rnn_step_on_two_threads) {
  const child::Result r = rnn_step({"--workload", "W3", "--threads", "2", "--rounds", "21", "--json"});
  BOOST_TEST(r.code == 0);
  BOOST_TEST(r.err == "");
  const auto json = nlohmann::json::parse(r.out);
  BOOST_TEST(json["workload"] == "W3");
  BOOST_TEST(json["threads"] == 2);
  BOOST_TEST(json["clock"] == "wall");
  BOOST_TEST(json["allocations_per_step"] == 0);
  // Two processors give at most two, but for a machine with more to do; and what is a quotient must be near it.
  for (const char* key : {"speedup", "speedup_hand"}) {
    BOOST_TEST(json[key].get<double>() > 0.1);
    BOOST_TEST(json[key].get<double>() < 10);
  }
  const double quotient = json["speedup"].get<double>() / json["speedup_hand"].get<double>();
  BOOST_TEST(json["speedup_ratio"].get<double>() > quotient / 3);
  BOOST_TEST(json["speedup_ratio"].get<double>() < quotient * 3);
  BOOST_TEST(json["speedup_spread"].get<double>() >= 0);
}

BOOST_AUTO_TEST_CASE(rnn_step_table) {
  const child::Result r = rnn_step({"--workload", "W1", "--rounds", "21"});
  BOOST_TEST(r.code == 0);
  BOOST_TEST(r.err == "");
  BOOST_TEST(r.out.find("W1   tanh RNN V 67 H 10 T 25 B 1") != std::string::npos);
  BOOST_TEST(r.out.find("medians of 21 rounds in turns") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(rnn_step_help) {
  const child::Result r = rnn_step({"--help"});
  BOOST_TEST(r.code == 0);
  BOOST_TEST(r.err == "");
  for (const char* text : {"--workload NAMES", "(default W1,W2,W3,W4,W5)", "--threads N", "(default 1", "--rounds N",
                           "(default 41)", "--json", "W5  2-layer LSTM V 67 H 256 T 50 B 50"})
    BOOST_TEST(r.out.find(text) != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(rnn_step_refuses) {
  check_refused({"--workload", "W9"}, "--workload: 'W9' is not one of W1, W2, W3, W4, W5");
  check_refused({"--workload", "W1,"}, "--workload: '' is not one of W1, W2, W3, W4, W5");
  check_refused({"--workload"}, "--workload needs a value");
  check_refused({"--workload", "--json"}, "--workload needs a value");
  check_refused({"--rounds", "20"}, "--rounds: '20' is not an integer in [21, 100000]");
  check_refused({"--rounds", "many"}, "--rounds: 'many' is not an integer in [21, 100000]");
  check_refused({"--threads", "0"}, "--threads: '0' is not an integer in [1, 64]");
  check_refused({"--threads", "2", "--workload", "W3,W1"}, "--threads: W1 has a batch of 1, too few to split");
  check_refused({"--threads", "65"}, "--threads: '65' is not an integer in [1, 64]");
  check_refused({"--json=1"}, "--json takes no value");
  check_refused({"--jsn"}, "unknown option '--jsn'");
  check_refused({"W1"}, "unexpected argument 'W1'");
}

BOOST_AUTO_TEST_SUITE_END()
