// One call of train: when to report, validate, save, show a sample and stop. The step itself is in trainer.hpp.
//
// Nothing that is saved depends on the clock, with one exception that the user asks for: --seconds fits the number of
// steps, and so the schedule, to the time there is. The number is part of what is saved.
#pragma once
#include <bitset>
#include <optional>

#include "../failure.hpp"
#include "../run/checkpoint.hpp"
#include "../run/folder.hpp"
#include "../terminal/progress.hpp"
#include "../terminal/terminal.hpp"
#include "begin.hpp"
#include "run_log.hpp"
#include "time_plan.hpp"

namespace char_rnn {

/// What earlier calls have left.
struct Before {
  double seconds = 0;     // that the run has had
  bool outdated = false;  // whether its checkpoint says another end than this call is to come to
};

class Session {
 public:
  /// All but the last two must outlive this object.
  Session(const TrainOptions& options, const xgrad::Text& text, const Parts& parts, Trainer& trainer, RunFolder& folder,
          const Standing& standing, const Before& before = {});
  /// Goes on until the end. Returns the exit code; throws Failure where numbers are no longer finite or a file cannot
  /// be written, and after the end where stdout could not.
  int train();

 private:
  int go();
  bool step();
  bool has_all_steps() const;
  bool ends() const;
  void plan();
  void estimate_closing();
  void tell_of_little_time(double stepped);
  void watch(const StepResult& result);
  void note();
  void remember(bool end = false);
  void forget_the_end();
  void validate();
  xgrad::SafeTensors snapshot();
  void save();
  void show_sample();
  const char* reason(int signal) const;
  void say_goodbye(int signal);
  Figures figures() const;

  const TrainOptions& options_;
  const Settings& settings_;
  const xgrad::Text& text_;
  const Parts& parts_;
  Trainer& trainer_;
  RunFolder& folder_;
  Standing standing_;

  TimePlan time_;
  RunLog log_;
  Progress progress_;
  TextOut out_;
  std::optional<Failure> unshown_;  // why samples can no longer be shown
  xgrad::Rng rng_;                  // of the samples that are shown
  StepResult last_{};
  std::bitset<100> clipped_lately_;  // in which of the last steps something was limited
  double best_;                      // validation loss that is kept: nats per character
  std::int64_t begun_at_;            // the step with which this call began
  std::int64_t next_sample_ = 100;
  double saved_ = 0;
  std::int64_t saved_step_;  // of the latest checkpoint; -1 without one
  bool outdated_;            // whether that says another end
};

}  // namespace char_rnn
