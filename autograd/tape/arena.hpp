// A bump allocator: an allocation moves an offset, freeing is moving it back.
//
// A tape owns two: one for values, one for gradients. Rewinding keeps the memory, and clearing makes one chunk of
// several, so that a training step which repeats the shapes of the last takes nothing from the heap from the third time
// on. In one chunk, arrays that are allocated one after the other are neighbours, which saves copies (`stack`) and
// makes one product of many (sweep.hpp). Every allocation starts on a 64-byte line; what lies between two of them is
// never touched, neighbours are alive.
#pragma once
#include <vector>

#include "../core/shape.hpp"

namespace xgrad {

template <class T>
class Arena {
 public:
  /// Where the next allocation would start.
  struct Mark {
    std::size_t chunk = 0;
    Size offset = 0;
  };

  Arena() = default;
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// Uninitialised memory for n elements, never null, 64-byte aligned. Throws std::bad_alloc.
  T* allocate(Size n) {
    const Size padded = n > 0 ? (n + line - 1) & ~(line - 1) : line;
    if (padded > end_ - free_) return allocate_elsewhere(padded);
    T* const p = free_;
    free_ += padded;
    return p;
  }

  Mark mark() const { return {chunk_, chunks_.empty() ? 0 : free_ - chunks_[chunk_].data}; }
  void rewind(Mark mark = {}) {
    if (!chunks_.empty()) enter(mark.chunk, mark.offset);
  }
  /// Drops everything. Where several chunks were taken, they are given back, and the next is as large as all.
  void clear();

  Size bytes_used() const;
  Size bytes_reserved() const;
  /// How often memory was taken from the heap: stands still once steps repeat.
  Size heap_allocations() const { return heap_allocations_; }

 private:
  struct Chunk {
    T* data;
    Size capacity;  // elements
  };
  static constexpr Size line = 64 / static_cast<Size>(sizeof(T));
  static constexpr Size chunk_size = (Size(1) << 20) / static_cast<Size>(sizeof(T));  // 1 MiB

  T* allocate_elsewhere(Size padded);
  void enter(std::size_t chunk, Size offset) {
    chunk_ = chunk;
    free_ = chunks_[chunk].data + offset;
    end_ = chunks_[chunk].data + chunks_[chunk].capacity;
  }
  void release();

  std::vector<Chunk> chunks_;
  std::size_t chunk_ = 0;  // the one in use, of which [free_, end_) is left
  T *free_ = nullptr, *end_ = nullptr;
  Size next_ = chunk_size;  // elements in the next chunk, at least
  Size heap_allocations_ = 0;
};

extern template class Arena<float>;
extern template class Arena<double>;

}  // namespace xgrad
