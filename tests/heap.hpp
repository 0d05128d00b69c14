// Counts calls to operator new in this program and the bytes that they took, and can make one of them fail.
#pragma once
#include <cstddef>

namespace heap {

/// Calls of operator new since the program started.
long allocations();
/// Bytes taken and not given back.
std::size_t taken();
/// The most that taken() has been since the program started, or since reset_peak().
std::size_t peak();
void reset_peak();
/// Makes the n-th call from now on throw std::bad_alloc (1 is the next); 0 takes that back.
void fail_after(long n);

}  // namespace heap
