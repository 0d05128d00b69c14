// What of a text is trained on, and what is kept from training to be scored.
//
// There are two customs, and their losses cannot be compared. nanoGPT cuts the text once and keeps its tail: all that
// is scored comes after all that was learned. char-rnn cuts each training stream and keeps the end of every one, so
// that whatever the text has at its end, say another author, is learned from, too. Either way validation is a list of
// ranges that are read in lockstep (evaluation.hpp), each with some symbols before it as context that is not scored.
#pragma once
#include <array>
#include <optional>
#include <vector>

#include "../../autograd/core/shape.hpp"
#include "ids.hpp"

namespace xgrad {

/// Targets to be scored, ids[begin] to ids[begin + count - 1], each predicted from the id before it. A state that is
/// zero before the prediction of ids[begin - warm_up] has read warm_up ids more when the scoring begins.
struct ScoredRange {
  Size begin = 0;  ///< of a target, so at least warm_up + 1
  Size count = 0;
  Size warm_up = 0;
  bool operator==(const ScoredRange&) const = default;
};

/// Cuts the targets ids[begin] to ids[begin + count - 1] into `streams` consecutive ranges whose lengths differ by one
/// at most; into fewer where there are not so many targets. Each is warmed up by so many symbols, or by all before it
/// where the text begins later. So `scored_ranges(1, n - 1, S, W)` is a whole text of n symbols. Throws ValueError for
/// begin < 1, streams < 1, or a negative count or warm_up.
std::vector<ScoredRange> scored_ranges(Size begin, Size count, Index streams, Size warm_up);

/// Parts of a text, or of a stream; the rest is for testing.
struct Fractions {
  double train = 0.9, validation = 0.1;

  bool has_test() const { return train + validation < 1 - 1e-9; }
  /// What comes to training, validation and test of n: floor(n train), floor(n validation) and the rest; without a
  /// test, floor(n train) and the rest. Throws ValueError unless 0 < train, 0 <= validation and both are 1 at most
  /// together.
  std::array<Size, 3> of(Size n) const;
};

/// What BpttWindows trains on, and what is scored.
struct Split {
  IdsView train;
  std::optional<Size> windows;          ///< so many of each pass; none: all
  std::vector<ScoredRange> validation;  ///< of the whole text
  std::vector<ScoredRange> test;
};

/// nanoGPT's split: training is ids[0] to ids[int(n train) - 1], and all symbols after it are targets once, those of
/// validation and those of test in `streams` ranges each. The first is predicted from the last one of training. Throws
/// ValueError for fractions that are none, streams < 1 or warm_up < 0, FormatError where a part that is wanted would be
/// empty.
Split tail_split(IdsView ids, const Fractions& fractions, Index streams, Size warm_up);

/// char-rnn's split, for BpttWindows(split.train, batch, seq_len, split.windows): of the windows of each of the B
/// streams the first floor(n train) are for training, those that follow are that stream's range. Throws as tail_split,
/// and as BpttWindows does.
Split stream_split(IdsView ids, const Fractions& fractions, Index batch, Index seq_len, Size warm_up);

}  // namespace xgrad
