// Counts what this program asks malloc and its kin for, whoever asks: operator new, the C library, BLAS. Linking
// allocations.cpp is enough. Only glibc; under AddressSanitizer, which has a malloc of its own, by its hooks.
#pragma once

namespace bench {

/// Calls of malloc, calloc, realloc, aligned_alloc, memalign and posix_memalign since the program started, by all
/// threads.
long allocations();

}  // namespace bench
