// One recorded value: 64 bytes, trivially copyable, in one vector in the order of creation. That order is a
// topological order, so the backward sweep is a plain loop from the last node to the first.
#pragma once
#include <array>
#include <type_traits>

#include "../core/shape.hpp"

namespace xgrad {

template <class T>
struct RuleTable;

/// What a node's flag bits say.
enum : std::uint8_t {
  needs_grad = 1,  // a leaf or parameter that wants a gradient, or something computed from one
  has_grad = 2,    // a contribution has arrived in this sweep: `grad` holds numbers
  is_shared = 4,   // somebody else may still read the buffer `grad`: copy before adding to it
  assembling = 8,  // a block whose parts write their gradients straight into `grad`; `deferred` is its first part
  is_parameter = 16,
  is_retained = 32,  // its gradient is to be readable after the sweep
  is_kept = 64,      // it was retained when the sweep came by: its gradient is readable
};

template <class T>
struct Node {
  const RuleTable<T>* rule;  // null: a leaf, a parameter or a constant
  T* value;
  T* grad;                  // storage; meaningful once has_grad is set
  std::array<Index, 3> in;  // ids of the inputs; a rule on a list keeps {offset, count} into Tape::lists_ instead
  std::array<Index, 4> dims;
  Index attributes;    // where the rule's attributes start; a parameter's place in Tape::bound_
  Index deferred;      // newest deferred product that has this node as its weight, or -1
  std::uint8_t flags;  // the bits above
  std::uint8_t rank;
  std::uint16_t uses;  // consumers recorded so far, saturating

  Shape shape() const {
    Shape s;
    s.dims_ = dims;
    s.rank_ = rank;
    return s;
  }
  void set_shape(const Shape& s) {
    dims = s.dims_;
    rank = s.rank_;
  }
  Size size() const { return Shape::product(dims); }
  bool same_shape(const Node& o) const {
    return ((dims[0] ^ o.dims[0]) | (dims[1] ^ o.dims[1]) | (dims[2] ^ o.dims[2]) | (dims[3] ^ o.dims[3]) |
            (rank ^ o.rank)) == 0;
  }
  void count_use() {
    if (uses != 0xffff) ++uses;  // a wrapped count would read as "one consumer" and permit what is wrong
  }
};
static_assert(sizeof(Node<float>) == 64 && std::is_trivially_copyable_v<Node<float>>);

}  // namespace xgrad
