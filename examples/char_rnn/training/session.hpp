// One call of train: when to report, validate, save, show a sample and stop. The step itself is in trainer.hpp.
//
// Nothing that is saved depends on the clock, with one exception that the user asks for: --seconds fits the number of
// steps, and so the schedule, to the time there is. The number is part of what is saved.
#pragma once
#include <optional>

#include "../run/checkpoint.hpp"
#include "../run/folder.hpp"
#include "../terminal/progress.hpp"
#include "../terminal/terminal.hpp"
#include "begin.hpp"
#include "evaluate.hpp"

namespace char_rnn {

class Session {
 public:
  /// All must outlive this object. `before`: seconds that the run has had in earlier calls.
  Session(const TrainOptions& options, const xgrad::Text& text, const Parts& parts, Trainer& trainer, RunFolder& folder,
          const Standing& standing, double before = 0);
  /// Goes on until the end. Returns the exit code; throws Failure where numbers are no longer finite or a file cannot
  /// be written.
  int train();

 private:
  bool step();
  int finish();
  void plan();
  void estimate_closing();
  double closing() const;
  bool fits(double duration) const;
  bool out_of_time() const;
  void watch(const StepResult& result);
  void note(const StepResult& result);
  void remember(bool end = false);
  void validate();
  xgrad::SafeTensors snapshot();
  void save();
  void show_sample();
  void begin_log();
  void log_end(const char* reason);
  void say_goodbye(int signal);
  Figures figures() const;
  double now() const;
  double best() const;

  const TrainOptions& options_;
  const Settings& settings_;
  const xgrad::Text& text_;
  const Parts& parts_;
  Trainer& trainer_;
  RunFolder& folder_;
  Standing standing_;

  Progress progress_;
  TextOut out_;
  xgrad::Rng rng_;  // of the samples that are shown
  StepResult last_{};
  xgrad::Size clipped_ = 0;  // steps since the last report in which something was limited
  std::int64_t begun_at_;    // the step with which this call began
  double before_, started_;  // seconds of earlier calls; with them, when steps began
  double busy_ = 0;          // seconds in steps since the last report
  std::int64_t reported_, next_sample_ = 100;
  double saved_ = 0, planned_ = 0;
  double validation_seconds_ = 0, sample_seconds_ = 0, save_seconds_ = 0;  // that each will take at the end
  std::int64_t saved_step_ = -1;
};

}  // namespace char_rnn
