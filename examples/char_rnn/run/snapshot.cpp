// Checkpoints and trainers: what of a training is written down, and how another trainer takes it up.
#include <fmt/format.h>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "checkpoint.hpp"

namespace char_rnn {

using xgrad::make_tensor;

namespace {

std::string settings_text(const Settings& settings) {
  nlohmann::ordered_json all;
  visit_settings(settings,
                 [&](const Field& field, const auto& value, const auto& rule) { all[field.name] = show(value, rule); });
  return all.dump();
}

template <class T>
xgrad::Tensor row_of(const char* name, const std::vector<T>& values) {
  return make_tensor<T>(name, {values.size()}, std::span<const T>(values));
}

std::string exact(double x) { return nlohmann::json(x).dump(); }  // the shortest text that reads as x

}  // namespace

xgrad::SafeTensors checkpoint_of(const Settings& settings, const xgrad::Vocabulary& vocabulary,
                                 const std::string& text_sha256, const Standing& standing, Trainer& trainer) {
  const TrainingState& training = standing.training;
  xgrad::SafeTensors file{xgrad::weights_of(trainer.model()), {}};
  auto& all = file.tensors;
  all.push_back(row_of("vocab", vocabulary.symbols()));
  std::vector<std::uint64_t> shape;
  for (const std::size_t n : trainer.model().state_shape(settings.batch).to_vector()) shape.push_back(n);
  all.push_back(make_tensor<float>("state", shape, training.hidden));
  std::vector<std::uint32_t> words;
  for (const auto& rng : training.rng) words.insert(words.end(), rng.begin(), rng.end());
  all.push_back(make_tensor<std::uint32_t>("rng", {training.rng.size(), xgrad::Rng::state_words},
                                           std::span<const std::uint32_t>(words)));
  for (const auto& array : trainer.optimizer().state())
    all.push_back(make_tensor<float>("optimizer." + std::string(array.name), {array.values.size()},
                                     std::span<const float>(array.values)));
  all.push_back(row_of("history.step", standing.history.step));
  all.push_back(row_of("history.smooth_loss", standing.history.smooth_loss));
  all.push_back(row_of("history.validation_step", standing.history.validation_step));
  all.push_back(row_of("history.validation", standing.history.validation));
  file.metadata = {{"format", "pt"},
                   {"version", std::to_string(checkpoint_version)},
                   {"model", show(settings.model, model_names)},
                   {"encoding", vocabulary.encoding() == xgrad::Encoding::utf8 ? "utf8" : "bytes"},
                   {"text_sha256", text_sha256},
                   {"settings", settings_text(settings)},
                   {"step", std::to_string(training.step)},
                   {"window", std::to_string(training.window)},
                   {"total", std::to_string(standing.total)},
                   {"finished", standing.finished ? "true" : "false"},
                   {"smooth_loss", exact(standing.smooth_loss)},
                   {"first_loss", exact(standing.first_loss)},
                   {"exploded", std::to_string(standing.exploded)},
                   {"optimizer_steps", std::to_string(trainer.optimizer().steps())}};
  return file;
}

Standing Checkpoint::restore(Trainer& trainer) const {
  Standing s;  // filled one by one: g++ 12 destroys a nested aggregate twice where a later initialiser throws
  s.training.step = integer("step");
  s.training.window = integer("window");
  s.training.hidden = values<float>("state");
  s.total = integer("total");
  s.finished = finished();
  s.smooth_loss = number("smooth_loss");
  s.first_loss = number("first_loss");
  s.exploded = integer("exploded");
  s.history = history();
  if (!all_finite(s.training.hidden)) reject("tensor 'state' holds what is no hidden state");
  const std::vector<std::uint32_t> words = values<std::uint32_t>("rng");
  constexpr std::size_t each = xgrad::Rng::state_words;
  if (words.size() % each != 0) reject("tensor 'rng' holds no whole random states");
  for (std::size_t at = 0; at < words.size(); at += each)
    s.training.rng.emplace_back(words.begin() + std::ptrdiff_t(at), words.begin() + std::ptrdiff_t(at + each));
  load_into(trainer.model());
  try {
    for (auto& array : trainer.optimizer().state()) {
      const std::vector<float> stored = values<float>("optimizer." + std::string(array.name));
      if (stored.size() != array.values.size()) reject(fmt::format("tensor 'optimizer.{}' does not fit", array.name));
      const bool squares = array.name != "momentum" && array.name != "first_moment";
      if (!all_finite(stored) || (squares && std::any_of(stored.begin(), stored.end(), [](float x) { return x < 0; })))
        reject(fmt::format("tensor 'optimizer.{}' holds what no step leaves there", array.name));
      std::copy(stored.begin(), stored.end(), array.values.begin());
    }
    trainer.optimizer().set_steps(integer("optimizer_steps"));
    trainer.restore(s.training);
  } catch (const xgrad::Error& e) {
    reject(e.what());
  }
  return s;
}

}  // namespace char_rnn
