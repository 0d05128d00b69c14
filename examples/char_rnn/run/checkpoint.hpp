// What a checkpoint holds: all that training needs to go on, and all that sampling needs to begin.
//
// It is a safetensors file. The weights have PyTorch's names and layout. Besides them there are `vocab` (U32, the
// symbols), `state` (F32, the hidden state of every stream as the model's state_shape has it), `rng` (U32, a row for
// each shard), `optimizer.<name>` (F32, in the layout of the parameter store) and `history.*`. Strings in the metadata
// hold the rest: which model, where training stands, `settings`, the settings as JSON, and the SHA-256 of the text and
// of the file itself. No time, speed, path or host is among them: the same text, settings and number of steps on the
// same machine give the same bytes.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "../model/model.hpp"
#include "../training/trainer.hpp"

namespace char_rnn {

inline constexpr std::int64_t checkpoint_version = 2;

/// How training went, in nats per character.
struct History {
  std::vector<std::int64_t> step;  // at which the smoothed loss was noted
  std::vector<double> smooth_loss;
  std::vector<std::int64_t> validation_step;
  std::vector<double> validation;
};

/// Where a run stands, besides the model.
struct Standing {
  TrainingState training;
  std::int64_t total = 0;     // steps that the schedule is fitted to
  bool finished = false;      // nothing is left to be done
  double smooth_loss = 0;     // nats per character
  double first_loss = 0;      // of the first step
  std::int64_t exploded = 0;  // steps in a row in which the loss was far above the first
  History history;
};

/// The file name of the newest one in a folder, of the one before, and of that with the lowest validation loss.
inline constexpr const char *latest_file = "latest.safetensors", *previous_file = "previous.safetensors",
                            *best_file = "best.safetensors";

/// The content of a file.
xgrad::SafeTensors checkpoint_of(const Settings& settings, const xgrad::Vocabulary& vocabulary,
                                 const std::string& text_sha256, const Standing& standing, Trainer& trainer);

/// Where a parameter is not finite: "tensor 'rnn.bias_ih_l0' holds nan at 3", else empty.
std::string not_finite(const Model& model);

/// A file, read and checked.
class Checkpoint {
 public:
  /// Throws Failure: Exit::io where the file cannot be read, Exit::checkpoint where it is not a good one.
  explicit Checkpoint(const std::filesystem::path& file);

  const std::filesystem::path& path() const { return path_; }
  const xgrad::Vocabulary& vocabulary() const { return vocabulary_; }
  const Settings& settings() const { return settings_; }
  Architecture architecture() const { return architecture_of(settings_, vocabulary_.size()); }
  const std::string& text_sha256() const { return metadata("text_sha256"); }
  std::int64_t step() const { return integer("step"); }
  std::int64_t total() const { return integer("total"); }
  bool finished() const { return metadata("finished") == "true"; }
  History history() const;

  /// Fills the parameters of a model of that architecture.
  template <class T>
  void load_into(const BasicModel<T>& model) const;
  /// The state of the first stream, as the model has it for one.
  xgrad::Array<float> first_stream(const Model& model) const;
  /// Puts a trainer of these settings where training stood.
  Standing restore(Trainer& trainer) const;

 private:
  const std::string& metadata(const char* key) const;
  std::int64_t integer(const char* key) const;
  double number(const char* key) const;
  template <class T>
  std::vector<T> values(const std::string& tensor) const;
  std::string hint() const;
  [[noreturn]] void reject(const std::string& what) const;
  [[noreturn]] void reject(const std::string& what, const std::string& hint) const;
  void check_version() const;
  void read_settings();
  void read_vocabulary();
  void check_size() const;

  std::filesystem::path path_;
  xgrad::SafeTensors file_;
  xgrad::Vocabulary vocabulary_;
  Settings settings_;
};

/// The checkpoint that a verb is to use: of a folder the best where there is one, else the latest; else the file.
std::filesystem::path checkpoint_file(const std::filesystem::path& run);

/// That checkpoint and its model. Throws Failure as Checkpoint does.
struct LoadedRun {
  explicit LoadedRun(const std::filesystem::path& run)
      : checkpoint(checkpoint_file(run)), model(store, checkpoint.architecture()) {
    checkpoint.load_into(model);
  }
  Checkpoint checkpoint;
  xgrad::ParamStore<float> store;
  Model model;
};

}  // namespace char_rnn
