// What the program says to bad options and bad texts, and that it leaves nothing behind.
#include <utility>

#include "fixture.hpp"

using child::Result;
using child::write_file;
namespace fs = std::filesystem;

BOOST_FIXTURE_TEST_SUITE(char_rnn_program, CharRnnFixture)

BOOST_AUTO_TEST_CASE(numbers_that_are_none_are_refused) {
  for (const char* option : {"--steps", "--hidden", "--seq-len", "--batch"})
    for (const char* value : {"12x", "nan", "inf", "0", "-5", "1.5", "1e3", "", " 1", "99999999999999999999"})
      BOOST_TEST_CONTEXT(option << " '" << value << "'")
  check_failure(run({"train", "fish.txt", option, value}), 2,
                std::string(option) + ": '" + value + "' is not an integer in [1, ");
  for (const char* option : {"--seconds", "--lr"})
    for (const char* value : {"12x", "nan", "inf", "-inf", "0", "-5", "1e39", "", "1e999"})
      BOOST_TEST_CONTEXT(option << " '" << value << "'")
  check_failure(run({"train", "fish.txt", option, value}), 2,
                std::string(option) + " must be a finite number > 0, got '" + value + "'");
  check_failure(run({"train", "fish.txt", "--hidden", "12x"}), 2, "--hidden: '12x' is not an integer in [1, 65536]");
  for (const char* value : {"12x", "nan", "inf", "-5", "1e39"}) {
    check_failure(run({"train", "fish.txt", "--clip", value}), 2,
                  std::string("--clip must be a finite number >= 0, got '") + value + "'");
    check_failure(run({"train", "fish.txt", "--dropout", value}), 2,
                  std::string("--dropout must be a number in [0, 1), got '") + value + "'");
    check_failure(run({"train", "fish.txt", "--lr-decay", value}), 2,
                  std::string("--lr-decay must be a number in (0, 1], got '") + value + "'");
  }
  for (const char* value : {"1", "0.9,0.2", "0,1", "0.9,-0.1", "0.9,x", "0.9,0.1,stream", ""})
    check_failure(
        run({"train", "fish.txt", "--split", value}), 2,
        std::string("--split must be two fractions such as 0.9,0.1, of a sum of at most 1; behind them perhaps "
                    ",streams, got '") +
            value + "'");
  for (const char* value : {"-1", "4294967296", "x"})
    check_failure(run({"train", "fish.txt", "--seed", value}), 2,
                  std::string("--seed: '") + value + "' is not an integer in [0, 4294967295]");
}

BOOST_AUTO_TEST_CASE(numbers_of_sample_are_refused_alike) {
  make_run();
  for (const char* value : {"12x", "nan", "0", "-5"}) {
    check_failure(run({"sample", "run", "--length", value}), 2,
                  std::string("--length: '") + value + "' is not an integer");
    check_failure(run({"sample", "run", "--temperature", value}), 2,
                  std::string("--temperature must be a finite number > 0, got '") + value + "'");
  }
}

