#include "time_plan.hpp"

#include <algorithm>
#include <cmath>

#include "../settings/settings.hpp"
#include "../terminal/clock.hpp"

namespace char_rnn {

double TimePlan::now() const { return before_ + seconds_since_start(); }

void TimePlan::begin_steps(std::int64_t steps) {
  started_ = now();
  begun_at_ = steps;
}

std::optional<double> TimePlan::left() const {
  return limit_ ? std::optional(std::max(*limit_ - now(), 0.0)) : std::nullopt;
}

// A validation that takes more than half of all the time is left out.
double TimePlan::closing() const {
  constexpr double margin = 0.2;
  return (validation < 0.5 * *limit_ ? validation : 0) + sample + save + margin;
}

bool TimePlan::is_over(std::int64_t steps) const {
  if (!limit_ || steps == 0) return false;
  const std::int64_t made = steps - begun_at_;
  const double each = made > 0 ? stepping() / double(made) : 0;
  return now() + each + closing() >= *limit_;
}

std::optional<std::int64_t> TimePlan::steps_in_all(std::int64_t steps) {
  const std::int64_t made = steps - begun_at_;
  if (!limit_ || made < 3 || stepping() < 0.2 || now() < planned_ + *limit_ / 100) return std::nullopt;
  planned_ = now();
  const double seconds = std::max(*limit_ - closing() - now(), 0.0);
  const double more = std::min(seconds * double(made) / stepping(), double(max_steps - steps));
  return steps + std::max<std::int64_t>(1, std::llround(more));
}

}  // namespace char_rnn
