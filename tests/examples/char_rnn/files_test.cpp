// Folders and files of runs: what is not overwritten, what cannot be written, and what is not read.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <functional>
#include <limits>

#include "fixture.hpp"

using child::Result;
using child::write_file;
namespace fs = std::filesystem;

BOOST_FIXTURE_TEST_SUITE(char_rnn_files, CharRnnFixture)

BOOST_AUTO_TEST_CASE(a_folder_with_a_run_is_left_alone) {
  make_run();
  const std::string before = child::read_file(box / "run/latest.safetensors");
  check_failure(train({"--steps", "1", "--out", "run"}), 2, "'run' holds a run already: latest.safetensors",
                "--resume 'run' goes on with it");
  check_failure(train({"--steps", "1", "--out", "run/"}), 2, "'run' holds a run already: latest.safetensors",
                "--resume 'run' goes on with it");
  BOOST_TEST((child::read_file(box / "run/latest.safetensors") == before));
}

BOOST_AUTO_TEST_CASE(a_folder_that_cannot_be_made) {
  check_failure(train({"--out", "fish.txt"}), 5, "cannot make the folder 'fish.txt'");
  check_failure(train({"--out", "fish.txt/run"}), 5, "cannot make the folder 'fish.txt");
}

// For root, too, once it is without its right to write everywhere.
BOOST_AUTO_TEST_CASE(a_folder_that_is_read_only) {
  const std::string without = "--bounding-set=-dac_override,-dac_read_search";
  if (geteuid() == 0 && box.run("/usr/bin/setpriv", {without, "true"}).code != 0) {
    std::puts("skipped: there is no way to give up root's rights");
    return;
  }
  make_run();
  const std::string before = child::read_file(box / "run/latest.safetensors");
  fs::create_directory(box / "empty");
  const auto run_without_rights = [&](child::Sandbox::Arguments arguments) {
    if (geteuid() != 0) return run(arguments);
    arguments.insert(arguments.begin(), {without, XGRAD_CHAR_RNN});
    return box.run("/usr/bin/setpriv", arguments);
  };
  for (const char* folder : {"run", "empty"}) fs::permissions(box / folder, fs::perms(0555));
  const Result inside = run_without_rights({"train", "fish.txt", "--batch", "20", "--out", "empty/new"}),
               into = run_without_rights({"train", "fish.txt", "--batch", "20", "--out", "empty"}),
               more = run_without_rights({"train", "fish.txt", "--resume", "run", "--steps", "130"}),
               page = run_without_rights({"report", "run"});
  for (const char* folder : {"run", "empty"}) fs::permissions(box / folder, fs::perms(0755));
  check_failure(inside, 5, "cannot make the folder 'empty/new': Permission denied\n", "choose another folder");
  check_failure(into, 5, "cannot lock 'empty': Permission denied\n", "choose another folder with --out\n");
  check_failure({more.code, "", more.err}, 5, "cannot save 'run/settings.toml': Permission denied\n",
                "when that is put right, --resume 'run' goes on with the run\n");
  check_failure(page, 5, "cannot save 'run/report.html': Permission denied\n", "choose another file with --out\n");
  BOOST_TEST((child::read_file(box / "run/latest.safetensors") == before));
  BOOST_TEST(fs::is_empty(box / "empty"));
}

// Of a limit as of a full disk; the system would have ended the process.
BOOST_AUTO_TEST_CASE(a_file_that_must_not_grow) {
  const pid_t pid = box.start(
      "/bin/sh", {"-c", "ulimit -f 8; exec " + std::string(XGRAD_CHAR_RNN) + " train fish.txt --batch 10 --out run"});
  check_failure(box.wait(pid), 5, "cannot save 'run/latest.safetensors': File too large\n", "choose another folder");
  BOOST_TEST(!fs::exists(box / "run/latest.safetensors"));
}

BOOST_AUTO_TEST_CASE(a_checkpoint_that_cannot_be_saved_leaves_the_one_before) {
  BOOST_REQUIRE_EQUAL(train({"--steps", "20", "--out", "run"}).code, 0);
  fs::remove(box / "run/previous.safetensors");
  fs::create_directory(box / "run/previous.safetensors");
  const Result r = run({"train", "fish.txt", "--resume", "run", "--steps", "40"});
  const std::string what = "cannot save 'run/latest.safetensors': Is a directory, in step 40; it is that of step 20";
  check_failure({r.code, "", r.err}, 5, what + "\n", "when that is put right, --resume 'run' goes on with the run");
  BOOST_TEST(weights("run").metadata.at("step") == "20");
  BOOST_TEST(log("run", "end").back().at("reason") == what);
}

