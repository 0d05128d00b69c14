#include "evaluation.hpp"

#include <algorithm>
#include <string>

#include "../../autograd/core/error.hpp"

namespace xgrad {

namespace {

void check_range(const ScoredRange& r, std::size_t number, Size n) {
  if (r.count >= 0 && r.warm_up >= 0 && r.begin <= n && r.count <= n - r.begin && r.begin > r.warm_up) return;
  fail<ValueError>("evaluation", "range " + std::to_string(number) + ", " + std::to_string(r.count) + " targets from " +
                                     std::to_string(r.begin) + " on after a warm-up of " + std::to_string(r.warm_up) +
                                     ", is not within a text of " + std::to_string(n) + " symbols");
}

}  // namespace

ScoredWindows::ScoredWindows(IdsView ids, std::vector<ScoredRange> ranges, Index seq_len)
    : ids_(ids), ranges_(std::move(ranges)), seq_len_(seq_len), scored_(ranges_.size()) {
  if (seq_len < 1) fail<ValueError>("evaluation", "seq_len must be at least 1, got " + std::to_string(seq_len));
  if (ranges_.empty()) fail<ValueError>("evaluation", "there are no ranges");
  for (std::size_t i = 0; i < ranges_.size(); ++i) {
    check_range(ranges_[i], i, ids.size());
    steps_ = std::max(steps_, ranges_[i].warm_up + ranges_[i].count);
    scored_targets_ += ranges_[i].count;
  }
  inputs_.resize(ranges_.size() * static_cast<std::size_t>(seq_len));
  targets_.resize(inputs_.size());
}

std::optional<ScoredWindow> ScoredWindows::next() {
  if (step_ >= steps_) return std::nullopt;
  const std::size_t streams = ranges_.size();
  for (std::size_t s = 0; s < streams; ++s) {
    const ScoredRange& r = ranges_[s];
    const Size first = r.begin - r.warm_up + step_;  // its first target
    const Size steps = std::clamp<Size>(r.warm_up + r.count - step_, 0, seq_len_);
    for (Size t = 0; t < seq_len_; ++t) {
      const std::size_t at = static_cast<std::size_t>(t) * streams + s;
      inputs_[at] = t < steps ? ids_[first + t - 1] : 0;
      targets_[at] = t < steps ? ids_[first + t] : 0;
    }
    scored_[s] = {static_cast<Index>(std::clamp<Size>(r.warm_up - step_, 0, steps)), static_cast<Index>(steps)};
  }
  const bool starts_over = step_ == 0;
  step_ += seq_len_;
  return ScoredWindow{{inputs_, targets_, starts_over}, scored_};
}

}  // namespace xgrad
