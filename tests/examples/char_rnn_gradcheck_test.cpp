// char_rnn gradcheck, as its users meet it.
#include "char_rnn_fixture.hpp"

using child::Result;

BOOST_FIXTURE_TEST_SUITE(char_rnn_gradcheck, CharRnnFixture)

namespace {

// The header, the titles, and a line that agrees for each of three ways.
void check_table(const Result& r, const std::string& header) {
  BOOST_TEST(r.code == 0, r.err);
  BOOST_TEST(r.err.find("error") == std::string::npos, r.err);
  std::istringstream lines(r.out);
  std::string line;
  std::getline(lines, line);
  BOOST_TEST(line == header);
  std::getline(lines, line);
  BOOST_TEST(line.starts_with("the tape and   compared"));
  for (const char* start :
       {"BPTT by hand   every component          agree", "forward mode   21 directions            agree",
        "complex step   21 directions            agree"}) {
    std::getline(lines, line);
    BOOST_TEST(line.starts_with(start), line);
    BOOST_TEST(line.find(" ulp") != std::string::npos, line);
  }
  BOOST_TEST(!std::getline(lines, line), line);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_model_as_training_begins) {
  check_table(run({"gradcheck", "fish.txt"}),
              "tanh RNN, 26 symbols, 128 hidden units, 23194 weights, as training begins; 25 steps of 16 streams");
}

BOOST_AUTO_TEST_CASE(model_options_are_taken_and_a_window_is_never_trivial) {
  check_table(run({"gradcheck", "fish.txt", "--hidden", "5", "--seq-len", "1", "--batch", "1", "--seed", "3"}),
              "tanh RNN, 26 symbols, 5 hidden units, 316 weights, as training begins; 3 steps of 2 streams");
  check_table(run({"gradcheck", "fish.txt", "--preset", "notebook"}),
              "tanh RNN, 26 symbols, 10 hidden units, 656 weights, as training begins; 25 steps of 2 streams");
}

BOOST_AUTO_TEST_CASE(a_saved_run_on_its_text) {
  make_run();
  const std::string before = child::read_file(box / "run" / "latest.safetensors");
  check_table(run({"gradcheck", "run", "fish.txt"}),
              "tanh RNN, 26 symbols, 8 hidden units, 514 weights, those of the run; 25 steps of 16 streams");
  BOOST_TEST((child::read_file(box / "run" / "latest.safetensors") == before));
}

BOOST_AUTO_TEST_CASE(misuse) {
  check_failure(run({"gradcheck"}), 2, "gradcheck: FILE is missing", "char_rnn gradcheck FILE");
  check_failure(run({"gradcheck", "none.txt"}), 5, "cannot read text 'none.txt'");
  check_failure(run({"gradcheck", "none", "fish.txt"}), 5, "");
  check_failure(run({"gradcheck", "fish.txt", "--lr", "1"}), 2, "unknown option '--lr'", "");
  check_failure(run({"gradcheck", "a", "b", "c"}), 2, "unexpected argument 'c'", "");
  make_run();
  check_failure(run({"gradcheck", "run", "fish.txt", "--hidden", "9"}), 2, "--hidden is the run's own",
                "leave it away, or the folder");
  check_failure(run({"gradcheck", "run", "fish.txt", "--bytes"}), 2, "--bytes is the run's own",
                "leave it away, or the folder");
  child::write_file(box / "other.txt", small_text() + "Zebra!");
  check_failure(run({"gradcheck", "run", "other.txt"}), 3,
                "text 'other.txt': symbol U+005A at byte 2040 is not in the vocabulary",
                "name the text that the run learned from");
}

BOOST_AUTO_TEST_SUITE_END()
