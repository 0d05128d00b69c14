#include "arena.hpp"

#include <algorithm>
#include <limits>
#include <new>
#include "../core/scalars.hpp"

namespace xgrad {

template <class T>
Arena<T>::~Arena() {
  release();
}

template <class T>
void Arena<T>::release() {
  for (const Chunk& chunk : chunks_) ::operator delete(chunk.data, std::align_val_t(64));
  chunks_.clear();
}

template <class T>
void Arena<T>::clear() {
  at_ = {};
  if (chunks_.size() < 2) return;
  next_ = 0;
  for (const Chunk& chunk : chunks_) next_ += chunk.capacity;
  release();
}

template <class T>
T* Arena<T>::allocate_elsewhere(Size padded) {
  for (++at_.chunk; at_.chunk < chunks_.size(); ++at_.chunk) {
    if (padded > chunks_[at_.chunk].capacity) continue;  // too small a chunk lies idle until the next rewind
    at_.offset = padded;
    return chunks_[at_.chunk].data;
  }
  const Size capacity = std::max(padded, next_);
  if (capacity > std::numeric_limits<Size>::max() / static_cast<Size>(sizeof(T))) throw std::bad_alloc();
  chunks_.reserve(chunks_.size() + 1);  // first, so that nothing leaks if this throws
  void* memory = ::operator new(static_cast<std::size_t>(capacity) * sizeof(T), std::align_val_t(64));
  chunks_.push_back({static_cast<T*>(memory), capacity});
  next_ = chunk_size;
  ++heap_allocations_;
  at_ = {chunks_.size() - 1, padded};
  return chunks_.back().data;
}

template <class T>
Size Arena<T>::bytes_used() const {
  Size n = at_.offset;
  for (std::size_t i = 0; i < at_.chunk && i < chunks_.size(); ++i) n += chunks_[i].capacity;
  return n * static_cast<Size>(sizeof(T));
}

template <class T>
Size Arena<T>::bytes_reserved() const {
  Size n = 0;
  for (const Chunk& chunk : chunks_) n += chunk.capacity;
  return n * static_cast<Size>(sizeof(T));
}

#define XGRAD_INSTANTIATE(T) template class Arena<T>;
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad
