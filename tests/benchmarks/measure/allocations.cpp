#include "allocations.hpp"

#include <atomic>
#include <cerrno>
#include <cstddef>

#include "../../asan.hpp"

namespace bench {

namespace {

constinit std::atomic<long> count{0};

}  // namespace

long allocations() { return count.load(std::memory_order_relaxed); }

}  // namespace bench

#ifdef XGRAD_ASAN

extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void*, std::size_t),
                                                         void (*)(const volatile void*));
namespace {

[[maybe_unused]] const int installed = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, std::size_t) { bench::count.fetch_add(1, std::memory_order_relaxed); },
    [](const volatile void*) {});

}  // namespace

#else

// A definition in the program comes before that of the C library, whose own functions are then called by their other
// names. free() stays what it is: the memory is the C library's.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t n) {
  bench::count.fetch_add(1, std::memory_order_relaxed);
  return __libc_malloc(n);
}
void* calloc(std::size_t n, std::size_t each) {
  bench::count.fetch_add(1, std::memory_order_relaxed);
  return __libc_calloc(n, each);
}
void* realloc(void* p, std::size_t n) {
  bench::count.fetch_add(1, std::memory_order_relaxed);
  return __libc_realloc(p, n);
}
void* memalign(std::size_t alignment, std::size_t n) {
  bench::count.fetch_add(1, std::memory_order_relaxed);
  return __libc_memalign(alignment, n);
}
void* aligned_alloc(std::size_t alignment, std::size_t n) { return memalign(alignment, n); }
int posix_memalign(void** p, std::size_t alignment, std::size_t n) {
  if (alignment % sizeof(void*) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) return EINVAL;
  void* const memory = memalign(alignment, n);
  if (!memory) return ENOMEM;
  *p = memory;
  return 0;
}
}

#endif
