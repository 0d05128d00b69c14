// seeds FOLDER: what fuzzing begins with, made by our own writers: a folder for each target, and beside it the list of
// its files, target.txt, as libFuzzer's -seed_inputs takes it. The same bytes every time.
#include <fmt/format.h>
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>
#include <xgrad/models/models.hpp>

#include "../../examples/char_rnn/options/options.hpp"
#include "../../examples/char_rnn/verbs/verbs.hpp"
#include "../models/checkpoint/fixture.hpp"

namespace fs = std::filesystem;

namespace {

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write(const fs::path& file, std::string_view bytes) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// ---- files of weights

template <class M>
void write_weights(const fs::path& file) {
  xgrad::ParamStore<float> store;
  const M model(store, {.vocabulary = 3, .hidden = 2});
  xgrad::Rng rng(1);
  xgrad::init_uniform(model, 1, rng);
  xgrad::write_safetensors(file, {xgrad::weights_of(model), {{"format", "pt"}}});
}

void write_safetensors(const fs::path& folder) {
  fs::create_directories(folder);
  xgrad::write_safetensors(folder / "types", sample());
  xgrad::write_safetensors(folder / "empty", {});
  write_weights<xgrad::CharRnn<float>>(folder / "rnn");
  write_weights<xgrad::CharLstm<float>>(folder / "lstm");
  write_weights<xgrad::CharGru<float>>(folder / "gru");
  write(folder / "unsigned",
        file_of(object(entry("a", "F32", "2,3", "0,24") + "," + entry("b", "U8", "3", "24,27")), 27));
}

// ---- runs, with their logs

/// The log with the clock's figures made up: they differ from call to call.
std::string without_clock(const std::string& log) {
  std::string out;
  for (std::size_t at = 0; at < log.size();) {
    const std::size_t end = log.find('\n', at);
    auto line = nlohmann::ordered_json::parse(log.substr(at, end - at));
    for (const char* key : {"seconds", "chars_per_s"})
      if (line.contains(key)) line[key] = 1.5;
    if (line.contains("time")) line["time"] = "2026-11-26T11:00:00Z";
    out += line.dump() + "\n";
    at = end + 1;
  }
  return out;
}

void train(const fs::path& text, const fs::path& out, std::vector<std::string> options) {
  std::vector<std::string> words{"char_rnn", "train",    text.string(), "--seq-len", "4", "--batch",
                                 "2",        "--shards", "1",           "--threads", "1"};
  words.insert(words.end(), options.begin(), options.end());
  std::vector<const char*> argv;
  for (const std::string& word : words) argv.push_back(word.c_str());
  const auto command = char_rnn::parse(static_cast<int>(argv.size()), argv.data());
  char_rnn::train(std::get<char_rnn::TrainOptions>(command));
  const fs::path folder = out.parent_path().parent_path();
  write(folder / "run" / out.filename(), read(out / "latest.safetensors"));
  write(folder / "history" / out.filename(), without_clock(read(out / "log.jsonl")));
}

void write_runs(const fs::path& folder) {
  const fs::path text = folder / "runs/text", bytes = folder / "runs/bytes";
  write(text, "One fish, two fish, red fish, blue fish. Où? Là-bas.\n");
  write(bytes, "caf\xE9 caf\xE9 caf\xE9 caf\xE9\n");
  const std::vector<std::string> kinds[] = {
      {"--model", "rnn", "--layers", "1", "--optimizer", "adagrad"},
      {"--model", "lstm", "--layers", "2", "--optimizer", "adam", "--schedule", "cosine", "--warmup", "2"},
      {"--model", "gru", "--layers", "1", "--embedding", "2", "--optimizer", "sgd", "--momentum", "0.9"},
      {"--model", "rnn", "--layers", "2", "--dropout", "0.5", "--optimizer", "rmsprop", "--clip-norm", "1"},
      {"--model", "gru", "--layers", "1", "--optimizer", "adamw", "--schedule", "step", "--split", "0.8,0.2"}};
  for (std::size_t i = 0; i < std::size(kinds); ++i) {
    std::vector<std::string> options = kinds[i];
    const fs::path out = folder / "runs" / fmt::format("kind{}", i);
    for (const std::string& more : {std::string("--hidden"), std::string("2"), std::string("--steps"), std::string("3"),
                                    std::string("--out"), out.string()})
      options.push_back(more);
    train(i == 3 ? bytes : text, out, options);
  }
  fs::remove_all(folder / "runs");
}

// ---- texts, vocabularies, settings

void write_texts(const fs::path& folder) {
  const std::string texts[] = {"One fish,\r\ntwo fish.\n", "\xEF\xBB\xBFOù? Là-bas, 魚 𝄞", "caf\xE9",
                               "\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF"};
  for (std::size_t i = 0; i < std::size(texts); ++i)
    for (const char how : {'\0', '\1', '\2'})
      write(folder / fmt::format("{}{}", i, int{how}), std::string{how, '\3'} + texts[i]);
}

void write_vocabularies(const fs::path& folder) {
  const auto put = [&](const char* name, char encoding, const std::vector<std::uint32_t>& symbols) {
    std::string bytes(1 + 4 * symbols.size(), encoding);
    std::memcpy(bytes.data() + 1, symbols.data(), 4 * symbols.size());
    write(folder / name, bytes);
  };
  put("ascii", 0, {'\n', ' ', 'a', 'b'});
  put("unicode", 0, {'a', 0xE9, 0xD7FF, 0xE000, 0xFEFF, 0x10FFFF});
  put("bytes", 1, {0, 'a', 0xE9, 0xFF});
}

void write_settings(const fs::path& folder) {
  const auto put = [&](char verb, const char* name, std::string_view file) {
    write(folder / name, std::string{verb}.append(file));
  };
  put(0, "manual",
      "model = \"lstm\"\nhidden = 256\ndropout = 0.1\n# more\nsplit = \"0.9,0.1,streams\"\nseconds = 180\n");
  put(0, "train",
      "optimizer = 'adamw'\nlr = 1e-3\nweight-decay = 0\nschedule = cosine\nmin-lr = 1e-4\nbytes = true\nout = "
      "\"x\"\ncheckpoint-every = 7\n");
  put(1, "gradcheck", "preset = notebook\nutf8 = false\nseed = 4294967295\n");
  put(2, "bench", "json\nthreads = 4\nshards = 8\nseconds = 0.5\n");
  put(0, "wrong", "[train]\nhidden = [3, 4]\n");
}

// ---- lists

void write_list(const fs::path& target) {
  std::vector<std::string> files;
  for (const auto& seed : fs::directory_iterator(target)) files.push_back(seed.path().string());
  std::sort(files.begin(), files.end());
  write(target.string() + ".txt", fmt::format("{}", fmt::join(files, ",")));
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  const fs::path folder = arguments[1];
  fs::remove_all(folder);
  write_safetensors(folder / "safetensors");
  write_runs(folder);
  write_texts(folder / "text");
  write_vocabularies(folder / "vocabulary");
  write_settings(folder / "config");
  for (const char* target : {"safetensors", "run", "history", "text", "vocabulary", "config"})
    write_list(folder / target);
}
