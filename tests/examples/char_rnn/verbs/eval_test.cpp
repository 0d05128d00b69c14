// How well a run predicts a text, or a part of its own.
#include <cmath>

#include "../../../script.hpp"
#include "../fixture.hpp"

using child::read_file;
using child::Result;
using child::write_file;
using Arguments = child::Sandbox::Arguments;
namespace fs = std::filesystem;

namespace {

// What a run of a tanh layer makes of a text, step by step in double.
double nats_by_steps(const xgrad::SafeTensors& file, const std::string& text) {
  using namespace xgrad;
  const Vocabulary vocabulary(file.find("vocab")->values<std::uint32_t>(), Encoding::utf8);
  ParamStore<float> narrow_store;
  const CharRnn<float> narrow(narrow_store, {.vocabulary = vocabulary.size(), .hidden = 8});
  load_weights(file, narrow);
  ParamStore<double> store;
  const CharRnn<double> model(store, {.vocabulary = vocabulary.size(), .hidden = 8});
  const auto from = named_parameters(narrow);
  const auto to = named_parameters(model);
  for (std::size_t i = 0; i < from.size(); ++i)
    std::copy_n(from[i].parameter.data(), from[i].parameter.size(), to[i].parameter.mutable_value().begin());
  const std::vector<Index> ids = vocabulary.encode(text);
  Array<double> state = model.initial_state(1);
  double nats = 0;
  for (std::size_t i = 0; i + 1 < ids.size(); ++i) {
    Tape<double> tape;
    const auto [logits, next] = model.step({&ids[i], 1}, constant(state));
    nats -= log_softmax(logits).data()[ids[i + 1]];
    state = next.value();
  }
  return nats / double(ids.size() - 1);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(char_rnn_eval, CharRnnFixture)

BOOST_AUTO_TEST_CASE(eval_scores_every_character_once) {
  make_run();
  const auto one = eval({});
  const double nats = one.at("nats");
  BOOST_TEST(nats == nats_by_steps(weights("run"), small_text()), boost::test_tools::tolerance(1e-5));
  BOOST_TEST(one.at("bits_per_char").get<double>() == nats / std::log(2.0), boost::test_tools::tolerance(1e-12));
  BOOST_TEST(one.at("perplexity").get<double>() == std::exp(nats), boost::test_tools::tolerance(1e-12));
  BOOST_TEST(one.at("chars") == 2039);
  BOOST_TEST(one.at("step") == 120);
  BOOST_TEST(one.at("checkpoint") == "run/latest.safetensors");
  BOOST_TEST(one.at("protocol") ==
             "all symbols but the first, once each, in one pass that begins with a state of zeros");
  const auto some = eval({"--streams", "3"});  // the contexts of 512 are long enough for so small a net
  BOOST_TEST(some.at("chars") == 2039);
  BOOST_TEST(some.at("nats").get<double>() == nats, boost::test_tools::tolerance(1e-4));
  BOOST_TEST(some.at("protocol") ==
             "all symbols but the first, once each, in 3 streams that have read up to 512 before");

  const Result table = run({"eval", "run/latest.safetensors", "fish.txt"});
  for (const char* row : {"nats per character  ", "bits per character  ", "perplexity  ", "characters scored   2039\n",
                          "protocol  ", "checkpoint          run/latest.safetensors, step 120\n"})
    BOOST_TEST(table.out.find(row) != std::string::npos, table.out);
}

BOOST_AUTO_TEST_CASE(eval_tells_the_surprise_of_each_character) {
  make_run();
  write_file(box / "two.txt", "One fish\nswam");
  const Result r = run({"eval", "run", "two.txt", "--surprise"});
  BOOST_REQUIRE_EQUAL(r.code, 0);
  std::istringstream lines(r.out);
  double sum = 0;
  std::string symbols;
  for (int place = 1; place <= 12; ++place) {
    int at = 0;
    double nats = 0;
    std::string symbol;
    lines >> at >> nats;
    lines.get();
    std::getline(lines, symbol);
    BOOST_TEST(at == place);
    sum += nats;
    symbols += symbol;
  }
  BOOST_TEST(symbols == "ne fish\\nswam");
  std::string table;
  std::getline(lines, table);
  BOOST_TEST(table.find("nats per character  ") == 0u);

  const Result object = run({"eval", "run", "two.txt", "--surprise", "--json"});  // nothing but JSON
  std::istringstream objects(object.out);
  double again = 0;
  std::string text;
  for (int place = 1; place <= 12; ++place) {
    std::getline(objects, table);
    const auto line = nlohmann::json::parse(table);
    BOOST_TEST(line.at("place") == place);
    again += line.at("nats").get<double>();
    text += line.at("symbol").get<std::string>();
  }
  BOOST_TEST(text == "ne fish\nswam");
  BOOST_TEST(again == sum, boost::test_tools::tolerance(1e-5));
  std::getline(objects, table);
  const double mean = nlohmann::json::parse(table).at("nats");
  BOOST_TEST(mean == sum / 12, boost::test_tools::tolerance(1e-5));
  BOOST_TEST(!std::getline(objects, table));
}

BOOST_AUTO_TEST_CASE(bytes_that_a_run_has_not) {
  BOOST_REQUIRE_EQUAL(train({"--bytes", "--steps", "2", "--out", "run"}).code, 0);
  const std::string odd("One\0fish", 8);
  write_file(box / "odd.bin", odd);
  for (const char* verb : {"eval", "visualize"})
    check_failure(run({verb, "run", "odd.bin"}), 3, "text 'odd.bin': symbol 0x00 at byte 3 is not in the vocabulary\n",
                  "name a text in the symbols of the run\n");
  check_failure(run({"sample", "run", "--prime", "\xE9"}), 3,
                "--prime contains '\\xE9' (0xE9), not in the vocabulary\n",
                "use only symbols of the text that the run learned from\n");
}

BOOST_AUTO_TEST_CASE(texts_that_cannot_be_scored) {
  make_run();
  write_file(box / "odd.txt", "One fish & chips");
  write_file(box / "latin.txt", "One\xE9");
  check_failure(run({"eval", "run", "latin.txt"}), 3,
                "text 'latin.txt': invalid UTF-8 at byte 3 (0xE9); the vocabulary is one of code points\n",
                "name a text in the symbols of the run\n");
  check_failure(run({"eval", "run", "odd.txt"}), 3, "text 'odd.txt': symbol U+0026 at byte 9 is not in the vocabulary",
                "name a text in the symbols of the run");
  write_file(box / "one.txt", "O");
  check_failure(run({"eval", "run", "one.txt"}), 3, "text 'one.txt' has 1 symbol; the first is predicted by none",
                "name a text of at least 2 symbols");
  check_failure(run({"eval", "none", "fish.txt"}), 5, "cannot read 'none/latest.safetensors'");
}

// The figure that training gave is had again, and the parts are those of the split.
BOOST_AUTO_TEST_CASE(the_parts_of_a_split) {
  BOOST_REQUIRE_EQUAL(train({"--steps", "60", "--split", "0.8,0.1", "--out", "run"}).code, 0);
  const auto trained = log("run", "validation").back();
  const auto validation = eval({"--part", "validation"}), test = eval({"--part", "test"});
  BOOST_TEST(validation.at("nats") == trained.at("nats"));
  BOOST_TEST(validation.at("chars") == 204);
  BOOST_TEST(validation.at("protocol") == log("run", "start").at(0).at("protocol"));
  BOOST_TEST(test.at("chars") == 204);
  BOOST_TEST(test.at("nats") != trained.at("nats"));
  BOOST_TEST(test.at("protocol") ==
             "on the last 0.1 of the text, 204 characters once each, in 64 streams that have read up to 512 before");
  BOOST_TEST(eval({"--part", "all"}).at("chars") == 2039);

  // The first of the test's characters is predicted from all that is before it.
  const Result r = run({"eval", "run", "fish.txt", "--part", "test", "--surprise"});
  BOOST_TEST(r.out.substr(0, 5) == "1836\t", r.out.substr(0, 20));
}

BOOST_AUTO_TEST_CASE(the_parts_of_streams) {
  BOOST_REQUIRE_EQUAL(train({"--steps", "9", "--batch", "4", "--split", "0.5,0.25,streams", "--out", "run"}).code, 0);
  BOOST_TEST(eval({"--part", "validation"}).at("nats") == log("run", "validation").back().at("nats"));
  const std::string protocol = eval({"--part", "test"}).at("protocol");
  BOOST_TEST(protocol.find("on the last 0.25 of each training stream, ") == 0u, protocol);
}

BOOST_AUTO_TEST_CASE(parts_that_a_run_has_not) {
  BOOST_REQUIRE_EQUAL(train({"--steps", "5", "--split", "0.8,0.2", "--out", "run"}).code, 0);
  BOOST_REQUIRE_EQUAL(train({"--steps", "5", "--out", "whole"}).code, 0);
  check_failure(run({"eval", "run", "fish.txt", "--part", "test"}), 2,
                "the run's --split 0.8,0.2 keeps nothing for a test", "a --split of 0.8,0.1 would keep a tenth");
  check_failure(run({"eval", "whole", "fish.txt", "--part", "validation"}), 2,
                "the run's --split 1,0 keeps nothing for validation", "a --split of 0.9,0.1 would keep a tenth");
  write_file(box / "other.txt", small_text() + "Home.");
  check_failure(run({"eval", "run", "other.txt", "--part", "validation"}), 3,
                "text 'other.txt' is not the one that the run was trained on: its SHA-256 is ",
                "name that text, or leave --part away");
  check_failure(run({"eval", "run", "fish.txt", "--part", "validation", "--streams", "2"}), 2,
                "--streams and --part exclude each other", "the part of a run has streams of its own");
  check_failure(run({"eval", "run", "fish.txt", "--part", "rest"}), 2,
                "--part: 'rest' is not one of all, validation, test", "char_rnn eval --help");
}

BOOST_AUTO_TEST_CASE(a_reader_who_leaves_ends_the_scoring) {
  make_run();
  std::string text;
  for (int i = 0; i < 3000; ++i) text += small_text();
  write_file(box / "long.txt", text);  // would take minutes
  const Result r = run_into_closed_pipe({"eval", "run", "long.txt", "--surprise"});
  BOOST_TEST(r.code == 0);
  BOOST_TEST(r.err == "");
}

// All that is in a checkpoint besides the weights is no obstacle, and eval's figure is had there too.
BOOST_AUTO_TEST_CASE(pytorch_reads_a_run_and_scores_a_text_likewise) {
  Arguments runs{"--runs"};
  int made = 0;
  for (const char* model : {"rnn", "lstm", "gru"})
    for (const char* embedding : {"0", "5"}) {
      const std::string folder = "run" + std::to_string(made++), file = folder + "/latest.safetensors";
      const Result trained = run({"train",   "fish.txt", "--model", model,  "--hidden", "8",         "--embedding",
                                  embedding, "--batch",  "4",       "--lr", "0.02",     "--dropout", "0.1",
                                  "--split", "0.9,0.1",  "--steps", "80",   "--out",    folder});
      BOOST_REQUIRE_MESSAGE(trained.code == 0, trained.err);
      const Result scored = run({"eval", file, "fish.txt", "--json"});
      BOOST_REQUIRE_MESSAGE(scored.code == 0, scored.err);
      runs.insert(runs.end(), {file, "fish.txt", nlohmann::json::parse(scored.out).at("nats").dump()});
    }
  child::check_script(box, XGRAD_READERS "/read_with_torch.py", runs, "6 runs agree to ");
}

BOOST_AUTO_TEST_SUITE_END()
