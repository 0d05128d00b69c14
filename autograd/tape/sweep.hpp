// The first-order backward sweep and where gradients lie.
//
// Gradients are assigned on the first contribution and added to after: nothing is zeroed first. Three things keep
// copies away; each is only a matter of which buffer `Node::grad` points at:
//
//   adoption     a VJP that is the identity hands its y_bar over, and the input's gradient *is* that buffer. If anyone
//                else may still read it (a second input, a deferred product, a retained gradient, a saved array) it is
//                handed over as shared, the flag travels on with every further hand-over, and adding to a shared
//                buffer copies it first.
//   forwarding   when storage for y_bar is first asked for, and y's rule will pass it on to an input that has no other
//                consumer, the storage is taken from that input: y_bar is written where x_bar will be.
//   assembling   the parts of a block (unstack) that are its only consumers take their storage from the block, at
//                their own place; parts that received nothing are zeroed when the sweep reaches the block.
//
// A product's contribution to its weight is deferred: {activation, upstream} is queued on the weight's node, until
// there are rows of many time steps for one product, or the sweep reaches that node. The queue knows the rule that made
// the records and calls its `flush`: nothing is multiplied here.
//
// A rule without `accumulate` is swept by recording its vjp past the tape's end, as constants, and rewinding.
#pragma once
#include "tape.hpp"

namespace xgrad {

struct BackwardOptions {
  bool retain_graph = false;  ///< allow another backward over the same recording
  // The two that follow change no result; they let a test hold one way against another.
  bool use_kernels = true;  ///< false: sweep every rule by its vjp
  bool defer = true;        ///< false: multiply weight gradients step by step
};

/// Storage for one contribution: assigned to, or (add) added to.
template <class T>
struct Destination {
  T* data;
  bool add;
};

template <class T>
class Sweep {
 public:
  Sweep(Tape<T>& tape, const BackwardOptions& options) : tape_(tape), options_(options) {}

  /// Clears what an earlier sweep left, and adds the products of y_bar with the derivatives of node `root` to all
  /// leaves and parameters below it. Throws TapeError, and changes nothing, for a tape already swept without
  /// retain_graph, for parameters overwritten since they were used, and for a root that depends on no leaf.
  void run(Index root, const T* y_bar);

  // ---- for Pullback
  Tape<T>& tape() { return tape_; }
  Node<T>& node(Index id) { return tape_.nodes_.data()[id]; }
  T* scratch(Size n) { return tape_.gradients_.allocate(n); }
  T* storage(Index id);
  Destination<T> destination(Index id);
  /// `buffer`, of node id's size, is a contribution: adopted where it is the first one, else added. `shared`: somebody
  /// else may read it later.
  void give(Index id, T* buffer, bool shared) {
    Node<T>& x = node(id);
    if (!(x.flags & needs_grad)) return;
    const bool is_part = x.rule && x.rule->part;
    if (x.grad || is_part || (x.flags & (has_grad | is_parameter))) return add_or_assign(id, buffer);
    x.grad = buffer;
    x.flags |= shared ? std::uint8_t(has_grad | is_shared) : std::uint8_t(has_grad);
  }
  /// What a rule has derived from a node's value in this sweep, or null.
  const T* derived(Index id, const RuleTable<T>* rule) const {
    for (const auto& d : tape_.derived_)
      if (d.id == id && d.rule == rule) return d.data;
    return nullptr;
  }
  void keep_derived(Index id, const RuleTable<T>* rule, const T* data) { tape_.derived_.push_back({id, rule, data}); }
  /// Queues weight_bar += a^T d, or does it now where that is not allowed.
  /// x being the node of a, and y that of the product.
  void product(Index weight, Index y, Index x, const T* d, Index rows);

 private:
  using Deferred = typename Tape<T>::Deferred;
  static constexpr Index most_grouped = 512;  // rows of one product of several records; see docs/design.md
  static constexpr Index short_below = 16;    // rows from which a product of its own pays
  static constexpr int most_links = 4;        // of a chain to be followed for storage
  struct Hop {                                // where a node's storage may be taken from
    Index to = -1;
    Size offset = 0;
    Part part;
  };

  GradientBuffer<T>& buffer_of(const Slot<T>& slot);
  void prepare(Index root);
  void reset_gradients();
  void sweep_node(Index id);
  Hop hop(Index id);
  bool forwards(Index id, const Hop& hop);
  void add_or_assign(Index id, const T* buffer);
  void complete(Index id);
  void by_vjp(Index id);
  void contribute(const char* rule, Index from, Index id);

  void put_off(Index weight, Deferred x);
  bool belongs(const Deferred& newest, const Deferred& x) const;
  void flush(Index weight);
  const Deferred* spaced(const Deferred& newest, Size& a_stride, Size& d_stride) const;
  void multiply_packed(Index weight, const Deferred& newest);
  const RuleTable<T>* rule_of(const Deferred& x) const { return tape_.nodes_.data()[x.y].rule; }
  void multiply(Index weight, const Deferred& at, Size a_stride, Size d_stride, Index rows);
  const Deferred& deferred(Index at) const { return tape_.deferred_.data()[at]; }

  Tape<T>& tape_;
  BackwardOptions options_;
};

/// What a recording past the tape's end must not leave behind: drops all that was appended since it was made.
template <class T>
class Scratch {
 public:
  explicit Scratch(Tape<T>& tape)
      : tape_(tape),
        pause_(tape),
        nodes_(tape.nodes_.size()),
        bound_(tape.bound_.size()),
        values_(tape.values_.mark()) {}
  ~Scratch() {
    tape_.nodes_.erase(tape_.nodes_.begin() + static_cast<std::ptrdiff_t>(nodes_), tape_.nodes_.end());
    tape_.bound_.resize(bound_);
    tape_.values_.rewind(values_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

 private:
  Tape<T>& tape_;
  PauseGuard<T> pause_;  // constants have neither inputs nor attributes: nodes and values are all there is to drop
  std::size_t nodes_, bound_;
  typename Arena<T>::Mark values_;
};

extern template class Sweep<float>;
extern template class Sweep<double>;

}  // namespace xgrad