BOOST_AUTO_TEST_CASE(usage_mistakes_are_named) {
  using A = child::Sandbox::Arguments;
  const std::vector<std::pair<A, std::string>> table{
      {{}, "a verb is missing"},
      {{"trian", "fish.txt"}, "unknown verb 'trian'; did you mean 'train'?"},
      {{"xyzzy"}, "unknown verb 'xyzzy'\n"},
      {{"train"}, "train: FILE is missing"},
      {{"sample"}, "sample: DIR is missing"},
      {{"train", "--hiden", "3", "fish.txt"}, "unknown option '--hiden'; did you mean '--hidden'?"},
      {{"train", "fish.txt", "-hidden", "3"}, "unknown option '-hidden'; did you mean '--hidden'?"},
      {{"train", "fish.txt", "--hiden=3"}, "unknown option '--hiden=3'; did you mean '--hidden'?"},
      {{"train", "fish.txt", "--seq", "3"}, "unknown option '--seq'; did you mean '--seq-len'?"},
      {{"--hidden", "3", "train", "fish.txt"}, "unknown option '--hidden'"},
      {{"train", "fish.txt", "more.txt"}, "unexpected argument 'more.txt'"},
      {{"train", "fish.txt", "--hidden"}, "--hidden needs a value"},
      {{"train", "fish.txt", "--hidden", "--lr", "1"}, "--hidden needs a value"},
      {{"sample", "run", "--prime", "--seed", "1"}, "--prime needs a value"},
      {{"train", "fish.txt", "--utf8=3"}, "--utf8 takes no value"},
      {{"train", "fish.txt", "--utf8", "--bytes"}, "--utf8 and --bytes exclude each other"},
      {{"train", "fish.txt", "--optimizer", "adamx"},
       "--optimizer: 'adamx' is not one of sgd, adagrad, rmsprop, adam, adamw; did you mean 'adam'?"},
      {{"train", "fish.txt", "--model", "transformer"}, "--model: 'transformer' is not one of rnn, lstm, gru\n"},
      {{"train", "fish.txt", "--resume", "a", "--out", "b"}, "--resume and --out exclude each other"},
      {{"train", "fish.txt", "--resume", "a", "--init-from", "b"}, "--resume and --init-from exclude each other"},
      {{"train", "fish.txt", "--min-lr", "0.5"}, "--min-lr 0.5 is above --lr 0.002"},
      {{"bench", "--min-lr", "0.5"}, "--min-lr 0.5 is above --lr 0.002"},
      {{"train", "fish.txt", "--resume", "a", "--preset", "notebook"}, "--resume and --preset exclude each other"},
      {{"eval"}, "eval: DIR is missing"},
      {{"eval", "run"}, "eval: FILE is missing"},
      {{"eval", "run", "fish.txt", "more.txt"}, "unexpected argument 'more.txt'"},
      {{"report"}, "report: DIR is missing"},
      {{"visualize", "run"}, "visualize: FILE is missing"},
      {{"sample", "run", "--prime", "a", "--prime-file", "fish.txt"}, "--prime and --prime-file exclude each other"},
      {{"train", "fish.txt", "--preset", "notebok"},
       "--preset: 'notebok' is not one of notebook, min-char-rnn; did you"},
      {{"train", "fish.txt", "--out", ""}, "--out: '' is no name"},
      {{"train", "fish.txt", "--\x1b[31m\n"}, "unknown option '--\\x1B[31m\\n'"},
  };
  for (const auto& [arguments, message] : table) BOOST_TEST_CONTEXT(message) check_failure(run(arguments), 2, message);
}

BOOST_AUTO_TEST_CASE(an_absurd_size_is_refused_before_memory_is_taken) {
  if (double(sysconf(_SC_PHYS_PAGES)) * double(sysconf(_SC_PAGESIZE)) > 60e9) return;  // here it is not absurd
  check_failure(run({"train", "fish.txt", "--hidden", "65536"}), 2, "model needs ", "use a smaller --hidden");
}

BOOST_AUTO_TEST_CASE(texts_that_cannot_be_read) {
  check_failure(run({"train", "none.txt"}), 5, "cannot read text 'none.txt': No such file or directory");
  fs::create_directory(box / "folder");
  check_failure(run({"train", "folder"}), 5, "cannot read text 'folder': Is a directory");
}

BOOST_AUTO_TEST_CASE(texts_that_are_too_short) {
  write_file(box / "empty.txt", "");
  check_failure(run({"train", "empty.txt"}), 3, "text 'empty.txt' is empty", "name a text that is not empty");
  write_file(box / "short.txt", "twelve chars");
  check_failure(train_on("short.txt", {"--batch", "1"}), 3,
                "text 'short.txt' has 12 symbols; --seq-len 25 needs at least 26", "use --seq-len 11 or less");
  write_file(box / "one.txt", "1");
  const Result one = train_on("one.txt", {});
  BOOST_TEST(one.code == 3);
  BOOST_TEST(one.err ==
             "char_rnn: warning: vocabulary has 1 symbol; loss will be 0\n"
             "char_rnn: error: text 'one.txt' has 1 symbol; --seq-len 25 needs at least 26\nhint: use a longer text\n");
  write_file(box / "streams.txt", small_text().substr(0, 302));
  check_failure(train_on("streams.txt", {}), 3, "0 windows: 302 symbols give 12 sequences of 25; --batch 16 needs 16",
                "use --batch 12 or less");
  BOOST_TEST(train_on("streams.txt", {"--batch", "12", "--steps", "1"}).code == 0);  // the hint is true
}

