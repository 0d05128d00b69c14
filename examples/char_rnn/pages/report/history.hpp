// How a run went, read from its log.jsonl: one JSON object a line, which has the name of its event.
//
//   start       what is trained on what: text, model, machine, settings. Later ones add to it or replace it.
//   step        loss, rate and gradient of a training step
//   validation  the loss on held-out text
//   sample      text that the model wrote at that step
//   save        what the run is at that step is about to be saved
//   resume      training went on from a checkpoint: what the log has of later steps did not happen; members of a start
//               count where no start has them, settings always
//   end         why training stopped
//
// Of two events of one kind and step the later one counts. Other events and members are ignored, so that logs may grow;
// members that a run does not have are null or absent. A log can end in the middle of a line, where its process was
// killed; that line is ignored, and no other.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace char_rnn {

/// Numbers are NaN and texts empty where the log has none.
struct RunHistory {
  struct Step {
    std::int64_t step = 0;
    double seconds = 0;                // of training so far, before and after resumptions
    double loss = 0, smooth_loss = 0;  // nats per character
    double learning_rate = 0;
    double gradient_norm = 0;
    double clipped = 0;  // in how many steps a limit took effect, since the one before in this list
    double chars_per_s = 0;
  };
  struct Validation {
    std::int64_t step = 0;
    double seconds = 0;
    double nats = 0;                    // per character; bits and perplexity follow from it
    std::optional<std::int64_t> chars;  // how many were scored
  };
  struct Sample {
    std::int64_t step = 0;
    std::string text;
  };
  struct Save {
    std::int64_t step = 0;
    double seconds = 0;
  };
  struct Resume {
    std::int64_t step = 0;
    std::string time;
  };
  struct End {
    std::int64_t step = 0;
    double seconds = 0;
    std::string reason;
  };

  std::string time, version, text, sha256, isa, blas_core, protocol;
  std::optional<std::int64_t> bytes, symbols, vocabulary, threads, parameters;
  std::vector<std::pair<std::string, std::string>> settings;  // values as JSON, texts bare; in the order of the log
  // In the order of steps.
  std::vector<Step> steps;
  std::vector<Validation> validations;
  std::vector<Sample> samples;
  std::vector<Save> saves;
  std::vector<Resume> resumes;
  std::optional<End> end;  // none while training, or where it was killed

  /// The validation with the least loss, the first of equals; null where there is none.
  const Validation* best() const;
  /// The last step of which there is any word; 0 where there is none.
  std::int64_t last_step() const;
  /// The newest noted step up to this one, or null.
  const Step* at(std::int64_t step) const;
  /// The newest step with a finite value of this member, or null.
  const Step* last(double Step::*member) const;
  /// The time that the run had had when it stood at this step: the longest that its steps and savings until then tell;
  /// 0 where they do not.
  double seconds_until(std::int64_t step) const;
};

/// Reads a log. Throws xgrad::FileError where it cannot be read and xgrad::FormatError, with the number of the line,
/// where a line is malformed or steps go back without a resumption.
RunHistory read_history(const std::filesystem::path& path);

}  // namespace char_rnn
