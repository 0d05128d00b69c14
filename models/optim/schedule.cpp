#include "schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "../../autograd/core/error.hpp"

namespace xgrad {

namespace {

constexpr std::array<std::string_view, schedule_kinds.size()> names = {"constant", "step", "exponential", "cosine"};

template <class N>
void require(bool holds, const char* name, const char* range, N value) {
  if (!holds)
    fail<ValueError>("schedule", std::string(name) + " must be " + range + ", it is " + std::to_string(value));
}

}  // namespace

std::string_view name_of(ScheduleKind kind) { return names[static_cast<std::size_t>(kind)]; }

ScheduleKind schedule_kind(std::string_view name) {
  const auto at = std::find(names.begin(), names.end(), name);
  if (at == names.end())
    fail<ValueError>("schedule",
                     "\"" + std::string(name) + "\" is none; there are constant, step, exponential and cosine");
  return schedule_kinds[static_cast<std::size_t>(at - names.begin())];
}

Schedule::Schedule(const ScheduleSettings& settings) : settings_(settings) {
  const auto& [kind, highest, factor, every, after, lowest, warmup] = settings;
  require(std::isfinite(highest) && highest >= 0, "learning_rate", "finite and >= 0", highest);
  require(factor > 0 && factor <= 1, "factor", "in (0, 1]", factor);
  require(every >= 1, "every", ">= 1", every);
  require(after.value_or(0) >= 0, "after", ">= 0", after.value_or(0));
  require(lowest >= 0 && lowest <= highest, "min_learning_rate", "in [0, learning_rate]", lowest);
  require(warmup >= 0, "warmup", ">= 0", warmup);
}

double Schedule::rate(std::int64_t step, std::int64_t total) const {
  require(step >= 0, "step", ">= 0", step);
  require(total >= 0, "total", ">= 0", total);
  const double full = decayed(step, total);
  return step < settings_.warmup ? full * (double(step) + 1) / (double(settings_.warmup) + 1) : full;
}

double Schedule::decayed(std::int64_t step, std::int64_t total) const {
  const auto& [kind, highest, factor, every, given_after, lowest, warmup] = settings_;
  switch (kind) {
    case ScheduleKind::constant:
      return highest;
    case ScheduleKind::step: {
      const std::int64_t after = given_after.value_or(every);
      return step < after ? highest : highest * std::pow(factor, double(1 + (step - after) / every));
    }
    case ScheduleKind::exponential:
      return highest * std::pow(factor, double(step) / double(every));
    case ScheduleKind::cosine:
      break;
  }
  if (step < warmup) return highest;
  if (step >= total) return lowest;
  const double progress = double(step - warmup) / double(total - warmup);
  return highest - (highest - lowest) * (1 - std::cos(std::numbers::pi * progress)) / 2;
}

}  // namespace xgrad
