// The handle that users hold: 16 bytes, passed by value or const reference, owning nothing.
//
// A recorded Var is {tape, id, generation}. Before a tape is followed it is looked up in this thread's chain of live
// tapes, then generations are compared; so a handle whose tape was cleared or destroyed, or lives in another thread,
// throws without touching freed memory. A parameter's Var is {slot, parameter mark}: it is bound to the current tape
// where it is used (parameter.hpp).
#pragma once
#include "../core/array.hpp"

namespace xgrad {

template <class T>
class Tape;
template <class T>
struct Slot;
template <class T>
class Vars;

template <class T>
class Var {
 public:
  /// No Var: stands for a symbolic zero where a rule returns a contribution.
  Var() : tape_(nullptr), id_(0), generation_(0) {}
  explicit operator bool() const { return tape_ != nullptr; }

  // All of these throw TapeError for a handle that is empty, stale, foreign or from another thread.
  Shape shape() const;
  int rank() const { return shape().rank(); }
  Size size() const { return shape().size(); }
  /// The elements in row-major order; good until the tape is cleared.
  const T* data() const { return locate("data").data; }
  /// The one element of a Var of size 1. Throws ShapeError otherwise.
  T item() const;
  /// The value as a read-only xtensor adaptor on the tape's memory.
  View<T> value() const {
    const Located here = locate("value");
    return view_of(here.data, here.shape);
  }
  /// The same with a static rank, without the heap. Throws ShapeError where the rank is not N.
  template <std::size_t N>
  ViewN<T, N> value() const {
    const Located here = locate("value");
    check_rank(here.shape, N);
    return view_of<N>(here.data, here.shape);
  }
  bool requires_grad() const;
  /// The gradient that the last backward left here; zeros where none arrived. Leaves and what was `retain`ed have
  /// one; for other nodes it throws TapeError, as their buffers are reused within the sweep. A parameter's is the sum
  /// since zero_grad(), read from its store's own buffer.
  Array<T> grad() const;
  /// Asks for this node's gradient to be kept by the sweeps to come. Throws TapeError for a constant.
  void retain() const;
  /// The same value without its history: a constant.
  Var detach() const;

 protected:
  explicit Var(Slot<T>* slot) : slot_(slot), id_(parameter_id), generation_(0) {}

  static constexpr std::uint32_t parameter_id = 0xffffffffu;
  union {
    Tape<T>* tape_;
    Slot<T>* slot_;
  };
  std::uint32_t id_, generation_;

 private:
  friend class Tape<T>;
  friend class Vars<T>;
  Var(Tape<T>* tape, Index id, std::uint32_t generation)
      : tape_(tape), id_(static_cast<std::uint32_t>(id)), generation_(generation) {}
  struct Located {
    const T* data;
    Shape shape;
  };
  Located locate(const char* op) const;
  const Tape<T>& tape(const char* op) const;
  static void check_rank(const Shape& shape, std::size_t wanted);
};
static_assert(sizeof(Var<float>) == 16 && std::is_trivially_copyable_v<Var<float>>);

/// Consecutive Vars of one tape, as unstack returns them: a view that allocates nothing.
template <class T>
class Vars {
 public:
  Vars(const Var<T>& first, Index count) : first_(first), count_(count) {}
  Index size() const { return count_; }
  /// Throws ValueError outside [0, size()).
  Var<T> operator[](Index i) const {
    if (i < 0 || i >= count_) outside(i);
    return Var<T>(first_.tape_, static_cast<Index>(first_.id_) + i, first_.generation_);
  }

  class Iterator {
   public:
    Iterator(const Vars& vars, Index i) : vars_(&vars), i_(i) {}
    Var<T> operator*() const { return (*vars_)[i_]; }
    Iterator& operator++() { return ++i_, *this; }
    bool operator!=(const Iterator& o) const { return i_ != o.i_; }

   private:
    const Vars* vars_;
    Index i_;
  };
  Iterator begin() const { return {*this, 0}; }
  Iterator end() const { return {*this, count_}; }

 private:
  [[noreturn]] void outside(Index i) const;
  Var<T> first_;
  Index count_;
};

extern template class Var<float>;
extern template class Var<double>;
extern template class Vars<float>;
extern template class Vars<double>;

}  // namespace xgrad
