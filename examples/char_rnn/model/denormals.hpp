// Numbers below 1.2e-38, of which float has a few more with fewer digits: what is left of an average of squares, or of
// a gradient that has vanished. They say nothing to a training, and many processors take a hundred times longer for
// each, so they are zeros here.
#pragma once
#if defined(__SSE2__)
#include <emmintrin.h>
#endif
#include <cstdint>

namespace char_rnn {

/// For this thread and those that it will start, which inherit it. Does nothing on other processors than x86 and ARM.
inline void flush_denormals() {
#if defined(__SSE2__)
  constexpr unsigned flush_results = 1u << 15, operands_are_zero = 1u << 6;
  _mm_setcsr(_mm_getcsr() | flush_results | operands_are_zero);
#elif defined(__aarch64__)
  constexpr std::uint64_t flush = std::uint64_t{1} << 24;
  std::uint64_t mode;
  asm volatile("mrs %0, fpcr" : "=r"(mode));
  asm volatile("msr fpcr, %0" : : "r"(mode | flush));
#endif
}

}  // namespace char_rnn
