// Training windows for truncated BPTT: the text cut into streams, read in step, state carried from window to window.
//
// A recurrent net that shall learn from long contexts must see its text in order. So a batch is not B random snippets:
// the text is cut into B contiguous streams, and window k holds steps k*T .. k*T+T-1 of every stream. The hidden state
// after window k is the right initial state of window k+1, stream by stream; only the gradient stops between them.
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "../../autograd/core/shape.hpp"
#include "ids.hpp"

namespace xgrad {

/// T steps of B streams. Both spans are time-major, (T, B): step t of stream b is at [t * B + b]. They are overwritten
/// by the next call of next().
struct Window {
  std::span<const Index> inputs;
  std::span<const Index> targets;  ///< the symbol after each input
  bool starts_over = false;        ///< the first window of a pass: the carried state must be set to zero before it
};

/// Endless windows over a text of n symbols in B streams. Stream b has len = floor((n - 2) / B) symbols from b * len
/// on, a pass has floor(len / T) windows; what is left over is not read. With B = 1 this is the loop of min-char-rnn to
/// the letter, which starts over as soon as p + T + 1 >= n: hence n - 2, one less than the targets alone would need.
/// Only a text that would then hold no window at all gives up that one.
class BpttWindows {
 public:
  /// With `windows`, a pass has only so many, the first ones: the rest of each stream is for validation. `ids` must
  /// outlive this object. Throws ValueError for batch or seq_len < 1 and for `windows` outside [1, those of a whole
  /// pass], FormatError for n < batch * seq_len + 1.
  BpttWindows(IdsView ids, Index batch, Index seq_len, std::optional<Size> windows = std::nullopt);

  /// The next window; allocates nothing. After the last window of a pass comes the first again.
  Window next();

  Index batch() const { return batch_; }
  Index seq_len() const { return seq_len_; }
  /// Symbols of a stream: stream b begins at b * stream_length().
  Size stream_length() const { return stream_length_; }
  /// Windows in one pass over the text, at least 1.
  Size per_pass() const { return per_pass_; }
  /// The number, in [0, per_pass()), of the window that next() gives: what a checkpoint keeps.
  Size position() const { return position_; }
  /// Continues at that window; unless it is 0, the carried state is the caller's to restore. Throws ValueError.
  void seek(Size position);

 private:
  IdsView ids_;
  Index batch_;
  Index seq_len_;
  Size stream_length_ = 0;
  Size per_pass_ = 0;
  Size position_ = 0;
  std::vector<Index> inputs_;   // (T, B)
  std::vector<Index> targets_;  // (T, B)
};

/// The B streams of each window in parts: part i of n has streams [i B / n, (i + 1) B / n). So a batch is divided among
/// the shards of a training step (train/shards.hpp).
class WindowParts {
 public:
  /// Throws ValueError unless 1 <= parts <= batch.
  WindowParts(Index batch, Index parts);

  Index count() const { return static_cast<Index>(buffers_.size()); }
  /// The first stream of a part.
  Index first(Index part) const { return static_cast<Index>(Size{part} * batch_ / count()); }
  /// How many streams a part has: at least one.
  Index streams(Index part) const { return first(part + 1) - first(part); }
  /// B, over which every part's loss is to be averaged: then their sum is the loss averaged over the batch.
  Index batch() const { return batch_; }

  /// The window of a part's streams alone, (T, streams(part)); overwritten by the next call for that part. Several
  /// threads may each cut a part of their own. Allocates nothing once windows repeat. Throws ValueError for a part
  /// outside [0, count()), ShapeError where the ids do not fill whole steps of B.
  Window cut(const Window& window, Index part);

 private:
  struct Buffer {
    std::vector<Index> inputs, targets;
  };
  Index batch_;
  std::vector<Buffer> buffers_;  // one for each part
};

}  // namespace xgrad
