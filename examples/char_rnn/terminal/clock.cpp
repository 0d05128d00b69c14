#include "clock.hpp"

#include <fmt/format.h>
#include <chrono>
#include <cmath>

namespace char_rnn {

namespace {

using Clock = std::chrono::steady_clock;
const Clock::time_point start = Clock::now();  // before main

}  // namespace

double seconds_since_start() { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::string clock_text(double seconds) {
  if (seconds >= 360'000) return fmt::format("{:.0f} days", seconds / 86'400);
  const auto s = std::lround(seconds);
  return s < 3600 ? fmt::format("{}:{:02}", s / 60, s % 60)
                  : fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
}

}  // namespace char_rnn
