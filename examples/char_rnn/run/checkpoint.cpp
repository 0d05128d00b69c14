#include "checkpoint.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "../failure.hpp"

namespace char_rnn {

namespace fs = std::filesystem;
using xgrad::escaped;

std::string not_finite(const Model& model) {
  for (const auto& p : xgrad::named_parameters(model)) {
    const float* values = p.parameter.data();
    const float* end = values + p.parameter.size();
    const float* bad = std::find_if(values, end, [](float w) { return !std::isfinite(w); });
    if (bad != end) return fmt::format("tensor '{}' holds {} at {}", p.name, *bad, bad - values);
  }
  return "";
}

// ---- reading

fs::path checkpoint_file(const fs::path& run) {
  std::error_code error;
  if (fs::is_regular_file(run, error)) return run;
  const fs::path best = run / best_file;
  return fs::exists(best, error) ? best : run / latest_file;
}

Checkpoint::Checkpoint(const fs::path& file) : path_(file) {
  file_ = explained(Exit::checkpoint, hint(), [this] {
    try {
      return xgrad::read_safetensors(path_);
    } catch (const xgrad::FileError& e) {
      throw failure_of(e, Exit::io, "name the folder of a run, as char_rnn train FILE makes them in runs/");
    }
  });
  check_version();
  if (metadata("finished") != "true" && metadata("finished") != "false")
    reject(fmt::format("finished '{}' is not true or false", escaped(metadata("finished"))));
  // It is shown to the user.
  if (text_sha256().size() != 64 || text_sha256().find_first_not_of("0123456789abcdef") != std::string::npos)
    reject(fmt::format("text_sha256 '{}' is no SHA-256", escaped(text_sha256())));
  read_settings();
  read_vocabulary();
  check_size();
}

/// For whom the file is of no use.
std::string Checkpoint::hint() const {
  const fs::path previous = path_.parent_path() / previous_file;
  std::error_code error;
  const bool other = path_.filename() != previous_file && fs::exists(previous, error);
  const char* if_copied = path_.filename() == latest_file ? "; copied to that name, it can be resumed" : "";
  return other ? fmt::format("'{}' is the one before{}", escaped(previous.string()), if_copied)
               : "name a run that this program made, or another file of that run";
}

void Checkpoint::reject(const std::string& what) const { reject(what, hint()); }

void Checkpoint::reject(const std::string& what, const std::string& hint) const {
  throw Failure(Exit::checkpoint, fmt::format("'{}': {}", escaped(path_.string()), what), hint);
}

const std::string& Checkpoint::metadata(const char* key) const {
  const auto at = file_.metadata.find(key);
  if (at == file_.metadata.end()) reject(fmt::format("metadata '{}' is missing", key));
  return at->second;
}

std::int64_t Checkpoint::integer(const char* key) const {
  const std::string& text = metadata(key);
  std::int64_t n = 0;
  const std::string wrong = read(text, Between{0, max_steps}, n);
  if (!wrong.empty()) reject(fmt::format("{} '{}' {}", key, escaped(text), wrong));
  return n;
}

double Checkpoint::number(const char* key) const {
  const std::string& text = metadata(key);
  double x = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), x);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(x))
    reject(fmt::format("{} '{}' is not a number", key, escaped(text)));
  return x;
}

template <class T>
std::vector<T> Checkpoint::values(const std::string& tensor) const {
  const xgrad::Tensor* found = file_.find(tensor);
  if (!found) reject(fmt::format("tensor '{}' is missing", tensor));
  try {
    return found->values<T>();
  } catch (const xgrad::FormatError& e) {
    reject(e.what());
  }
}

void Checkpoint::check_version() const {
  const std::int64_t found = integer("version");
  if (found != checkpoint_version)
    reject(
        fmt::format("version {} is {} than this program ({} {})", found, found > checkpoint_version ? "newer" : "older",
                    found > checkpoint_version ? "max" : "min", checkpoint_version),
        "use the program that made it, or train again");
}