BOOST_AUTO_TEST_CASE(parts_of_texts_that_are_too_short) {
  check_failure(train({"--split", "0.01,0.99"}), 3,
                "text 'fish.txt' has 2040 symbols, 20 of them to learn from; --seq-len 25 needs at least 26\n",
                "use --seq-len 19 or less");
  check_failure(train({"--split", "0.1,0.9"}), 3,
                "text 'fish.txt' has 2040 symbols, 204 of them to learn from; 0 windows: 204 symbols give 8 sequences "
                "of 25; --batch 16 needs 16\n",
                "use --batch 8 or less, or --seq-len 12 or less");
  check_failure(train({"--split", "0.99999,0.000001"}), 3, "text 'fish.txt' has 2040 symbols, too few for 0.99999 for ",
                "use a longer text");
}

BOOST_AUTO_TEST_CASE(what_is_odd_in_a_text_is_noted) {
  write_file(box / "dos.txt", "\xEF\xBB\xBF" + small_text() + "One fish\r\n");
  const Result r = train_on("dos.txt", {"--steps", "1", "--out", "run"});
  BOOST_TEST(r.code == 0);
  BOOST_TEST(r.err.find("char_rnn: note: BOM dropped\nchar_rnn: note: text has CRLF line ends (kept)\n") == 0u, r.err);
}

BOOST_AUTO_TEST_CASE(too_many_distinct_symbols) {
  std::string text;
  for (std::uint32_t c = 0x10000; c < 0x10000 + 65537; ++c)
    for (const std::uint32_t byte : {0xF0 | c >> 18, 0x80 | (c >> 12 & 63), 0x80 | (c >> 6 & 63), 0x80 | (c & 63)})
      text += static_cast<char>(byte);
  write_file(box / "all.txt", text);
  check_failure(run({"train", "all.txt"}), 3, "text 'all.txt': 65537 distinct symbols exceed 65536\n", "use --bytes\n");
}

BOOST_AUTO_TEST_CASE(a_text_that_changes_while_it_is_read) {
  write_file(box / "growing.txt", std::string(20'000'000, 'a') + small_text());
  const pid_t pid = box.start(XGRAD_CHAR_RNN, {"train", "growing.txt", "--steps", "1"});
  std::ofstream end(box / "growing.txt", std::ios::app);
  int status = 0;
  while (waitpid(pid, &status, WNOHANG) == 0) end << "more" << std::flush;
  const std::string err = child::read_file(box / "stderr");
  BOOST_TEST((WIFEXITED(status) && WEXITSTATUS(status) == 5));
  BOOST_TEST(err.find("char_rnn: error: text 'growing.txt' changed while in use (was 2") != std::string::npos, err);
  BOOST_TEST(err.find(" bytes)\nhint: name a text file that can be read\n") != std::string::npos, err);
  BOOST_TEST(!fs::exists(box / "runs"));
}

BOOST_AUTO_TEST_CASE(invalid_utf8_is_bytes_with_a_notice_and_an_error_where_utf8_is_wanted) {
  write_file(box / "latin.txt", small_text() + "caf\xE9" + small_text());
  check_failure(train_on("latin.txt", {"--utf8"}), 3, "text 'latin.txt': invalid UTF-8 at byte 2043 (0xE9)",
                "use --bytes");
  const Result r = train_on("latin.txt", {"--steps", "1"});
  BOOST_TEST(r.code == 0);
  BOOST_TEST(r.err.find("note: text 'latin.txt': invalid UTF-8 at byte 2043 (0xE9); its symbols are bytes\n") !=
                 std::string::npos,
             r.err);
  BOOST_TEST(weights("runs/latin").metadata.at("encoding") == "bytes");
  BOOST_TEST(run({"sample", "runs/latin", "--prime", "\xE9", "--length", "5"}).out.size() == 6u);
}

