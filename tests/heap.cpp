#include "heap.hpp"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace heap {

namespace {

std::atomic<long> count{0}, fail_in{0}, in_use{0}, highest{0}, watched{0};

void* take(std::size_t n, std::size_t alignment) {
  ++count;
  if (fail_in > 0 && --fail_in == 0) throw std::bad_alloc();
  void* p =
      alignment ? std::aligned_alloc(alignment, (n + alignment - 1) / alignment * alignment) : std::malloc(n ? n : 1);
  if (!p) throw std::bad_alloc();
  const long now = in_use += long(malloc_usable_size(p));
  for (long h = highest; now > h && !highest.compare_exchange_weak(h, now);) {
  }
  return p;
}

void give_back(void* p) {
  if (p) in_use -= long(malloc_usable_size(p));
  std::free(p);
}

}  // namespace

long allocations() { return count; }
long taken() { return in_use - watched; }
long peak() { return highest - watched; }
void watch() { highest = watched = in_use.load(); }
void fail_after(long n) { fail_in = n; }

}  // namespace heap

void* operator new(std::size_t n) { return heap::take(n, 0); }
void* operator new[](std::size_t n) { return heap::take(n, 0); }
void* operator new(std::size_t n, std::align_val_t a) { return heap::take(n, std::size_t(a)); }
void* operator new[](std::size_t n, std::align_val_t a) { return heap::take(n, std::size_t(a)); }
void operator delete(void* p) noexcept { heap::give_back(p); }
void operator delete[](void* p) noexcept { heap::give_back(p); }
void operator delete(void* p, std::size_t) noexcept { heap::give_back(p); }
void operator delete[](void* p, std::size_t) noexcept { heap::give_back(p); }
void operator delete(void* p, std::align_val_t) noexcept { heap::give_back(p); }
void operator delete[](void* p, std::align_val_t) noexcept { heap::give_back(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { heap::give_back(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { heap::give_back(p); }
