#include "run.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <system_error>

#include "../failure.hpp"

namespace char_rnn {

namespace {

namespace fs = std::filesystem;
using xgrad::escaped;

constexpr int version = 1;  // of what a checkpoint holds
constexpr const char* weights_file = "latest.safetensors";
constexpr const char* log_file = "log.jsonl";
constexpr const char* io_hint = "see that the folder can be written and has room, or choose another with --out";
constexpr const char* checkpoint_hint = "name the folder of another run, or train again";

[[noreturn]] void cannot(const char* what, const fs::path& path, int error) {
  throw Failure(Exit::io,
                fmt::format("cannot {} '{}': {}", what, escaped(path.string()), std::generic_category().message(error)),
                io_hint);
}

/// Makes a folder, and those above it. False where there is something of that name.
bool make_folder(const fs::path& folder) {
  std::error_code error;
  if (folder.has_parent_path()) fs::create_directories(folder.parent_path(), error);
  if (error) cannot("make the folder", folder.parent_path(), error.value());
  const bool made = fs::create_directory(folder, error);
  if (error && error != std::errc::file_exists) cannot("make the folder", folder, error.value());
  return made;
}

fs::path next_free(const fs::path& text) {
  const std::string name = text.stem().string();
  for (int n = 1;; ++n) {
    const fs::path folder = fs::path("runs") / (n == 1 ? name : fmt::format("{}-{}", name, n));
    if (make_folder(folder)) return folder;
  }
}

void check_free(const fs::path& folder) {
  for (const char* file : {weights_file, log_file})
    if (fs::exists(folder / file))
      throw Failure(Exit::usage, fmt::format("'{}' holds a run already: {}", escaped(folder.string()), file),
                    "choose another folder with --out, or leave --out away");
  if (!fs::is_directory(folder)) cannot("make the folder", folder, EEXIST);
}

std::string config_of(const TrainOptions& o) {
  nlohmann::ordered_json config{
      {"hidden", o.hidden}, {"seq_len", o.seq_len},
      {"batch", o.batch},   {"optimizer", o.optimizer == OptimizerKind::sgd ? "sgd" : "adagrad"},
      {"lr", o.lr},         {"clip", o.clip},
      {"seed", o.seed},     {"init", nullptr},
      {"steps", nullptr},   {"seconds", nullptr}};
  if (o.init) config["init"] = *o.init;
  if (o.steps) config["steps"] = *o.steps;
  if (o.seconds) config["seconds"] = *o.seconds;
  return config.dump();
}

const char* name_of(xgrad::Encoding encoding) { return encoding == xgrad::Encoding::utf8 ? "utf8" : "bytes"; }

/// Where a parameter is not finite: "tensor 'rnn.bias_ih_l0' holds nan at 3", else empty.
std::string not_finite(const xgrad::CharRnn<float>& model) {
  for (const auto& p : xgrad::named_parameters(model)) {
    const float* values = p.parameter.data();
    const float* end = values + p.parameter.size();
    const float* bad = std::find_if(values, end, [](float w) { return !std::isfinite(w); });
    if (bad != end) return fmt::format("tensor '{}' holds {} at {}", p.name, *bad, bad - values);
  }
  return "";
}

}  // namespace

// ---- writing

Run::Run(const TrainOptions& options) : config_(config_of(options)) {
  if (options.out) {
    folder_ = *options.out;
    if (!folder_.has_filename()) folder_ = folder_.parent_path();  // "runs/x/" is "runs/x"
    made_ = make_folder(folder_);
    if (!made_) check_free(folder_);
  } else {
    folder_ = next_free(options.text);
    made_ = true;
  }
}

Run::~Run() {
  std::error_code not_empty;
  if (made_) fs::remove(folder_, not_empty);
}

void Run::log(const LogLine& line) {
  const fs::path path = folder_ / log_file;
  if (!log_) log_.reset(std::fopen(path.c_str(), "wxe"));
  if (!log_) cannot("write", path, errno);
  const std::string text = fmt::format("{{\"step\":{},\"loss\":{},\"smooth_loss\":{},\"chars_per_s\":{:.0f}}}\n",
                                       line.step, line.loss, line.smooth_loss, line.chars_per_s);
  if (std::fwrite(text.data(), 1, text.size(), log_.get()) != text.size() || std::fflush(log_.get()) != 0)
    cannot("write", path, errno);
}

void Run::save(const xgrad::CharRnn<float>& model, const xgrad::Vocabulary& vocabulary,
               const xgrad::Array<float>& state, std::int64_t step) {
  if (const std::string bad = not_finite(model); !bad.empty())
    throw Failure(Exit::numerical,
                  fmt::format("{} after step {}; '{}' keeps what was saved before", bad, step, weights_file),
                  "use a lower --lr or --clip");
  const auto& symbols = vocabulary.symbols();
  xgrad::SafeTensors content{xgrad::weights_of(model), {}};
  content.tensors.push_back(xgrad::make_tensor<std::uint32_t>("vocab", {symbols.size()}, symbols));
  content.tensors.push_back(xgrad::make_tensor<float>("state", {state.size()}, std::span(state.data(), state.size())));
  content.metadata = {{"format", "pt"},
                      {"version", std::to_string(version)},
                      {"model", "rnn"},
                      {"hidden", std::to_string(model.hidden())},
                      {"encoding", name_of(vocabulary.encoding())},
                      {"step", std::to_string(step)},
                      {"config", config_}};
  explained(Exit::io, io_hint, [&] { xgrad::write_safetensors(folder_ / weights_file, content); });
}

// ---- reading

Checkpoint::Checkpoint(const fs::path& folder) : path_(folder / weights_file) {
  file_ = explained(Exit::checkpoint, checkpoint_hint, [this] {
    try {
      return xgrad::read_safetensors(path_);
    } catch (const xgrad::FileError& e) {
      throw failure_of(e, Exit::io, "name the folder of a run, as char_rnn train FILE makes them in runs/");
    }
  });
  check_kind();
  vocabulary_ = read_vocabulary();
  hidden_ = read_hidden();
}

void Checkpoint::reject(const std::string& what) const {
  throw Failure(Exit::checkpoint, fmt::format("'{}': {}", escaped(path_.string()), what), checkpoint_hint);
}

const std::string& Checkpoint::metadata(const char* key) const {
  const auto at = file_.metadata.find(key);
  if (at == file_.metadata.end()) reject(fmt::format("metadata '{}' is missing", key));
  return at->second;
}

void Checkpoint::check_kind() const {
  if (const std::string& model = metadata("model"); model != "rnn")
    reject(fmt::format("model '{}' is not 'rnn'", escaped(model)));
  int found = 0;
  const std::string& text = metadata("version");
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), found);
  if (error != std::errc() || end != text.data() + text.size() || found < 1)
    reject(fmt::format("version '{}' is not a number", escaped(text)));
  if (found > version) reject(fmt::format("version {} is newer than this program (max {})", found, version));
}