BOOST_AUTO_TEST_CASE(characters_beyond_ascii_are_characters) {
  write_file(box / "cafe.txt", std::string(900, 'a') + "\xC3\xA9" + std::string(900, 'b'));
  BOOST_TEST(train_on("cafe.txt", {"--steps", "1", "--out", "u"}).code == 0);
  BOOST_TEST((weights("u").find("vocab")->values<std::uint32_t>() == std::vector<std::uint32_t>{'a', 'b', 0xE9}));
  BOOST_TEST(train_on("cafe.txt", {"--steps", "1", "--out", "b", "--bytes"}).code == 0);
  BOOST_TEST(weights("b").find("vocab")->shape[0] == 4u);
  std::string fishes;
  for (int i = 0; i < 500; ++i) fishes += "\xF0\x9F\x90\x9F\xF0\x9F\x90\xA0";
  write_file(box / "fishes.txt", fishes);
  BOOST_TEST(train_on("fishes.txt", {"--steps", "1", "--out", "run"}).code == 0);
  BOOST_TEST((weights("run").find("vocab")->values<std::uint32_t>() == std::vector<std::uint32_t>{0x1F41F, 0x1F420}));
  const std::string drawn = run({"sample", "run", "--length", "3"}).out;
  BOOST_TEST(drawn.size() == 12u);
  BOOST_TEST(drawn.substr(0, 3) == "\xF0\x9F\x90");
}

#ifndef XGRAD_ASAN  // which takes all addresses that there are for itself
BOOST_AUTO_TEST_CASE(memory_that_is_not_there) {
  const pid_t pid = box.start("/bin/sh", {"-c", "ulimit -v 500000; exec " + std::string(XGRAD_CHAR_RNN) +
                                                    " train fish.txt --hidden 3000 --batch 20 --threads 1"});
  check_failure(box.wait(pid), 2, "out of memory", "use a smaller --hidden, --seq-len or --batch, or a shorter text");
}
#endif

BOOST_AUTO_TEST_CASE(one_distinct_character_is_a_warning) {
  write_file(box / "a.txt", std::string(500, 'a'));
  const Result r = train_on("a.txt", {"--steps", "3", "--out", "run"});
  BOOST_TEST(r.code == 0);
  BOOST_TEST(r.err.find("char_rnn: warning: vocabulary has 1 symbol; loss will be 0\n") != std::string::npos);
  BOOST_TEST(log("run").back().at("loss") == 0.0);
  BOOST_TEST(run({"sample", "run", "--length", "5"}).out == "aaaaa");
}

BOOST_AUTO_TEST_CASE(options_that_do_nothing_are_told) {
  const auto notes = [&](child::Sandbox::Arguments more) {
    more.insert(more.begin(), {"train", "fish.txt", "--hidden", "8", "--batch", "4", "--steps", "1"});
    const Result r = run(more);
    BOOST_TEST(r.code == 0, r.err);
    std::string all;
    std::istringstream lines(r.err);
    for (std::string line; std::getline(lines, line);)
      if (line.find(" does nothing ") != std::string::npos) all += line.substr(10) + "\n";
    return all;
  };
  BOOST_TEST(notes({"--momentum", "0.9", "--decay", "0.9", "--weight-decay", "0.3"}) ==
             "note: --momentum does nothing with --optimizer adam\nnote: --decay does nothing with --optimizer adam\n"
             "note: --weight-decay does nothing with --optimizer adam\n");
  BOOST_TEST(notes({"--optimizer", "sgd", "--beta1", "0.8", "--beta2", "0.9", "--momentum", "0.9"}) ==
             "note: --beta1 does nothing with --optimizer sgd\nnote: --beta2 does nothing with --optimizer sgd\n");
  BOOST_TEST(notes({"--lr-decay", "0.97", "--lr-decay-every", "9", "--lr-decay-after", "9", "--min-lr", "0.001"}) ==
             "note: --lr-decay does nothing with --schedule constant\n"
             "note: --lr-decay-every does nothing with --schedule constant\n"
             "note: --lr-decay-after does nothing with --schedule constant\n"
             "note: --min-lr does nothing with --schedule constant\n");
  BOOST_TEST(notes({"--schedule", "exponential", "--lr-decay-after", "9", "--lr-decay", "0.9"}) ==
             "note: --lr-decay-after does nothing with --schedule exponential\n");
  BOOST_TEST(
      notes({"--model", "gru", "--forget-bias", "4", "--eval-every", "5"}) ==
      "note: --forget-bias does nothing with --model gru\nnote: --eval-every does nothing without a --split that keeps "
      "something to validate on\n");
  BOOST_TEST(notes({"--optimizer", "adamw", "--weight-decay", "0.1", "--schedule", "cosine", "--min-lr", "0.001",
                    "--split", "0.5,0.5", "--eval-every", "5", "--forget-bias", "2"}) == "");
  BOOST_TEST(notes({"--config", "runs/fish/settings.toml"}) == "");  // a file has them all
  BOOST_TEST(notes({"--init-from", "runs/fish", "--init", "pytorch"}) ==
             "note: --init does nothing beside --init-from\n");
}

