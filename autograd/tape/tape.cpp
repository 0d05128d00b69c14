#include "tape.hpp"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <functional>
#include "../core/scalars.hpp"

namespace xgrad {

namespace {

// One counter for all tapes: two tapes never share a generation.
std::uint32_t next_generation() {
  static std::atomic<std::uint32_t> counter{0};
  return ++counter;
}

}  // namespace

template <class T>
Tape<T>::Tape() : Tape(out_of_scope) {
  enter_scope();
}

template <class T>
Tape<T>::Tape(OutOfScope) : generation_(next_generation()) {}

template <class T>
Tape<T>::~Tape() {
  if (in_scope_) leave_scope();
}

template <class T>
void Tape<T>::enter_scope() {
  outer_ = current_;
  current_ = this;
  in_scope_ = true;
}

template <class T>
void Tape<T>::leave_scope() {
  Tape** link = &current_;
  while (*link && *link != this) link = &(*link)->outer_;  // tapes on the heap may end out of order
  assert(*link && "a tape must be destroyed in the thread that made it");
  if (*link) *link = outer_;
  in_scope_ = false;
}

template <class T>
void Tape<T>::clear() {
  nodes_.clear();
  lists_.clear();
  attributes_.clear();
  bound_.clear();
  deferred_.clear();
  derived_.clear();
  values_.clear();
  gradients_.clear();
  swept_ = consumed_ = incomplete_ = false;
  generation_ = next_generation();
}

template <class T>
TapeMemory Tape<T>::memory() const {
  return {static_cast<Size>(nodes_.size() * sizeof(Node<T>)), values_.bytes_used(), gradients_.bytes_used(),
          values_.bytes_reserved() + gradients_.bytes_reserved(),
          values_.heap_allocations() + gradients_.heap_allocations()};
}

template <class T>
Var<T> Tape<T>::input(const char* op, std::span<const T> values, const Shape& shape, bool needs_gradient) {
  if (static_cast<Size>(values.size()) != shape.size())
    fail<ShapeError>(op, std::to_string(values.size()) + " values do not fill the shape " + shape.str());
  T* value = values_.allocate(shape.size());
  std::copy(values.begin(), values.end(), value);
  return var(append(value, shape, needs_gradient && !paused_ ? std::uint8_t(needs_grad) : std::uint8_t(0)));
}

template <class T>
Var<T> Tape<T>::filled(const Shape& shape, T value) {
  T* data = values_.allocate(shape.size());
  std::fill_n(data, shape.size(), value);
  return var(append(data, shape, 0));
}

template <class T>
Index Tape<T>::bind(Slot<T>& slot) {
  const std::size_t key = static_cast<std::size_t>(slot.key);
  if (key >= bindings_.size()) bindings_.resize(key + 1);
  Binding& known = bindings_[key];
  if (known.generation == generation_ && known.place < static_cast<Index>(bound_.size())) {
    const Bound& b = bound_[static_cast<std::size_t>(known.place)];
    if (b.serial == slot.serial) return b.id;  // else a key handed out again, or an entry that a Scratch has dropped
  }
  const Index id = append(slot.value(), slot.shape, needs_grad | is_parameter);
  nodes_.back().attributes = static_cast<Index>(bound_.size());
  known = {generation_, static_cast<Index>(bound_.size())};
  bound_.push_back({&slot, slot.serial, slot.version, id});
  return id;
}

template <class T>
void Tape<T>::check_parameters(const char* op) const {
  for (const Bound& b : bound_)
    if (b.slot->version != b.version)
      fail<TapeError>(op, "a parameter of shape " + b.slot->shape.str() +
                              " was overwritten after this tape used it\nhint: clear() the tape after a step");
}

template <class T>
bool Tape<T>::lies_in_parameter(const T* value) const {
  for (const Bound& b : bound_) {
    const Node<T>& x = node(b.id);
    if (!std::less<>()(value, x.value) && std::less<>()(value, x.value + std::max(x.size(), Size(1)))) return true;
  }
  return false;
}

template <class T>
void Tape<T>::throw_no_tape(const char* op) {
  const char* type = std::is_same_v<T, float> ? "float" : std::is_same_v<T, double> ? "double" : "std::complex<double>";
  fail<TapeError>(op, std::string("no tape in scope\nhint: declare Tape<") + type + "> tape; before it");
}

template <class T>
void Tape<T>::throw_unusable(const char* op, const Var<T>& v) {
  if (!v) fail<TapeError>(op, "an empty Var was passed");
  if (!alive(v.tape_)) fail<TapeError>(op, "the Var's tape is gone or belongs to another thread");
  if (v.generation_ != v.tape_->generation_)
    fail<TapeError>(op, "the Var is stale: it was node " + std::to_string(v.id_) +
                            " of a tape that was cleared or has ended since");
  fail<TapeError>(op, "the Var, of shape " + v.shape().str() +
                          ", belongs to another tape of this thread\nhint: the current tape is the innermost in scope");
}

#define XGRAD_INSTANTIATE(T) template class Tape<T>;
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad
