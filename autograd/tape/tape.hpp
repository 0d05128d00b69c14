// The tape: what happened, in order.
//
// Recording appends. A value goes into the arena `values_`, a Node of 64 bytes into `nodes_`, the rule's attributes
// into `attributes_`; inputs are ids. So creation order is topological order, backward (sweep.hpp) is one reverse
// loop, and a chain of a million nodes needs no stack. `clear()` rewinds everything and keeps all capacity: from the
// second identical step on, a training step takes nothing from the heap.
//
// Ops record on the thread's current tape, the innermost Tape<T> in scope. There is no other global state but the
// counter that gives every tape and every clear a new generation, which tells stale handles from good ones. A tape
// need not be in scope while it lives: TapeScope brings one in, in whatever thread has a step to record.
// Start reading at `push`, then `resolve`, then sweep.cpp.
#pragma once
#include <cstring>
#include <new>
#include <vector>

#include "../core/error.hpp"
#include "../rules/table.hpp"
#include "arena.hpp"
#include "node.hpp"
#include "parameter.hpp"
#include "var.hpp"

namespace xgrad {

/// What a tape holds and has taken from the heap, in bytes.
struct TapeMemory {
  Size nodes;
  Size values, gradients;  // in use
  Size reserved;           // by the two arenas
  Size heap_allocations;   // how often the arenas went to the heap: stands still once steps repeat
};

/// Tape<T> tape{out_of_scope}: not current until a TapeScope makes it so.
struct OutOfScope {};
inline constexpr OutOfScope out_of_scope;

template <class T>
class Tape {
 public:
  /// Becomes the current tape of this thread until it is destroyed, which must happen in this thread.
  Tape();
  /// Is nobody's current tape until a TapeScope brings it into scope; may be destroyed in any thread, out of scope.
  explicit Tape(OutOfScope);
  ~Tape();
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  static Tape* current() { return current_; }
  /// Throws TapeError naming `op` where no tape is in scope.
  static Tape& require(const char* op) {
    if (!current_) throw_no_tape(op);
    return *current_;
  }

  /// Forgets all nodes, keeps all memory. Every handle into the tape becomes stale.
  void clear();
  Index size() const { return static_cast<Index>(nodes_.size()); }
  TapeMemory memory() const;
  /// Parameters of that buffer's store send their gradients there from now on, instead of to the store's own buffer.
  /// One buffer at a time; it must outlive the sweeps to come.
  void gradients_into(GradientBuffer<T>& buffer) { buffer_ = &buffer; }

  // ---- what ops and rules call

  /// A node that nobody differentiates, or (needs_gradient) a leaf; the values are copied.
  Var<T> input(const char* op, std::span<const T> values, const Shape& shape, bool needs_gradient);
  Var<T> filled(const Shape& shape, T value);
  /// Value memory of this tape, uninitialised, good until clear().
  T* allocate(Size n) { return values_.allocate(n); }
  /// A copy of plain data in value memory.
  template <class V>
  const V* keep(std::span<const V> data);

  /// The id behind a handle; a parameter is bound first. Throws TapeError naming `op`.
  Index resolve(const char* op, const Var<T>& v) {
    if (v.id_ == Var<T>::parameter_id) return bind(*v.slot_);
    if (v.tape_ != this || v.generation_ != generation_) throw_unusable(op, v);
    return static_cast<Index>(v.id_);
  }
  /// Appends a node: checks, computes, records. Pre: `in` are ids of this tape.
  template <class R>
  Var<T> push(R& rule, const Index* in, int count);

  /// Whether a value is in the memory of a parameter that this tape uses, be it through a view.
  bool lies_in_parameter(const T* value) const;
  /// Throws TapeError naming `op` where a parameter was overwritten since this tape used it.
  void check_parameters(const char* op) const;
  Var<T> var(Index id) { return Var<T>(this, id, generation_); }
  const Node<T>& node(Index id) const { return nodes_.data()[id]; }
  std::span<const Index> inputs(Index id) const {
    const Node<T>& x = node(id);
    if (!x.rule) return {};
    if (x.rule->arity >= 0) return {x.in.data(), static_cast<std::size_t>(x.rule->arity)};
    return {lists_.data() + x.in[0], static_cast<std::size_t>(x.in[1])};
  }
  /// A copy of the rule's attributes: recording moves the original.
  template <class R>
  R attributes(Index id) const;

