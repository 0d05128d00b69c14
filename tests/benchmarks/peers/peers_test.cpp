// The peers do what the tape does, and the program that times them refuses where one does not.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <csignal>
#include <nlohmann/json.hpp>

#include "../../examples/char_rnn/child.hpp"
#include "sides.hpp"

using namespace bench;

namespace {

// One stream has fewer ids than characters, several have more: their biases go to different rows.
constexpr std::array<Workload, 4> small{
    {{"", 9, 6, 3, 0, 11}, {"", 9, 6, 1, 0, 11}, {"", 9, 6, 3, 2, 11}, {"", 9, 6, 1, 3, 11}}};
constexpr std::array<NumpyType, 2> types{NumpyType::float32, NumpyType::float64};
constexpr std::array<TorchModel, 2> models{TorchModel::ops, TorchModel::modules};

void check_agreement(const Workload& w, Side& peer, int steps = 3) {
  BOOST_TEST_CONTEXT(w.str()) {
    BOOST_TEST(disagreement(*make_tape_side(w), peer, steps, "the peer").value_or("") == "");
  }
}

void check_loss(const Workload& w, Side& peer) {
  const float loss = make_tape_side(w)->step();
  BOOST_TEST(std::abs(peer.step() - loss) <= 1e-5f * loss, w.str());
}

float largest_of_first_step(Side& side) {
  side.step();
  float m = 0;
  for (const float g : side.gradients()) m = std::max(m, std::abs(g));
  return m;
}

child::Result run_peers(const std::vector<std::string>& arguments) {
  return child::Sandbox().run(XGRAD_PEERS, arguments);
}

// `peers` on W1, with what Python finds as numpy: this text.
child::Result peers_with_numpy(const std::string& text) {
  const child::Sandbox folder;
  child::write_file(folder / "numpy.py", text);
  setenv("PYTHONPATH", (folder / "").c_str(), 1);
  const child::Result r = folder.run(XGRAD_PEERS, {"--workload", "W1", "--rounds", "21", "--json"});
  unsetenv("PYTHONPATH");
  return r;
}

void check_refused(const std::vector<std::string>& arguments, const std::string& what) {
  const child::Result r = run_peers(arguments);
  BOOST_TEST(r.code == 2);
  BOOST_TEST(r.out == "");
  BOOST_TEST(r.err == "peers: error: " + what + "\nhint: peers --help lists the options\n");
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(peers)

BOOST_AUTO_TEST_CASE(libtorch_agrees_with_the_tape) {
  for (const TorchModel model : models) {
    for (const Workload& w : small) check_agreement(w, *make_torch_side(w, model));
    for (const Workload& w : small) check_loss(w, *make_torch_side(w, model));
    for (const std::size_t i : {0, 1, 2}) check_agreement(workloads[i], *make_torch_side(workloads[i], model));
  }
}

BOOST_AUTO_TEST_CASE(numpy_agrees_with_the_tape) {
  for (const NumpyType type : types) {
    for (const Workload& w : small) check_agreement(w, *make_numpy_side(w, type));
    for (const Workload& w : small) check_loss(w, *make_numpy_side(w, type));
    for (const std::size_t i : {0, 1, 2}) check_agreement(workloads[i], *make_numpy_side(workloads[i], type));
  }
}

BOOST_AUTO_TEST_CASE(numpy_has_two_types) {
  const auto single = make_numpy_side(small[0], NumpyType::float32),
             twice = make_numpy_side(small[0], NumpyType::float64);
  single->step(), twice->step();
  const auto a = single->gradients(), b = twice->gradients();
  BOOST_TEST(!std::equal(a.begin(), a.end(), b.begin(), b.end()));
}

BOOST_AUTO_TEST_CASE(timed_steps_are_steps) {
  const auto timed = make_numpy_side(small[0], NumpyType::float32),
             one_by_one = make_numpy_side(small[0], NumpyType::float32);
  BOOST_TEST(timed->timed_steps(3) > 0);
  for (int i = 0; i < 3; ++i) one_by_one->step();
  const auto a = timed->weights(), b = one_by_one->weights();
  BOOST_TEST(std::equal(a.begin(), a.end(), b.begin(), b.end()));
}

// What `disagreement` does not see, since gradients may be clipped or not.
BOOST_AUTO_TEST_CASE(peers_clip) {
  const Workload steep{"", 9, 400, 1, 0, 3};
  BOOST_REQUIRE(largest_of_first_step(*make_tape_side(steep)) > 5);
  for (const TorchModel model : models) BOOST_TEST(largest_of_first_step(*make_torch_side(steep, model)) == 5);
  for (const NumpyType type : types) BOOST_TEST(largest_of_first_step(*make_numpy_side(steep, type)) == 5);
}

BOOST_AUTO_TEST_CASE(a_peer_ahead_of_the_tape_is_found) {
  for (const Workload& w : small) {
    const auto numpy = make_numpy_side(w, NumpyType::float64);
    numpy->step();
    const std::string what = disagreement(*make_tape_side(w), *numpy, 3, "numpy").value_or("");
    BOOST_TEST(what.find("gradient of the first step: element ") == 0);
    BOOST_TEST(what.find(" by numpy, and the largest is ") != std::string::npos);
  }
  BOOST_TEST(disagreement(*make_tape_side(small[0]), *make_torch_side(small[2], TorchModel::ops), 3, "libtorch")
                 .value_or("")
                 .find("by libtorch") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_process_that_ended_is_told) {
  std::signal(SIGPIPE, SIG_IGN);
  const auto numpy = make_numpy_side(small[0], NumpyType::float32);
  const auto what = [](const std::runtime_error& e) {
    return std::string(e.what()) == "numpy_step.py ended without an answer; if it gave a reason, it is above";
  };
  BOOST_CHECK_EXCEPTION(numpy->timed_steps(0), std::runtime_error, what);  // divides by zero
  BOOST_CHECK_EXCEPTION(numpy->step(), std::runtime_error, what);
  std::signal(SIGPIPE, SIG_DFL);
}

BOOST_AUTO_TEST_CASE(program_json) {
  const child::Result r = run_peers({"--workload", "W1", "--rounds", "21", "--json"});
  BOOST_TEST(r.code == 0);
  BOOST_TEST(r.err == "");
  const auto json = nlohmann::json::parse(r.out);
  BOOST_TEST(json["workload"] == "W1");
  BOOST_TEST(json["rounds"] == 21);
  BOOST_TEST(json["torch_isa"].get<std::string>() != "unknown");
  BOOST_TEST(json["ratio"].size() == 6u);
  BOOST_TEST(json["ratio"]["hand"] == 1.0);
  for (const char* name : {"hand", "tape", "libtorch ops", "libtorch modules", "numpy float32", "numpy float64"}) {
    BOOST_TEST(json["us_per_step"][name].get<double>() > 0);
    BOOST_TEST(json["spread"][name].get<double>() >= 0);
    // Of times that are medians, so not exactly; and a machine may have more to do.
    const double quotient = json["us_per_step"][name].get<double>() / json["us_per_step"]["hand"].get<double>();
    BOOST_TEST(json["ratio"][name].get<double>() > quotient / 3);
    BOOST_TEST(json["ratio"][name].get<double>() < quotient * 3);
  }
}

BOOST_AUTO_TEST_CASE(program_help) {
  const child::Result r = run_peers({"--help"});
  BOOST_TEST(r.code == 0);
  BOOST_TEST(r.err == "");
  BOOST_TEST(r.out.find("--rounds N") != std::string::npos);
  BOOST_TEST(r.out.find("--threads") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(program_refuses) {
  check_refused({"--workload", "W9"}, "--workload: 'W9' is not one of W1, W2, W3, W4, W5");
  check_refused({"--workload", "--json"}, "--workload needs a value");
  check_refused({"--rounds", "20"}, "--rounds: '20' is not an integer in [21, 100000]");
  check_refused({"--threads", "2"}, "unknown option '--threads'");
}

BOOST_AUTO_TEST_CASE(program_without_numpy) {
  const child::Result r = peers_with_numpy("raise ImportError('there is none')\n");
  BOOST_TEST(r.code == 1);
  BOOST_TEST(r.out == "");
  BOOST_TEST(r.err.find("ImportError: there is none\n") != std::string::npos);
  BOOST_TEST(ends_with(r.err,
                       "peers: error: numpy_step.py ended without an answer; if it gave a reason, it is above\n"
                       "hint: this is a bug of peers or of the library\n"));
}

BOOST_AUTO_TEST_CASE(program_prints_no_figures_of_a_wrong_peer) {
  const child::Result r = peers_with_numpy(
      "import os, sys\n"
      "sys.path.remove(os.path.dirname(__file__))\n"
      "del sys.modules['numpy']\n"
      "import numpy\n"
      "right = numpy.tanh\n"
      "numpy.tanh = lambda x, out: numpy.multiply(right(x), 1.001, out=out)\n");
  BOOST_TEST(r.code == 1);
  BOOST_TEST(r.out == "");
  BOOST_TEST(r.err.find("peers: error: W1: gradient of the first step: element ") == 0);
  BOOST_TEST(r.err.find(" by numpy float32, and the largest is ") != std::string::npos);
  BOOST_TEST(ends_with(r.err, "\nhint: all sides must agree before they are timed; one of them is wrong\n"));
}

BOOST_AUTO_TEST_SUITE_END()
