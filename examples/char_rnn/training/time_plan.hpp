// How long a run may take, and what of that its end needs: so that the last validation, saving and a sample are done
// when the time is over. Seconds are those since the program began, after those that earlier calls have had.
#pragma once
#include <cstdint>
#include <optional>

namespace char_rnn {

class TimePlan {
 public:
  /// Without a limit there is time for everything. `before`: seconds of earlier calls.
  TimePlan(std::optional<double> limit, double before) : limit_(limit), before_(before) {}

  double now() const;
  /// The steps of this call begin now, after `steps` of earlier ones.
  void begin_steps(std::int64_t steps);
  /// Seconds since then.
  double stepping() const { return now() - started_; }
  /// Until the limit; none without one.
  std::optional<double> left() const;

  /// Whether another step would come too late, after so many in all. A run has at least one, whatever that takes.
  bool is_over(std::int64_t steps) const;
  /// How many steps there will be in all: told anew at every hundredth of the time, else nothing.
  std::optional<std::int64_t> steps_in_all(std::int64_t steps);
  /// Whether what takes so long may still be done at the end, where estimates may have been wrong by a little.
  bool fits(double seconds) const { return !limit_ || now() + seconds <= 1.05 * *limit_; }
  /// Whether a validation may be done before the end, and that yet has time for its own.
  bool can_spare_a_validation() const { return !limit_ || now() + 2 * closing() < *limit_; }

  /// Seconds that each takes at the end.
  double validation = 0, sample = 0, save = 0;

 private:
  double closing() const;

  std::optional<double> limit_;
  double before_, started_ = 0, planned_ = 0;
  std::int64_t begun_at_ = 0;
};

}  // namespace char_rnn
