#include "evaluate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>

#include "../units.hpp"

namespace char_rnn {

using namespace xgrad;

double Score::bits() const { return nats * bits_per_nat; }
double Score::perplexity() const { return std::exp(nats); }

namespace {

using Sink = std::function<bool(Size, double)>;
using GoOn = std::function<bool(double)>;

/// The sum of the nats of ranges that are read in lockstep; none where `go_on` or `sink` says no.
std::optional<double> total(const Model& model, IdsView ids, const std::vector<ScoredRange>& ranges, const GoOn& go_on,
                            const Sink& sink) {
  constexpr Index most_rows = 1024;
  const Index streams = static_cast<Index>(ranges.size());
  ScoredWindows windows(ids, ranges, std::clamp(most_rows / streams, Index(1), Index(64)));
  Array<float> state = model.initial_state(streams);
  Tape<float> tape;
  const PauseGuard<float> pause(tape);
  double nats = 0;
  std::vector<Size> done(ranges.size());
  Size read = 0;
  while (const auto next = windows.next()) {
    tape.clear();
    const auto [logits, last] = model.logits(next->window.inputs, constant(state));
    const Var<float> log_p = log_softmax(logits);
    const float* rows = log_p.data();
    const Size symbols = log_p.shape()[2];
    for (Index s = 0; s < streams; ++s)
      for (Index t = next->scored[std::size_t(s)].begin; t < next->scored[std::size_t(s)].end; ++t) {
        const Size row = Size{t} * streams + s;
        const double surprise = -double{rows[row * symbols + next->window.targets[std::size_t(row)]]};
        nats += surprise;
        if (sink && !sink(ranges[std::size_t(s)].begin + done[std::size_t(s)]++, surprise)) return std::nullopt;
      }
    std::copy_n(last.data(), last.size(), state.data());
    if (go_on && !go_on(double(++read) / double(windows.count()))) return std::nullopt;
  }
  return nats;
}

}  // namespace

std::optional<Score> evaluate(const Model& model, IdsView ids, const std::vector<ScoredRange>& ranges, Index threads,
                              const GoOn& go_on, const Sink& sink) {
  Score score;
  for (const ScoredRange& range : ranges) score.chars += range.count;
  if (score.chars == 0) return score.nats = std::numeric_limits<double>::quiet_NaN(), score;
  if (sink || ranges.size() == 1) {
    const auto nats = total(model, ids, ranges, go_on, sink);
    if (!nats) return std::nullopt;
    return score.nats = *nats / double(score.chars), score;
  }

  const auto middle = ranges.begin() + std::ssize(ranges) / 2;
  const std::vector<ScoredRange> groups[] = {{ranges.begin(), middle}, {middle, ranges.end()}};
  std::optional<double> sums[2];
  std::mutex one_at_a_time;
  double done[2] = {0, 0};
  bool stopped = false;
  const auto told = [&](Index i) {
    return [&, i](double part) {
      const std::scoped_lock lock(one_at_a_time);
      done[i] = part;
      if (!stopped && go_on) stopped = !go_on((done[0] + done[1]) / 2);
      return !stopped;
    };
  };
  Team team(std::clamp(threads, Index(1), Index(2)));
  Team::Turn(team, "evaluate").run(2, [&](Index i) { sums[i] = total(model, ids, groups[i], told(i), {}); });
  if (!sums[0] || !sums[1]) return std::nullopt;
  score.nats = (*sums[0] + *sums[1]) / double(score.chars);
  return score;
}

}  // namespace char_rnn
