// The events of log.jsonl that a training writes: what is trained on what, how each step went, and what came of it.
// Here and nowhere else in a run's folder are time, speed and machine.
#pragma once
#include <cstdint>
#include <string>

#include "../run/folder.hpp"
#include "begin.hpp"
#include "evaluate.hpp"
#include "time_plan.hpp"
#include "trainer.hpp"

namespace char_rnn {

/// Every method throws Failure where the file cannot be written.
class RunLog {
 public:
  /// Both must outlive this object. `step`: the last one that the run has made so far.
  RunLog(RunFolder& folder, const TimePlan& time, std::int64_t step) : folder_(folder), time_(time), noted_(step) {}

  /// What is trained on what, by which machine: where a run begins, and where it goes on.
  void begin(const TrainOptions& options, const xgrad::Text& text, const Parts& parts, Trainer& trainer);
  /// Seconds in the steps that were counted.
  double stepped() const { return stepped_; }
  /// Counts a step that took so many seconds.
  void count(const StepResult& result, double seconds);
  /// Notes the trainer's last step, whose result this is, and what was counted since the note before. Does nothing
  /// where that step has been noted.
  void note(const Trainer& trainer, const StepResult& result, double smooth_loss);
  void validation(std::int64_t step, const Score& score, bool best);
  void sample(std::int64_t step, const std::string& text);
  void save(std::int64_t step);
  void end(std::int64_t step, const std::string& reason);

 private:
  nlohmann::ordered_json event(const char* name, std::int64_t step) const;

  RunFolder& folder_;
  const TimePlan& time_;
  std::int64_t noted_;        // the step
  double stepped_ = 0;        // seconds in steps, of this call
  double stepped_then_ = 0;   // the same when it was noted
  std::int64_t clipped_ = 0;  // steps since then in which something was limited
};

}  // namespace char_rnn