xgrad::Vocabulary Checkpoint::read_vocabulary() const {
  const std::string& encoding = metadata("encoding");
  if (encoding != "utf8" && encoding != "bytes") reject(fmt::format("encoding '{}' is unknown", escaped(encoding)));
  const xgrad::Tensor* vocab = file_.find("vocab");
  if (!vocab) reject("tensor 'vocab' is missing");
  try {
    return {vocab->values<std::uint32_t>(), encoding == "utf8" ? xgrad::Encoding::utf8 : xgrad::Encoding::bytes};
  } catch (const xgrad::FormatError& e) {
    reject(e.what());
  }
}

/// Held against a tensor before a model of that size is made: the file must be as large as what it asks for.
xgrad::Index Checkpoint::read_hidden() const {
  const std::string& text = metadata("hidden");
  std::uint64_t hidden = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), hidden);
  if (error != std::errc() || end != text.data() + text.size() || hidden < 1 || hidden > std::uint64_t{max_hidden})
    reject(fmt::format("hidden '{}' is not an integer in [1, {}]", escaped(text), max_hidden));
  const xgrad::Tensor* w = file_.find("rnn.weight_hh_l0");
  if (!w || w->shape != std::vector<std::uint64_t>{hidden, hidden})
    reject(fmt::format("tensor 'rnn.weight_hh_l0' of shape ({0}, {0}) is missing", hidden));
  return static_cast<xgrad::Index>(hidden);
}

xgrad::Array<float> Checkpoint::state() const {
  xgrad::Array<float> h = xgrad::make_array<float>({1, hidden_});
  h.fill(0);
  const xgrad::Tensor* stored = file_.find("state");
  if (!stored) return h;
  try {
    stored->copy_to(std::span(h.data(), h.size()));
  } catch (const xgrad::FormatError& e) {
    reject(e.what());
  }
  if (!std::all_of(h.begin(), h.end(), [](float x) { return std::abs(x) <= 1; }))
    reject("tensor 'state' holds what is no hidden state");
  return h;
}

void Checkpoint::load_into(const xgrad::CharRnn<float>& model) const {
  try {
    xgrad::load_weights(file_, model);
  } catch (const xgrad::FormatError& e) {
    reject(e.what());
  }
  if (const std::string bad = not_finite(model); !bad.empty()) reject(bad);
}

}  // namespace char_rnn
