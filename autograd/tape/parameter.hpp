// Values that outlive tapes.
//
// A ParamStore owns the values of a model in one flat buffer, and a GradientBuffer of the same layout, so that an
// optimiser or a norm is one loop. A Parameter is a reference to a slot of a store: copying it aliases. It is a Var, so
// every op takes it; where it is used it is bound to the current tape, one node per tape. Threads share values, each
// tape may be given a gradient buffer of its own.
#pragma once
#include <memory>
#include <vector>

#include "var.hpp"

namespace xgrad {

template <class T>
class ParamStore;
template <class T>
class GradientBuffer;

/// Where a parameter lies. `version` counts the times that its value was opened for writing.
template <class T>
struct Slot {
  ParamStore<T>* store;
  Shape shape;
  Size offset;           // into the store's flat buffers, a multiple of 64 bytes
  Index place;           // among the store's slots
  Index key;             // unique among the living slots of the process: where tapes look for its node
  std::uint64_t serial;  // never given twice: tells whether what they find there is this slot's
  std::uint32_t version = 0;

  T* value() const;
};

/// A Var whose value outlives tapes.
template <class T>
class Parameter : public Var<T> {
 public:
  /// The value, opened for writing: a sweep over a tape that has already used it will throw.
  std::span<T> mutable_value() const;
  /// Copies the values in. Throws ShapeError where the shapes differ.
  void assign(const Array<T>& value) const;

  /// Throws TapeError where a Var was assigned to this handle through a reference to its base.
  Slot<T>& slot() const {
    if (this->id_ != Var<T>::parameter_id) throw_lost();
    return *this->slot_;
  }

 private:
  friend class ParamStore<T>;
  friend class Var<T>;
  explicit Parameter(Slot<T>* slot) : Var<T>(slot) {}
  [[noreturn]] static void throw_lost();
};

/// Gradients of all parameters of a store, flat, in the store's layout.
template <class T>
class GradientBuffer {
 public:
  explicit GradientBuffer(ParamStore<T>& store) : store_(&store) {}

  /// All gradients at once, zeros where nothing arrived; the gaps between parameters hold zeros.
  /// Throws TapeError after a sweep that an exception cut short, until zero_grad().
  std::span<T> flat();
  /// The gradient of one parameter, row-major.
  std::span<const T> of(const Parameter<T>& p);
  /// Forgets everything. Nothing is written: the next contribution is assigned, not added.
  void zero_grad();
  /// What a sweep does that ends in an exception: from now on reading throws, until zero_grad().
  void mark_incomplete() { incomplete_ = true; }

  ParamStore<T>& store() const { return *store_; }

 private:
  template <class>
  friend class Sweep;
  friend class ParamStore<T>;
  void fit();             // to a store that has grown
  void settle(Slot<T>&);  // zeros, where nothing has arrived
  T* data(const Slot<T>& slot) { return values_.data() + slot.offset; }

  ParamStore<T>* store_;
  std::vector<T, xsimd::aligned_allocator<T, 64>> values_;
  std::vector<std::uint8_t> fresh_;  // per slot: nothing has arrived since zero_grad
  bool incomplete_ = false;          // a sweep ended in an exception half way
};

/// Owns parameters. It must outlive the Parameters and the tapes that use them, and stays where it is.
template <class T>
class ParamStore {
 public:
  ParamStore() : gradients_(*this) {}
  ~ParamStore();
  ParamStore(const ParamStore&) = delete;
  ParamStore& operator=(const ParamStore&) = delete;

  /// A new parameter, all zeros.
  Parameter<T> add(const Shape& shape);
  Parameter<T> add(const Array<T>& value);

  Index count() const { return static_cast<Index>(slots_.size()); }
  Parameter<T> operator[](Index i) const { return Parameter<T>(slots_[std::size_t(i)].get()); }

  std::span<const T> values() const { return values_; }
  /// All values opened for writing, flat; the gaps between parameters must stay zero.
  std::span<T> mutable_values();
  /// The buffer that tapes write into unless they are given another.
  GradientBuffer<T>& gradients() { return gradients_; }
  void zero_grad() { gradients_.zero_grad(); }

 private:
  friend struct Slot<T>;
  friend class GradientBuffer<T>;
  using Flat = std::vector<T, xsimd::aligned_allocator<T, 64>>;

  Flat values_;
  std::vector<Flat> retired_;  // outgrown buffers: a tape may still read a value there before its sweep refuses
  std::vector<std::unique_ptr<Slot<T>>> slots_;
  GradientBuffer<T> gradients_;
};

template <class T>
T* Slot<T>::value() const {
  return store->values_.data() + offset;
}

extern template class Parameter<float>;
extern template class Parameter<double>;
extern template class GradientBuffer<float>;
extern template class GradientBuffer<double>;
extern template class ParamStore<float>;
extern template class ParamStore<double>;

}  // namespace xgrad
