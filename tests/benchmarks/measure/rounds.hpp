// Two things measured in turns. A machine's speed changes from one moment to the next, so what is compared must be
// timed within milliseconds of each other: in every round each has its turn, first one, in the next round the other
// first, and the ratio is taken round by round.
#pragma once
#include <algorithm>
#include <ctime>
#include <vector>

namespace bench {

/// Seconds: CPU time of this thread, or wall time.
enum class Clock { thread_cpu, wall };
inline double now(Clock clock) {
  timespec t{};
  clock_gettime(clock == Clock::wall ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

/// The q-th quantile, 0 <= q <= 1, interpolated linearly between neighbours. Pre: v is not empty.
inline double quantile(std::vector<double> v, double q) {
  std::sort(v.begin(), v.end());
  const double at = q * double(v.size() - 1);
  const std::size_t below = std::size_t(at), above = std::min(below + 1, v.size() - 1);
  return v[below] + (at - double(below)) * (v[above] - v[below]);
}
inline double median(const std::vector<double>& v) { return quantile(v, 0.5); }

struct Comparison {
  double a, b;    // seconds: medians over rounds
  double ratio;   // a / b: median of the rounds' ratios, which a / b of the medians need not be
  double spread;  // of the rounds' ratios: half the distance between their quartiles
};

/// `repeats` calls of one in each turn.
template <class F>
double turn(Clock clock, int repeats, F& f) {
  const double start = now(clock);
  for (int i = 0; i < repeats; ++i) f();
  return (now(clock) - start) / repeats;
}

/// Rounds of a and b. A turn is long enough for the clock, 2 ms, and takes one call where that takes longer.
template <class A, class B>
Comparison compare(Clock clock, int rounds, A a, B b) {
  const int repeats = std::clamp(int(2e-3 / turn(clock, 1, b)) + 1, 1, 1 << 20);
  turn(clock, repeats, a), turn(clock, repeats, b);
  std::vector<double> a_times, b_times, ratios;
  for (int round = 0; round < rounds; ++round) {
    const bool a_first = round % 2 == 0;
    if (a_first) a_times.push_back(turn(clock, repeats, a));
    b_times.push_back(turn(clock, repeats, b));
    if (!a_first) a_times.push_back(turn(clock, repeats, a));
    ratios.push_back(a_times.back() / b_times.back());
  }
  return {median(a_times), median(b_times), median(ratios), (quantile(ratios, 0.75) - quantile(ratios, 0.25)) / 2};
}

}  // namespace bench
