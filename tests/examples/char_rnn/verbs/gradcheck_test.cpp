// char_rnn gradcheck, as its users meet it.
#include "../fixture.hpp"

using child::Result;
using Arguments = child::Sandbox::Arguments;

BOOST_FIXTURE_TEST_SUITE(char_rnn_gradcheck, CharRnnFixture)

namespace {

// The header, the titles, and a line that agrees for each of three ways.
void check_table(const Result& r, const std::string& header, bool by_hand = true) {
  BOOST_TEST(r.code == 0, r.err);
  BOOST_TEST(r.err.find("error") == std::string::npos, r.err);
  std::istringstream lines(r.out);
  std::string line;
  std::getline(lines, line);
  BOOST_TEST(line == header);
  std::getline(lines, line);
  BOOST_TEST(line.starts_with("the tape and   compared"));
  for (const char* start :
       {by_hand ? "BPTT by hand   every component          agree"
                : "BPTT by hand   derived for one layer over one-hot characters alone",
        "forward mode   21 directions            agree", "complex step   21 directions            agree"}) {
    std::getline(lines, line);
    BOOST_TEST(line.starts_with(start), line);
    BOOST_TEST((line.find(" ulp") != std::string::npos || line.ends_with(" alone")), line);
  }
  BOOST_TEST(!std::getline(lines, line), line);
}

}  // namespace

BOOST_AUTO_TEST_CASE(models_as_training_begins) {
  const Arguments sizes{"--layers", "1", "--hidden", "12", "--seq-len", "9", "--batch", "4"};
  for (const auto& [kind, weights] : {std::pair{"rnn", "806"}, {"lstm", "2210"}, {"gru", "1778"}}) {
    Arguments arguments{"gradcheck", "fish.txt", "--model", kind};
    arguments.insert(arguments.end(), sizes.begin(), sizes.end());
    check_table(run(arguments), std::string(kind) + ", 26 symbols, 1 x 12 hidden units, " + weights +
                                    " weights, as training begins; 9 steps of 4 streams");
  }
}

BOOST_AUTO_TEST_CASE(stacks_and_embeddings_have_three_ways) {
  child::write_file(box / "fish.txt", small_text() + small_text());
  check_table(
      run({"gradcheck", "fish.txt", "--hidden", "12", "--embedding", "5"}),
      "lstm, 26 symbols, 2 x 12 hidden units, embedding 5, 2532 weights, as training begins; 50 steps of 50 streams",
      false);
}

BOOST_AUTO_TEST_CASE(model_options_are_taken_and_a_window_is_never_trivial) {
  check_table(run({"gradcheck", "fish.txt", "--model", "rnn", "--layers", "1", "--hidden", "5", "--seq-len", "1",
                   "--batch", "1", "--seed", "3"}),
              "rnn, 26 symbols, 1 x 5 hidden units, 316 weights, as training begins; 3 steps of 2 streams");
  check_table(run({"gradcheck", "fish.txt", "--preset", "notebook"}),
              "rnn, 26 symbols, 1 x 10 hidden units, 656 weights, as training begins; 25 steps of 2 streams");
}

BOOST_AUTO_TEST_CASE(a_saved_run_on_its_text) {
  make_run();
  const std::string before = child::read_file(box / "run" / "latest.safetensors");
  check_table(run({"gradcheck", "run", "fish.txt", "--seq-len", "25", "--batch", "16"}),
              "rnn, 26 symbols, 1 x 8 hidden units, 514 weights, those of the run; 25 steps of 16 streams");
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
  for (const auto& [start, value] : {std::pair{"--init", "pytorch"}, std::pair{"--forget-bias", "3"}})
    check_failure(run({"gradcheck", "run", "fish.txt", start, value}), 2, std::string(start) + " is the run's own",
                  "leave it away, or the folder");
  check_failure(run({"gradcheck", "run", "fish.txt", "--bytes"}), 2, "--bytes is the run's own",
                "leave it away, or the folder");
  child::write_file(box / "other.txt", small_text() + "Zebra!");
  check_failure(run({"gradcheck", "run", "other.txt"}), 3,
                "text 'other.txt': symbol U+005A at byte 2040 is not in the vocabulary",
                "name a text in the symbols of the run");
}

BOOST_AUTO_TEST_SUITE_END()
