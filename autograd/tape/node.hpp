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
  Index attributes;         // where the rule's attributes start; a parameter's place in Tape::bound_
  Index deferred;           // newest deferred product that has this node as its weight, or -1
  [[no_unique_address]] Shape shape;  // in whose last bytes the next two have room
  std::uint8_t flags;                 // the bits above
  std::uint16_t uses;                 // consumers recorded so far, saturating

  // Every member once, where it will lie: the node of a small op costs what its stores cost.
  Node(T* v, const Shape& s, std::uint8_t f)
      : rule(nullptr), value(v), grad(nullptr), in{}, attributes(0), deferred(-1), shape(s), flags(f), uses(0) {}
  Size size() const { return shape.size(); }
  void count_use() {
    if (uses != 0xffff) ++uses;  // a wrapped count would read as "one consumer" and permit what is wrong
  }
};
static_assert(sizeof(Node<float>) == 64 && std::is_trivially_copyable_v<Node<float>>);

}  // namespace xgrad