void Checkpoint::read_settings() {
  const auto json = nlohmann::json::parse(metadata("settings"), nullptr, false);
  if (!json.is_object()) reject("its settings are no JSON object");
  visit_settings(settings_, [&](const Field& field, auto& value, const auto& rule) {
    const auto at = json.find(field.name);
    if (at == json.end() || !at->is_string()) reject(fmt::format("setting '{}' is missing", field.name));
    const std::string text = at->template get<std::string>();
    if (text.empty()) return;  // none was chosen
    const std::string wrong = read(text, rule, value);
    if (!wrong.empty()) reject(fmt::format("setting '{}': '{}' {}", field.name, escaped(text), wrong));
  });
  if (settings_.min_lr > learning_rate(settings_)) reject("setting 'min-lr' is above its learning rate");
  if (!settings_.shards || *settings_.shards > settings_.batch) reject("setting 'shards' does not fit its batch");
}

void Checkpoint::read_vocabulary() {
  const std::string& encoding = metadata("encoding");
  if (encoding != "utf8" && encoding != "bytes") reject(fmt::format("encoding '{}' is unknown", escaped(encoding)));
  try {
    vocabulary_ = {values<std::uint32_t>("vocab"), encoding == "utf8" ? xgrad::Encoding::utf8 : xgrad::Encoding::bytes};
  } catch (const xgrad::FormatError& e) {
    reject(e.what());
  }
}

/// Before a model of that size is made: the file must be as large as what its settings ask for.
void Checkpoint::check_size() const {
  const double weights = count_weights(architecture());
  double stored = 0;
  for (const auto& tensor : file_.tensors) stored += double(tensor.data.size()) / sizeof(float);
  if (weights > stored) reject(fmt::format("its settings ask for {:.0f} weights, it has {:.0f}", weights, stored));
}

template <class T>
void Checkpoint::load_into(const BasicModel<T>& model) const {
  try {
    xgrad::ParamStore<float> store;
    const Model stored(store, architecture());
    xgrad::load_weights(file_, stored);
    if (const std::string bad = not_finite(stored); !bad.empty()) reject(bad);
    const auto from = xgrad::named_parameters(stored);
    const auto to = xgrad::named_parameters(model);
    for (std::size_t i = 0; i < from.size(); ++i)
      std::copy_n(from[i].parameter.data(), from[i].parameter.size(), to[i].parameter.mutable_value().begin());
  } catch (const xgrad::FormatError& e) {
    reject(e.what());
  }
}
template void Checkpoint::load_into(const BasicModel<float>&) const;
template void Checkpoint::load_into(const BasicModel<double>&) const;

xgrad::Array<float> Checkpoint::first_stream(const Model& model) const {
  xgrad::Array<float> one = model.initial_state(1);
  const std::vector<float> all = values<float>("state");
  const xgrad::Index batch = settings_.batch, hidden = settings_.hidden;
  if (std::ssize(all) != model.state_shape(batch).size()) reject("tensor 'state' is not one of its streams");
  if (!all_finite(all)) reject("tensor 'state' holds what is no hidden state");
  for (xgrad::Size part = 0; part < model.state_parts(); ++part)
    std::copy_n(all.begin() + part * batch * hidden, hidden, one.begin() + part * hidden);
  return one;
}

History Checkpoint::history() const {
  History h;
  h.step = values<std::int64_t>("history.step");
  h.smooth_loss = values<double>("history.smooth_loss");
  h.validation_step = values<std::int64_t>("history.validation_step");
  h.validation = values<double>("history.validation");
  if (h.step.size() != h.smooth_loss.size() || h.validation_step.size() != h.validation.size())
    reject("its history has steps without a loss");
  return h;
}

template std::vector<float> Checkpoint::values(const std::string&) const;
template std::vector<std::uint32_t> Checkpoint::values(const std::string&) const;

}  // namespace char_rnn
