// What is done with a run: sampling, asking what it is, pages.
#include <cmath>
#include <regex>

#include "../fixture.hpp"

using child::read_file;
using child::Result;
using child::write_file;
using Arguments = child::Sandbox::Arguments;
namespace fs = std::filesystem;

BOOST_FIXTURE_TEST_SUITE(char_rnn_verbs, CharRnnFixture)

// All 256, so NUL and what is no UTF-8.
BOOST_AUTO_TEST_CASE(a_run_of_bytes) {
  std::string bytes;
  for (int i = 0; i < 1024; ++i) bytes += static_cast<char>(i);
  write_file(box / "all.bin", bytes);
  BOOST_REQUIRE_EQUAL(train_on("all.bin", {"--bytes", "--batch", "4", "--steps", "5", "--out", "run"}).code, 0);

  const auto info = nlohmann::json::parse(run({"info", "run", "--json"}).out);
  BOOST_TEST(info.at("encoding") == "bytes");
  std::string characters;  // U+0000 to U+00FF in UTF-8
  for (int i = 0; i < 256; ++i)
    characters += i < 128 ? std::string(1, char(i)) : std::string{char(0xC0 | i >> 6), char(0x80 | (i & 63))};
  BOOST_TEST(info.at("symbols") == characters);
  const std::string table = run({"info", "run"}).out;
  BOOST_TEST(table.find("256 bytes: \\x00\\x01") != std::string::npos, table);
  BOOST_TEST(table.find("\\x7F\\x80\\x81") != std::string::npos, table);
  BOOST_TEST(table.find("\\xFE\\xFF\n") != std::string::npos, table);

  std::istringstream lines(run({"eval", "run", "all.bin", "--surprise"}).out);
  std::istringstream objects(run({"eval", "run", "all.bin", "--surprise", "--json"}).out);
  for (int place = 1; place < 1024; ++place) {
    std::string line, object;
    std::getline(lines, line), std::getline(objects, object);
    const int byte = place % 256;
    const std::string symbol = xgrad::escaped(std::string(1, char(byte)));
    BOOST_TEST(line.find(std::to_string(place) + "\t") == 0u, line);
    BOOST_TEST(line.ends_with("\t" + symbol), line);
    const std::size_t at = std::size_t(byte < 128 ? byte : 2 * byte - 128);
    BOOST_TEST(nlohmann::json::parse(object).at("symbol") == characters.substr(at, byte < 128 ? 1 : 2));
  }
  std::string figures;
  std::getline(objects, figures);
  BOOST_TEST(nlohmann::json::parse(figures).at("chars") == 1023);

  const std::string odd("\0\xE9\xFF", 3);
  const Result sample = run({"sample", "run", "--prime", "\xE9\xFF", "--length", "500"});
  BOOST_TEST(sample.out.size() == 502u);
  write_file(box / "prime.bin", odd);
  BOOST_TEST(run({"sample", "run", "--prime-file", "prime.bin", "--length", "5"}).out.find(odd) == 0u);
  BOOST_TEST(log("run", "sample").at(0).at("text").get<std::string>().size() >= 200u);  // it could be parsed

  const Result seen = run({"visualize", "run", "all.bin", "--length", "600"});
  BOOST_TEST(seen.code == 0, seen.err);
  const std::string page = read_file(box / "run/visualize.html");
  for (const char* part : {">00</b>", ">80</b>", ">FF</b>", ">E9</b>"})
    BOOST_TEST(page.find(part) != std::string::npos, part);
  BOOST_TEST(page.find("\xEF\xBF\xBD") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(training_keeps_the_best_and_verbs_take_it) {
  BOOST_REQUIRE_EQUAL(
      train({"--split", "0.8,0.2", "--eval-every", "50", "--steps", "230", "--lr", "1", "--out", "run"}).code, 0);
  const auto validations = log("run", "validation");
  BOOST_REQUIRE_EQUAL(validations.size(), 5u);  // every 50, and at the end
  double best = HUGE_VAL;
  int best_step = 0;
  for (const auto& v : validations) {
    BOOST_TEST(v.at("chars") == 408);
    BOOST_TEST(v.at("best").get<bool>() == (v.at("nats").get<double>() < best));
    if (v.at("nats").get<double>() < best) best = v.at("nats"), best_step = v.at("step");
  }
  const auto file = xgrad::read_safetensors(box / "run/best.safetensors");
  BOOST_TEST(file.metadata.at("step") == std::to_string(best_step));
  BOOST_TEST(eval({}).at("step") == best_step);
  const Result info = run({"info", "run", "--json"});
  BOOST_TEST(nlohmann::json::parse(info.out).at("step") == 230);  // of the latest, which has all of the history
  BOOST_TEST(nlohmann::json::parse(info.out).at("validation").size() == 5u);

  BOOST_REQUIRE_EQUAL(train({"--steps", "5", "--out", "other"}).code, 0);
  fs::copy_file(box / "other/latest.safetensors", box / "run/best.safetensors", fs::copy_options::overwrite_existing);
  const auto sampled = [&](const char* of) { return run({"sample", of, "--length", "100"}).out; };
  BOOST_TEST(sampled("run") == sampled("other"));
  BOOST_TEST(sampled("run") != sampled("run/latest.safetensors"));
}

BOOST_AUTO_TEST_CASE(a_validation_for_which_there_is_no_time) {
  write_file(box / "long.txt", [] {
    std::string text;
    for (int i = 0; i < 1000; ++i) text += small_text();
    return text;
  }());
  const Result r = train_on("long.txt", {"--hidden", "200", "--split", "0.1,0.9", "--seconds", "0.5", "--out", "run"});
  BOOST_TEST(r.code == 0);
  BOOST_TEST(r.err.find("char_rnn: note: there is no time for a validation") != std::string::npos, r.err);
  BOOST_TEST(log("run", "validation").empty());
  BOOST_TEST(log("run", "end").at(0).at("seconds").get<double>() < 5);
}

BOOST_AUTO_TEST_CASE(a_validation_that_nobody_asked_for_is_not_missed) {
  const Result r = train({"--seconds", "0.001", "--out", "run"});  // it takes longer to begin
  BOOST_TEST(r.code == 0);
  BOOST_TEST(r.err.find("validation, which takes") == std::string::npos, r.err);
  BOOST_TEST(log("run", "end").at(0).at("seconds").get<double>() > 1.05 * 0.001);
}

BOOST_AUTO_TEST_CASE(validation_changes_nothing_of_training) {
  const Arguments common{"--split", "0.8,0.2", "--steps", "60", "--dropout", "0.3"};
  const auto with = [&](const char* every, const char* folder) {
    Arguments arguments = common;
    arguments.insert(arguments.end(), {"--eval-every", every, "--out", folder});
    BOOST_REQUIRE_EQUAL(train(arguments).code, 0);
  };
  with("7", "often"), with("1000", "rarely");
  for (const auto& tensor : weights("often").tensors)
    if (tensor.name.find("history") != 0) BOOST_TEST((*weights("rarely").find(tensor.name) == tensor), tensor.name);
}

BOOST_AUTO_TEST_CASE(what_is_kept_from_a_text_is_told) {
  const Result r = train({"--split", "0.5,0.25", "--steps", "2", "--out", "run"});
  BOOST_TEST(
      r.err.find("char_rnn: text of 2040 characters, 26 of them different\n"
                 "char_rnn: 1020 to learn from, 2 steps a pass\n"
                 "char_rnn: validation on the 0.25 after the first 0.5 of the text, 510 characters once each, in "
                 "64 streams that have read up to 512 before\n") == 0u,
      r.err);
  // And with every figure.
  const std::string figure = r.err.substr(r.err.find("char_rnn: step 2: validation "));
  BOOST_TEST(
      std::regex_match(figure.substr(0, figure.find('\n')),
                       std::regex("char_rnn: step 2: validation \\d\\.\\d{4} nats, \\d\\.\\d{4} bits per character, "
                                  "perplexity \\d+\\.\\d{3} \\(510 characters, the 0\\.25 after the first 0\\.5 of the "
                                  "text, warm\\), the best so far")),
      figure);
  BOOST_TEST(log("run", "start").at(0).at("symbols") == 2040);
  const std::string protocol =
      "on the 0.25 after the first 0.5 of the text, 510 characters once each, in 64 streams that have read up to 512 "
      "before";
  BOOST_TEST(log("run", "start").at(0).at("protocol") == protocol);
  BOOST_TEST(train({"--steps", "2", "--out", "b"}).err.find("char_rnn: validation on nothing, there is no --split\n") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_split_of_char_rnn) {
  BOOST_REQUIRE_EQUAL(train({"--split", "0.6,0.4,streams", "--steps", "12", "--out", "run"}).code, 0);
  // 5 windows of 25 a stream: 3 to learn from, 2 of each of 16 streams to validate on.
  BOOST_TEST(log("run", "validation").at(0).at("chars") == 2 * 25 * 16);
  BOOST_TEST(weights("run").metadata.at("window") == "0");
  BOOST_TEST(log("run", "start").at(0).at("protocol") ==
             "on the last 0.4 of each training stream, 800 characters once each, in 16 streams that have read "
             "up to 512 before");
}

BOOST_AUTO_TEST_CASE(sampling_among_the_most_probable) {
  make_run();
  const auto draw = [&](const Arguments& more) {
    Arguments arguments{"sample", "run", "--length", "60"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Result r = run(arguments);
    BOOST_TEST(r.code == 0, r.err);
    return r.out;
  };
  const std::string likeliest = draw({"--argmax"});
  BOOST_TEST(draw({"--argmax", "--seed", "7"}) == likeliest);
  BOOST_TEST(draw({"--top-k", "1", "--seed", "7"}) == likeliest);
  BOOST_TEST(draw({"--top-k", "3", "--seed", "7"}) != draw({"--top-k", "3", "--seed", "8"}));
  BOOST_TEST(draw({"--top-k", "26"}) == draw({}));
  write_file(box / "prime.txt", "two fish");
  BOOST_TEST(draw({"--prime-file", "prime.txt"}) == draw({"--prime", "two fish"}));
  const std::string three = draw({"--count", "3"});
  BOOST_TEST(three.size() == 3 * 60 + 2 * 6u);
  BOOST_TEST(three.substr(0, 66) == draw({}) + "\n----\n");
}

BOOST_AUTO_TEST_CASE(the_file_of_a_prime_is_read_as_texts_are) {
  make_run();
  const auto refused = [&](const std::string& file, int code, const std::string& message, const std::string& hint) {
    check_failure(run({"sample", "run", "--prime-file", file}), code, message + "\n", hint + "\n");
  };
  refused("none", 5, "cannot read text 'none': No such file or directory", "name a text file that can be read");
  refused("/dev/zero", 5, "cannot read text '/dev/zero': it is neither a regular file nor a pipe",
          "name a text file that can be read");
  refused("", 2, "--prime-file: '' is no name", "char_rnn sample --help lists the options");
  write_file(box / "odd.txt", "One fish & chips");
  refused("odd.txt", 3, "text 'odd.txt': symbol U+0026 at byte 9 is not in the vocabulary",
          "name a text in the symbols of the run");
  write_file(box / "empty.txt", "");
  refused("empty.txt", 3, "text 'empty.txt' is empty", "name a text in the symbols of the run");
  write_file(box / "marked.txt", "\xEF\xBB\xBFOne fish");
  const Result marked = run({"sample", "run", "--prime-file", "marked.txt", "--length", "20"});
  BOOST_TEST(marked.code == 0);
  BOOST_TEST(marked.err == "char_rnn: note: BOM dropped\n");
  BOOST_TEST(marked.out == run({"sample", "run", "--prime", "One fish", "--length", "20"}).out);
  write_file(box / "long.txt", small_text() + small_text() + small_text());  // more than one piece of output
  BOOST_TEST(run({"sample", "run", "--prime-file", "long.txt", "--length", "1"}).out.substr(0, 3 * 2040) ==
             read_file(box / "long.txt"));
}

BOOST_AUTO_TEST_CASE(info_tells_what_a_run_is) {
  BOOST_REQUIRE_EQUAL(train({"--split", "0.8,0.2", "--steps", "5", "--out", "run"}).code, 0);
  const Result r = run({"info", "run"});
  BOOST_TEST(r.code == 0);
  for (const char* row :
       {"checkpoint", "rnn, 1 x 8 hidden units, 514 weights\n", "26 characters: \\n ,.;?HOabdefghilmnorstuwy\n",
        "SHA-256 ", "5, finished\n", " bits per character, smoothed\n", "validation, step 5", "0.8,0.2\n",
        "on the last 0.2 of the text, 408 characters once each, ", "BLAS core", "kernels"})
    BOOST_TEST(r.out.find(row) != std::string::npos, row << " is not in " << r.out);
}

BOOST_AUTO_TEST_CASE(pages_of_a_run) {
  make_run();
  const Result report = run({"report", "run"});
  BOOST_TEST(report.code == 0, report.err);
  BOOST_TEST(report.out == "");
  BOOST_TEST(report.err.find(": run/report.html\n") != std::string::npos, report.err);
  const std::string page = read_file(box / "run/report.html");
  BOOST_TEST(page.find("<svg") != std::string::npos);
  BOOST_TEST(page.find("fish.txt") != std::string::npos);

  const Result seen = run({"visualize", "run", "fish.txt", "--length", "300", "--out", "units.html"});
  BOOST_TEST(seen.code == 0, seen.err);
  BOOST_TEST(read_file(box / "units.html").find("the first 300 of 2,040 characters") != std::string::npos);
  check_failure(run({"report", "none"}), 5, "cannot read log 'none/log.jsonl': No such file or directory");
  check_failure(run({"report", "run", "--out", "none/x.html"}), 5, "", "choose another file with --out");
  write_file(box / "odd.txt", "&");
  check_failure(run({"visualize", "run", "odd.txt"}), 3, "text 'odd.txt': symbol U+0026 at byte 0");
}

BOOST_AUTO_TEST_CASE(lstm_and_gru_train_and_write) {
  for (const char* kind : {"lstm", "gru"}) {
    const Result r = train({"--model", kind, "--layers", "2", "--embedding", "5", "--optimizer", "adam", "--lr", "0.01",
                            "--steps", "150", "--out", kind});
    BOOST_REQUIRE_MESSAGE(r.code == 0, r.err);
    BOOST_TEST(log(kind).back().at("loss").get<double>() < 2.9);  // from 3.2
    BOOST_TEST(run({"sample", kind, "--length", "20"}).out.size() == 20u);
    BOOST_TEST((weights(kind).find("embed.weight")->shape == std::vector<std::uint64_t>{26, 5}));
  }
}

BOOST_AUTO_TEST_SUITE_END()
