// Two things or more measured in turns. A machine's speed changes from one moment to the next, so what is compared must
// be timed within milliseconds of each other: in every round each has its turn, in the next round in reverse order, and
// ratios are taken round by round.
#pragma once
#include <algorithm>
#include <ctime>
#include <functional>
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

/// `repeats` calls of one in each turn.
template <class F>
double turn(Clock clock, int repeats, F& f) {
  const double start = now(clock);
  for (int i = 0; i < repeats; ++i) f();
  return (now(clock) - start) / repeats;
}

/// The seconds of one call, of each side, in each round.
using Times = std::vector<std::vector<double>>;

/// Rounds of sides that time themselves: each takes a turn and returns the seconds of one call.
inline Times take_turns(int rounds, const std::vector<std::function<double()>>& turns) {
  Times times(turns.size());
  for (int round = 0; round < rounds; ++round)
    for (std::size_t i = 0; i < turns.size(); ++i) {
      const std::size_t side = round % 2 == 0 ? i : turns.size() - 1 - i;
      times[side].push_back(turns[side]());
    }
  return times;
}

/// How many calls fill a turn of `least` seconds, where one takes `seconds`.
inline int repeats_of(double least, double seconds) { return std::clamp(int(least / seconds) + 1, 1, 1 << 20); }

/// Rounds of several sides. A turn is `least` seconds of the last one's calls, and takes one call where that takes
/// longer.
inline Times in_turns(Clock clock, int rounds, double least, const std::vector<std::function<void()>>& sides) {
  const int repeats = repeats_of(least, turn(clock, 1, sides.back()));
  std::vector<std::function<double()>> turns;
  for (const auto& side : sides) turns.push_back([clock, repeats, &side] { return turn(clock, repeats, side); });
  for (const auto& once : turns) once();
  return take_turns(rounds, turns);
}

/// A quotient of each round.
inline std::vector<double> quotients(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> all(a.size());
  std::transform(a.begin(), a.end(), b.begin(), all.begin(), std::divides<>());
  return all;
}

struct Comparison {
  double a, b;    // seconds: medians over rounds
  double ratio;   // a / b: median of the rounds' ratios, which a / b of the medians need not be
  double spread;  // of the rounds' ratios: half the distance between their quartiles
};

inline Comparison comparison(const std::vector<double>& a, const std::vector<double>& b) {
  const std::vector<double> ratios = quotients(a, b);
  return {median(a), median(b), median(ratios), (quantile(ratios, 0.75) - quantile(ratios, 0.25)) / 2};
}

/// Rounds of a and b, in turns of 2 ms, which is long enough for the clock.
inline Comparison compare(Clock clock, int rounds, const std::function<void()>& a, const std::function<void()>& b) {
  const Times times = in_turns(clock, rounds, 2e-3, {a, b});
  return comparison(times[0], times[1]);
}

}  // namespace bench
