// Learning-rate schedules: the rate of a step as a function of its number alone. Nothing is remembered, so a training
// that is resumed has the rates it would have had:
//
//   optimizer.set_learning_rate(schedule.rate(step, total));
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace xgrad {

enum class ScheduleKind { constant, step, exponential, cosine };

inline constexpr std::array schedule_kinds = {ScheduleKind::constant, ScheduleKind::step, ScheduleKind::exponential,
                                              ScheduleKind::cosine};

/// "constant", "step", "exponential" or "cosine".
std::string_view name_of(ScheduleKind kind);
/// The kind of that name. Throws ValueError where there is none.
ScheduleKind schedule_kind(std::string_view name);

/// With s the number of a step, counted from 0, the rate is, before any warm-up,
///
///   constant     learning_rate
///   step         learning_rate factor^k: it is multiplied by `factor` at s = after, and every `every` steps from then
///                on, so that k = 0 for s < after, else 1 + floor((s - after) / every)
///   exponential  learning_rate factor^(s / every): the same decay, smooth
///   cosine       from learning_rate at s = warmup to min_learning_rate at s = total, where it stays (Loshchilov and
///                Hutter 2017, without restarts): with p = (s - warmup) / (total - warmup) limited to [0, 1],
///                min_learning_rate + (learning_rate - min_learning_rate) (1 + cos(pi p)) / 2
///
/// In the first `warmup` steps it is multiplied by (s + 1) / (warmup + 1), as nanoGPT has it: no step is lost to a rate
/// of zero, and the first step after them is the first of the full rate. The decays of step and exponential count from
/// 0 nevertheless, so that they stay at the ends of epochs.
///
/// char-rnn's 0.97 for each epoch from the end of the tenth on, with E steps in an epoch, is
/// {.kind = ScheduleKind::step, .factor = 0.97, .every = E, .after = 10 * E}. A half every 5 epochs is
/// {.kind = ScheduleKind::step, .factor = 0.5, .every = 5 * E}; torch-rnn's comes one epoch early, at .after = 4 * E.
struct ScheduleSettings {
  ScheduleKind kind = ScheduleKind::constant;
  double learning_rate = 1e-3;          // the highest
  double factor = 0.5;                  // step, exponential; in (0, 1]
  std::int64_t every = 1000;            // step, exponential; >= 1
  std::optional<std::int64_t> after{};  // step; `every` where there is none
  double min_learning_rate = 0;         // cosine; at most learning_rate
  std::int64_t warmup = 0;              // steps, of any kind
};

class Schedule {
 public:
  /// Throws ValueError for settings out of their ranges, also those that the kind does not use.
  explicit Schedule(const ScheduleSettings& settings);

  /// The learning rate of a step, counted from 0, of a training of `total` steps, which only cosine asks for; where
  /// total <= warmup it falls to the lowest rate when the warm-up ends. Throws ValueError where step or total is
  /// negative.
  double rate(std::int64_t step, std::int64_t total) const;

  const ScheduleSettings& settings() const { return settings_; }

 private:
  double decayed(std::int64_t step, std::int64_t total) const;

  ScheduleSettings settings_;
};

}  // namespace xgrad
