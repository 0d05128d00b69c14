// Counts calls to operator new in this program and the bytes they gave, and can make one of them fail.
#pragma once

namespace heap {

/// Calls of operator new since the program started.
long allocations();
/// The bytes in use now, and the most that were at once since the last call of watch(), above those in use then.
long taken();
long peak();
void watch();
/// Makes the n-th call from now on throw std::bad_alloc (1 is the next); 0 takes that back.
void fail_after(long n);

}  // namespace heap