BOOST_AUTO_TEST_CASE(a_damaged_checkpoint) {
  BOOST_REQUIRE_EQUAL(train({"--steps", "20", "--out", "run"}).code, 0);
  std::string bytes = child::read_file(box / "run/latest.safetensors");
  bytes[bytes.size() - 100] ^= 4;
  write_file(box / "run/latest.safetensors", bytes);
  for (const child::Sandbox::Arguments& arguments :
       {child::Sandbox::Arguments{"sample", "run"}, child::Sandbox::Arguments{"train", "fish.txt", "--resume", "run"}})
    check_failure(run(arguments), 4, "'run/latest.safetensors' is damaged: its sha256 does not match its bytes\n",
                  "'run/previous.safetensors' is the one before; copied to that name, it can be resumed\n");
  fs::copy_file(box / "run/previous.safetensors", box / "run/latest.safetensors", fs::copy_options::overwrite_existing);
  BOOST_TEST(run({"train", "fish.txt", "--resume", "run"}).code == 0);
}

BOOST_AUTO_TEST_CASE(files_of_others_are_not_lost) {
  fs::create_directory(box / "mine");
  const auto refused = [&](const std::string& file, const std::string& content) {
    write_file(box / "mine" / file, content);
    check_failure(train({"--steps", "2", "--out", "mine"}), 2, "'mine' has a file '" + file + "' that is of no run\n",
                  "name another folder with --out\n");
    BOOST_TEST(child::read_file(box / "mine" / file) == content);
    fs::remove(box / "mine" / file);
  };
  refused("settings.toml", "hidden = 8  # mine\n");
  refused("log.jsonl", "{\"event\":\"mine\"}\n");
  refused("lock", "Yale\n");
  write_file(box / "mine/log.jsonl", "");
  refused("settings.toml", "hidden = 8  # mine\n");
  // Of a run that was killed before its first checkpoint there may be either, and a line that it had only begun.
  for (const char* begun : {"", "{\"ev", "{\"event\":\"start\",\"time\":\"2026", "{\"event\":\"resume\",\"step\":3,"}) {
    write_file(box / "mine/log.jsonl", begun);
    if (*begun) write_file(box / "mine/settings.toml", "");
    BOOST_TEST(train({"--steps", "2", "--out", "mine"}).code == 0);
    fs::remove_all(box / "mine");
    fs::create_directory(box / "mine");
  }
}

// Commands that are shown may be copied; a program gets the path itself.
BOOST_AUTO_TEST_CASE(a_path_with_quotes) {
  const std::string folder = "it's \\ mine";
  const Result r = train({"--steps", "2", "--out", folder});
  BOOST_TEST(r.code == 0);
  const std::string command = "char_rnn sample 'it'\\''s \\ mine'";
  BOOST_TEST(r.err.find("for more text: " + command + "\n") != std::string::npos, r.err);
  const std::string program = fs::path(XGRAD_CHAR_RNN).parent_path();
  const Result copied =
      box.wait(box.start("/bin/sh", {"-c", "PATH=" + program + ":$PATH; " + command + " --length 10"}));
  BOOST_TEST(copied.out.size() == 10u, copied.err);
  const std::string file = folder + "/latest.safetensors";
  BOOST_TEST(nlohmann::json::parse(run({"eval", folder, "fish.txt", "--json"}).out).at("checkpoint") == file);
  BOOST_TEST(nlohmann::json::parse(run({"info", folder, "--json"}).out).at("checkpoint") == file);
}

BOOST_AUTO_TEST_CASE(no_run_to_sample_from) {
  check_failure(run({"sample", "none"}), 5, "cannot read 'none/latest.safetensors': No such file",
                "name the folder of a run");
  fs::create_directory(box / "folder");
  check_failure(run({"sample", "folder"}), 5, "cannot read 'folder/latest.safetensors': No such file");
  check_failure(run({"sample", "fish.txt"}), 4, "header of 'fish.txt' claims ");
}

