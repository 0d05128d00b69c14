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
  chunk_ = 0;
  free_ = end_ = nullptr;
}

template <class T>
void Arena<T>::clear() {
  rewind();
  if (chunks_.size() < 2) return;
  next_ = 0;
  for (const Chunk& chunk : chunks_) next_ += chunk.capacity;
  release();
}

template <class T>
T* Arena<T>::allocate_elsewhere(Size padded) {
  for (std::size_t chunk = chunk_ + 1; chunk < chunks_.size(); ++chunk) {
    if (padded > chunks_[chunk].capacity) continue;  // too small a chunk lies idle until the next rewind
    enter(chunk, padded);
    return chunks_[chunk].data;
  }
  const Size capacity = std::max(padded, next_);
  if (capacity > std::numeric_limits<Size>::max() / static_cast<Size>(sizeof(T))) throw std::bad_alloc();
  chunks_.reserve(chunks_.size() + 1);  // first, so that nothing leaks if this throws
  void* memory = ::operator new(static_cast<std::size_t>(capacity) * sizeof(T), std::align_val_t(64));
  chunks_.push_back({static_cast<T*>(memory), capacity});
  next_ = chunk_size;
  ++heap_allocations_;
  enter(chunks_.size() - 1, padded);
  return chunks_.back().data;
}

template <class T>
Size Arena<T>::bytes_used() const {
  Size n = mark().offset;
  for (std::size_t i = 0; i < chunk_; ++i) n += chunks_[i].capacity;
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
