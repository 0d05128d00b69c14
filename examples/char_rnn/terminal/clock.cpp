#include "clock.hpp"

#include <chrono>

namespace char_rnn {

namespace {

using Clock = std::chrono::steady_clock;
const Clock::time_point start = Clock::now();  // before main

}  // namespace

double seconds_since_start() { return std::chrono::duration<double>(Clock::now() - start).count(); }

}  // namespace char_rnn
