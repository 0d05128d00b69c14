#include "isa.hpp"

#include <cstdlib>
#include <string>

#include "../../autograd/core/error.hpp"
#include "simd/dispatch.hpp"

namespace xgrad {

namespace simd {

namespace {

constexpr const char* names[] = {"baseline", "avx2", "avx512"};

Isa best() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
  return XGRAD_WIDEST >= 64 && avx2 && avx512 ? Isa::avx512 : XGRAD_WIDEST >= 32 && avx2 ? Isa::avx2 : Isa::baseline;
#else
  return Isa::baseline;
#endif
}

}  // namespace

std::atomic<int> chosen{-1};

Isa choose(const char* wanted) {
  const Isa here = best();
  if (!wanted || !*wanted) return here;
  for (const Isa isa : {Isa::baseline, Isa::avx2, Isa::avx512})
    if (names[int(isa)] == std::string(wanted)) {
      if (isa > here)
        fail<ValueError>("XGRAD_ARCH", std::string("this processor cannot run ") + wanted +
                                           "\nhint: the best it has is " + names[int(here)]);
      return isa;
    }
  fail<ValueError>("XGRAD_ARCH", std::string("\"") + wanted +
                                     "\" names no instruction set\nhint: baseline, avx2 and avx512 are known; unset, "
                                     "the best is taken that the processor has");
}

Isa choose_and_keep() {
  const Isa isa = choose(std::getenv("XGRAD_ARCH"));
  chosen.store(int(isa), std::memory_order_relaxed);
  return isa;
}

}  // namespace simd

const char* isa() {
#if defined(XGRAD_REFERENCE_KERNELS)
  return "reference";
#else
  return simd::names[int(simd::current())];
#endif
}

}  // namespace xgrad
