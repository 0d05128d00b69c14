// How much of a long test is run: all, or under an emulator a part.
#pragma once
#include <cstdint>
#include <cstdlib>

/// XGRAD_TEST_SPARSE = n asks the tests that go through thousands of cases for every n-th of them; .ci/emulated does,
/// since an emulated processor is slow, and slowest at long double.
inline std::uint64_t test_sparsity() {
  const char* const n = std::getenv("XGRAD_TEST_SPARSE");
  const long long value = n ? std::atoll(n) : 1;
  return value > 1 ? std::uint64_t(value) : 1;
}
