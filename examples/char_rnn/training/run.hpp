// The folder of a run: log.jsonl, how training went, and latest.safetensors, what came of it.
//
// The weights have PyTorch's names and layout; `vocab` (U32) holds the symbols, `state` (F32) the hidden state in which
// training left the first stream, and strings in the metadata the rest:
// which model, how large, after how many steps, and `config`, the settings as JSON. No time, speed or path is among
// them: the same command on the same machine writes the same bytes.
#pragma once
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <xgrad/models/models.hpp>

#include "../options/options.hpp"

namespace char_rnn {

struct LogLine {
  std::int64_t step;
  double loss, smooth_loss;  // nats per character
  double chars_per_s;
};

class Run {
 public:
  /// Makes the folder: the one that was asked for, or the next free one in runs/. Throws Failure where it holds a run
  /// already or cannot be made.
  explicit Run(const TrainOptions& options);
  /// Takes the folder away again if nothing is in it.
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
  void log(const LogLine& line);
  /// Replaces latest.safetensors. Throws Failure where it cannot, or where a weight is not finite.
  void save(const xgrad::CharRnn<float>& model, const xgrad::Vocabulary& vocabulary, const xgrad::Array<float>& state,
            std::int64_t step);

 private:
  std::filesystem::path folder_;
  bool made_ = false;
  std::string config_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> log_{nullptr, &std::fclose};
};

/// latest.safetensors, read and checked.
class Checkpoint {
 public:
  /// Throws Failure: Exit::io where there is no such file, Exit::checkpoint where it is not a good one.
  explicit Checkpoint(const std::filesystem::path& folder);

  const xgrad::Vocabulary& vocabulary() const { return vocabulary_; }
  xgrad::Index hidden() const { return hidden_; }
  void load_into(const xgrad::CharRnn<float>& model) const;
  /// (1, hidden); zeros where the file has none.
  xgrad::Array<float> state() const;

 private:
  const std::string& metadata(const char* key) const;
  [[noreturn]] void reject(const std::string& what) const;
  void check_kind() const;
  xgrad::Vocabulary read_vocabulary() const;
  xgrad::Index read_hidden() const;

  std::filesystem::path path_;
  xgrad::SafeTensors file_;
  xgrad::Vocabulary vocabulary_;
  xgrad::Index hidden_ = 0;
};

}  // namespace char_rnn
