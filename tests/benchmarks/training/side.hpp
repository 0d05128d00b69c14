// One of those that are held against each other: a training step on the tape, or the same by hand, or by a peer
// (peers/). All start from the same weights and read the same window; each owns its weights, gradients and state.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "workload.hpp"

namespace bench {

class Side {
 public:
  virtual ~Side() = default;
  /// One training step; the loss in nats.
  virtual float step() = 0;
  /// All weights and, of the last step, all gradients; all sides in one layout, with zeros in gaps. Whether the
  /// gradients are clipped is not said.
  virtual std::span<const float> weights() const = 0;
  virtual std::span<const float> gradients() = 0;
};

/// The tape's side has more to tell.
class TapeSide : public Side {
 public:
  virtual Index nodes() const = 0;  // of one step
  virtual Size memory() const = 0;  // bytes: values, gradients and nodes of one step
};

/// Ordinary model code on a tape; with several threads in as many shards. Pre: 0 < threads <= batch.
std::unique_ptr<TapeSide> make_tape_side(const Workload& w, int threads = 1);

/// How the hand-written side goes about it; what is not given is what was fastest for this shape.
struct HandOptions {
  int threads = 1;
  std::optional<Index> block{};      // time steps in one product of a weight gradient
  std::optional<bool> transposed{};  // recurrent weights transposed once a step
};
std::unique_ptr<Side> make_hand_side(const Workload& w, const HandOptions& options = {});

/// Takes `steps` steps on both sides. Returns what differs, or nothing where both agree as far as float goes: all
/// gradients of the first step to 3e-5 of the largest, all weights after the last to 5e-4 of the largest. `whose` says
/// what the other side is by.
std::optional<std::string> disagreement(Side& tape, Side& other, int steps = 3, const std::string& whose = "hand");

}  // namespace bench
