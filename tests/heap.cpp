#include "heap.hpp"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace heap {

namespace {

std::atomic<long> count{0}, fail_in{0};
std::atomic<std::size_t> now{0}, most{0};

void* take(std::size_t n, std::size_t alignment) {
  ++count;
  if (fail_in > 0 && --fail_in == 0) throw std::bad_alloc();
  void* p =
      alignment ? std::aligned_alloc(alignment, (n + alignment - 1) / alignment * alignment) : std::malloc(n ? n : 1);
  if (!p) throw std::bad_alloc();
  const std::size_t sum = now += malloc_usable_size(p);
  for (std::size_t old = most; old < sum && !most.compare_exchange_weak(old, sum);) {
  }
  return p;
}

void give(void* p) {
  now -= malloc_usable_size(p);  // 0 of a null pointer
  std::free(p);
}

}  // namespace

long allocations() { return count; }
std::size_t taken() { return now; }
std::size_t peak() { return most; }
void reset_peak() { most = now.load(); }
void fail_after(long n) { fail_in = n; }

}  // namespace heap

void* operator new(std::size_t n) { return heap::take(n, 0); }
void* operator new[](std::size_t n) { return heap::take(n, 0); }
void* operator new(std::size_t n, std::align_val_t a) { return heap::take(n, std::size_t(a)); }
void* operator new[](std::size_t n, std::align_val_t a) { return heap::take(n, std::size_t(a)); }
void operator delete(void* p) noexcept { heap::give(p); }
void operator delete[](void* p) noexcept { heap::give(p); }
void operator delete(void* p, std::size_t) noexcept { heap::give(p); }
void operator delete[](void* p, std::size_t) noexcept { heap::give(p); }
void operator delete(void* p, std::align_val_t) noexcept { heap::give(p); }
void operator delete[](void* p, std::align_val_t) noexcept { heap::give(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { heap::give(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { heap::give(p); }