BOOST_AUTO_TEST_CASE(a_split_that_keeps_nothing_to_validate_on) {
  BOOST_TEST(train({"--split", "0.5,0", "--steps", "1"})
                 .err.find("char_rnn: validation on nothing, --split keeps none for it\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(files_of_settings_that_are_none) {
  const auto check = [&](const std::string& content, const std::string& message, int code = 2) {
    write_file(box / "run.toml", content);
    BOOST_TEST_CONTEXT(content) check_failure(run({"train", "fish.txt", "--config", "run.toml"}), code, message);
  };
  check("hiden = 3\n", "'run.toml': unknown key 'hiden'; did you mean 'hidden'?");
  check("--hidden = 3\n", "'run.toml': unknown key '--hidden'; did you mean 'hidden'?");
  check("hidden = 3\nhidden = 3\n", "'run.toml': 'hidden' needs one value, it has 2");
  check("config = \"x\"\n", "'run.toml': unknown key 'config'");
  check("hidden = [3, 4]\n", "'run.toml': 'hidden' needs one value, it has 2");
  check("[train]\nhidden = 3\n", "'run.toml' has a section, 'train'");
  check("hidden = \"x\"\n", "'run.toml': hidden: 'x' is not an integer in [1, 65536]");
  check("lr = 0\n", "'run.toml': lr must be a finite number > 0, got '0'");
  check("bytes = 3\n", "'run.toml': bytes: '3' is not true or false");
  check("bytes = true\nutf8 = true\n", "--utf8 and --bytes exclude each other");
  check("out = \"a#1\"\n", "'run.toml': the value of 'out' has a quote without its other");
  check("out = \"\n", "'run.toml': the value of 'out' has a quote without its other");
  const std::string longest = std::string(999'987, '#') + "\nhidden = \"x\"";
  check(longest, "'run.toml': hidden: 'x' is not an integer in [1, 65536]");
  check(longest + "\n", "'run.toml' has more than 1 MB");
  fs::remove(box / "run.toml");
  check_failure(run({"train", "fish.txt", "--config", "run.toml"}), 5,
                "cannot read 'run.toml': No such file or directory", "--config names a file of lines");
  check_failure(run({"train", "fish.txt", "--config", "."}), 5, "cannot read '.': Is a directory",
                "--config names a file of lines such as: hidden = 256\n");
  check_failure(run({"train", "fish.txt", "--config", "/dev/zero"}), 2, "'/dev/zero' has more than 1 MB",
                "--config names a file of lines such as: hidden = 256\n");
}

BOOST_AUTO_TEST_CASE(prime_with_unseen_characters) {
  make_run();
  check_failure(run({"sample", "run", "--prime", "fish \xC3\xA9"}), 3,
                "--prime contains '\xC3\xA9' (U+00E9), not in the vocabulary");
  check_failure(run({"sample", "run", "--prime", "fish \xE9"}), 3, "--prime: invalid UTF-8 at byte 5 (0xE9)");
  check_failure(run({"sample", "run", "--prime", "\x1b"}), 3, "--prime contains '\\x1B' (U+001B)");
}

BOOST_AUTO_TEST_SUITE_END()