 private:
  friend class Var<T>;
  template <class>
  friend class Sweep;
  template <class>
  friend class PauseGuard;
  template <class>
  friend class Scratch;
  template <class>
  friend class TapeScope;

  struct Bound {  // a parameter in use on this tape
    Slot<T>* slot;
    std::uint64_t serial;
    std::uint32_t version;
    Index id;
  };
  struct Binding {  // by key: the entry of bound_, if the generation is this one
    std::uint32_t generation = 0;
    Index place = 0;
  };

  static bool alive(const Tape* tape) {
    for (const Tape* t = current_; t; t = t->outer_)
      if (t == tape) return true;
    return false;
  }
  void enter_scope();
  void leave_scope();
  [[noreturn]] static void throw_no_tape(const char* op);
  [[noreturn]] static void throw_unusable(const char* op, const Var<T>& v);
  Index bind(Slot<T>& slot);
  Index append(T* value, const Shape& shape, std::uint8_t flags) {
    nodes_.emplace_back(value, shape, flags);
    return static_cast<Index>(nodes_.size()) - 1;
  }

  static inline constinit thread_local Tape* current_ = nullptr;

  std::vector<Node<T>> nodes_;
  std::vector<Index> lists_;
  std::vector<std::uint64_t> attributes_;
  std::vector<Bound> bound_;
  std::vector<Binding> bindings_;
  Arena<T> values_, gradients_;
  GradientBuffer<T>* buffer_ = nullptr;
  Tape* outer_ = nullptr;
  std::uint32_t generation_;
  bool in_scope_ = false;
  bool paused_ = false;      // record values, not history
  bool swept_ = false;       // gradients of an earlier sweep lie about
  bool consumed_ = false;    // a sweep without retain_graph has been here
  bool incomplete_ = false;  // the last sweep ended in an exception half way

  // the sweep's own lists, kept here for their capacity
  struct Deferred {
    const T *a, *d;
    Index y, x;  // the nodes of the product, and of a
    Index rows;
    Index next;          // the one before, in the same group
    Index count, total;  // records and rows of the group up to here
  };
  std::vector<Deferred> deferred_;
  struct Derived {  // kept by a rule for its other nodes: Pullback::derived
    Index id;
    const RuleTable<T>* rule;
    const T* data;
  };
  std::vector<Derived> derived_;
};

/// While it lives, a tape made out of scope is the current one of this thread, around which what was current before
/// stays as it was. Only one thread at a time may have a tape in scope: who hands it on to the next synchronises them.
/// Throws TapeError where the tape is in scope already.
template <class T>
class TapeScope {
 public:
  explicit TapeScope(Tape<T>& tape) : tape_(tape) {
    if (tape.in_scope_) fail<TapeError>("tape", "the tape is in scope already");
    tape.enter_scope();
  }
  ~TapeScope() { tape_.leave_scope(); }
  TapeScope(const TapeScope&) = delete;
  TapeScope& operator=(const TapeScope&) = delete;

 private:
  Tape<T>& tape_;
};

/// While it lives, ops on this tape compute values and record no history, whatever their inputs.
template <class T>
class PauseGuard {
 public:
  explicit PauseGuard(Tape<T>& tape) : tape_(tape), before_(tape.paused_) { tape.paused_ = true; }
  ~PauseGuard() { tape_.paused_ = before_; }
  PauseGuard(const PauseGuard&) = delete;
  PauseGuard& operator=(const PauseGuard&) = delete;

 private:
  Tape<T>& tape_;
  bool before_;
};

template <class T>
template <class V>
const V* Tape<T>::keep(std::span<const V> data) {
  static_assert(std::is_trivially_copyable_v<V> && alignof(V) <= 64);
  void* memory = values_.allocate(static_cast<Size>((data.size_bytes() + sizeof(T) - 1) / sizeof(T)));
  if (!data.empty()) std::memcpy(memory, data.data(), data.size_bytes());
  return static_cast<const V*>(memory);
}

template <class T>
template <class R>
R Tape<T>::attributes(Index id) const {
  if constexpr (std::is_empty_v<R>) {
    return R{};
  } else {
    alignas(R) std::byte bytes[sizeof(R)];
    std::memcpy(bytes, attributes_.data() + node(id).attributes, sizeof(R));
    return *std::launder(reinterpret_cast<const R*>(bytes));
  }
}

extern template class Tape<float>;
extern template class Tape<double>;

}  // namespace xgrad
