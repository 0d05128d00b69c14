// Windows in which a model is scored: every target of some ranges of a text once, each with its context.
//
// The ranges are streams that are read in lockstep, as in training, with the state carried from window to window. They
// need not be of one length: where one has ended, or has still to be warmed up, its steps are there for the shape
// alone, and the window says which of them count. A model's nats are the sum over those.
#pragma once
#include <optional>
#include <span>
#include <vector>

#include "../text/ids.hpp"
#include "../text/split.hpp"
#include "../text/windows.hpp"

namespace xgrad {

/// Time steps begin to end - 1 of one stream in a window; none where they are equal.
struct ScoredSteps {
  Index begin = 0, end = 0;
};

/// T steps of S streams, time-major as in training.
struct ScoredWindow {
  Window window;                        ///< steps after a stream's end have id 0
  std::span<const ScoredSteps> scored;  ///< of each stream
};

/// All windows over S ranges, in order. Stream s begins with the prediction of ids[begin - warm_up] of its range.
class ScoredWindows {
 public:
  /// `ids` must outlive this object. Throws ValueError for seq_len < 1, for no ranges at all, and for one that, with
  /// its context, does not lie in the text.
  ScoredWindows(IdsView ids, std::vector<ScoredRange> ranges, Index seq_len);

  /// The next window, if there is one more; allocates nothing.
  std::optional<ScoredWindow> next();
  /// Begins again with the first.
  void rewind() { step_ = 0; }

  Index streams() const { return static_cast<Index>(ranges_.size()); }
  Index seq_len() const { return seq_len_; }
  /// How many windows there are in all.
  Size count() const { return (steps_ + seq_len_ - 1) / seq_len_; }
  /// How many targets are scored in all.
  Size targets() const { return scored_targets_; }

 private:
  IdsView ids_;
  std::vector<ScoredRange> ranges_;
  Index seq_len_;
  Size steps_ = 0;  // of the longest stream
  Size step_ = 0;   // where the next window begins
  Size scored_targets_ = 0;
  std::vector<Index> inputs_, targets_;  // (T, S)
  std::vector<ScoredSteps> scored_;
};

}  // namespace xgrad
