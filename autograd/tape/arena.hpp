// A bump allocator: an allocation moves an offset, freeing is moving it back.
//
// A tape owns two: one for values, one for gradients. Rewinding keeps every chunk, so that a training step which
// repeats the shapes of the last one takes nothing from the heap. Every allocation starts on a 64-byte line; what lies
// between two of them is never touched, neighbours are alive.
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
    if (at_.chunk < chunks_.size() && at_.offset + padded <= chunks_[at_.chunk].capacity) {
      T* p = chunks_[at_.chunk].data + at_.offset;
      at_.offset += padded;
      return p;
    }
    return allocate_elsewhere(padded);
  }

  Mark mark() const { return at_; }
  void rewind(Mark mark = {}) { at_ = mark; }

  Size bytes_used() const;
  Size bytes_reserved() const;
  /// How often memory was taken from the heap: stands still once steps repeat.
  Size heap_allocations() const { return static_cast<Size>(chunks_.size()); }

 private:
  struct Chunk {
    T* data;
    Size capacity;  // elements
  };
  static constexpr Size line = 64 / static_cast<Size>(sizeof(T));
  static constexpr Size chunk_size = (Size(1) << 20) / static_cast<Size>(sizeof(T));  // 1 MiB

  T* allocate_elsewhere(Size padded);

  std::vector<Chunk> chunks_;
  Mark at_;
};

extern template class Arena<float>;
extern template class Arena<double>;

}  // namespace xgrad