BOOST_AUTO_TEST_CASE(checkpoints_are_read_with_all_checks) {
  make_run();
  const auto good = weights("run");
  fs::create_directory(box / "bad");
  const auto bad = box / "bad/latest.safetensors";
  const auto check = [&](const std::string& message, const std::function<void(xgrad::SafeTensors&)>& spoil) {
    auto file = good;
    spoil(file);
    xgrad::write_safetensors(bad, file);
    BOOST_TEST_CONTEXT(message)
    check_failure(run({"sample", "bad"}), 4, "'bad/latest.safetensors': " + message);
  };
  using F = xgrad::SafeTensors;
  const auto without = [](F& f, const std::string& name) {
    for (auto& t : f.tensors)
      if (t.name == name) t.name += ".gone";
  };
  const auto setting = [](const char* name, const char* value) {
    return [=](F& f) {
      auto all = nlohmann::ordered_json::parse(f.metadata["settings"]);
      all[name] = value;
      f.metadata["settings"] = all.dump();
    };
  };
  check("metadata 'version' is missing", [](F& f) { f.metadata.clear(); });
  check("version 7 is newer than this program (max 2)\nhint: use the program that made it, or train again\n",
        [](F& f) { f.metadata["version"] = "7"; });
  check("version 1 is older than this program (min 2)\nhint: use the program that made it, or train again\n",
        [](F& f) { f.metadata["version"] = "1"; });
  check("version 'x' is not an integer in [0, 1000000000000]", [](F& f) { f.metadata["version"] = "x"; });
  const std::string digits(63, '0');
  for (const std::string& text : {digits, digits + "00", digits + "A"})
    check("text_sha256 '" + text + "' is no SHA-256\n", [&](F& f) { f.metadata["text_sha256"] = text; });
  check("text_sha256 '\\x1B[2J' is no SHA-256\n", [](F& f) { f.metadata["text_sha256"] = "\x1B[2J"; });
  check("encoding 'utf7' is unknown", [](F& f) { f.metadata["encoding"] = "utf7"; });
  check("its settings are no JSON object", [](F& f) { f.metadata["settings"] = "{"; });
  check("setting 'layers' is missing", [](F& f) { f.metadata["settings"] = "{\"model\": \"rnn\"}"; });
  check("setting 'model': 'gpt' is not one of rnn, lstm, gru", setting("model", "gpt"));
  check("setting 'hidden': '1e9' is not an integer in [1, 65536]", setting("hidden", "1e9"));
  check("setting 'shards' does not fit its batch", setting("shards", "17"));
  check("its settings ask for 626325026 weights, it has ", setting("hidden", "25000"));
  check("[weights] tensor 'rnn.weight_ih_l0' ", setting("hidden", "9"));
  check("tensor 'vocab' is missing", [&](F& f) { without(f, "vocab"); });
  check("[weights] tensor 'head.bias' is missing", [&](F& f) { without(f, "head.bias"); });
  check("[vocabulary] symbol 0 (U+1010101) is not a code point", [](F& f) {
    for (auto& t : f.tensors)
      if (t.name == "vocab") std::fill(t.data.begin(), t.data.end(), std::byte{1});
  });
  check("tensor 'rnn.weight_ih_l0' holds nan at 0", [](F& f) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    for (auto& t : f.tensors)
      if (t.name == "rnn.weight_ih_l0") std::memcpy(t.data.data(), &nan, sizeof nan);
  });
  check("tensor 'state' is not one of its streams", [](F& f) {
    for (auto& t : f.tensors)
      if (t.name == "state") t = xgrad::make_tensor<float>(t.name, {3}, std::vector<float>(3));
  });
  check("tensor 'state' holds what is no hidden state", [](F& f) {
    for (auto& t : f.tensors)
      if (t.name == "state") t = xgrad::make_tensor<float>(t.name, {128}, std::vector<float>(128, HUGE_VALF));
  });
  const std::string bytes = child::read_file(box / "run/latest.safetensors");
  for (const std::size_t length : {std::size_t{0}, std::size_t{7}, std::size_t{100}, bytes.size() - 1}) {
    write_file(bad, bytes.substr(0, length));
    BOOST_TEST_CONTEXT(length) check_failure(run({"sample", "bad"}), 4, "");
  }
}

BOOST_AUTO_TEST_SUITE_END()
