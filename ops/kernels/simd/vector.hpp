// What a lane is made of: a vector register, spelled in the vector extensions of GCC and Clang.
//
// Why not intrinsics, or a library around them: those exist in a file only if the file is compiled for the instruction
// set they belong to, and then every inline function of every header in it is, too, and the linker may keep that copy
// for everybody. A vector extension exists everywhere. Code written in it is compiled for the baseline, and becomes
// AVX2 or AVX-512 where it is inlined into a function that says so (dispatch.hpp). So there is one copy of the source,
// no file with flags of its own, and a lambda in the user's program gets what our own kernels get.
//
// A raw vector wider than the baseline's must not be passed by value: whether it travels in a register depends on what
// the caller is compiled for. A Lane may, see there.
#pragma once
#include <cstdint>
#include <type_traits>

#include "../../../autograd/core/shape.hpp"

// For functions of lanes that are longer than a line. Only what is inlined is compiled for the instruction set of the
// kernel. g++ inlines everything into a "flatten" function, small functions first (asked to inline them early, it makes
// code eight times slower); clang inlines only what that function calls itself, and what else says so. Loops over the
// lanes of an array are unrolled, for an array that is indexed by a constant can live in registers.
#if defined(__clang__)
#define XGRAD_INLINE [[gnu::always_inline]] inline
#define XGRAD_UNROLL _Pragma("clang loop unroll(full)")
#else
#define XGRAD_INLINE inline
#define XGRAD_UNROLL _Pragma("GCC unroll 16")
#endif

namespace xgrad {

/// `Bytes` of numbers of type T (float or double) in one register.
template <class T, int Bytes>
struct Simd {
  using value_type = T;
  using Int = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
  static constexpr Size size = Bytes / Size(sizeof(T));
  static constexpr int mantissa_bits = sizeof(T) == 4 ? 23 : 52;
  static constexpr int exponent_bias = sizeof(T) == 4 ? 127 : 1023;

  typedef T Vector __attribute__((vector_size(Bytes)));
  typedef Int Bits __attribute__((vector_size(Bytes)));  // the same register as integers; a cast is free
  typedef std::make_unsigned_t<Int> Modular __attribute__((vector_size(Bytes)));  // where it may wrap round
  typedef T Unaligned __attribute__((vector_size(Bytes), aligned(sizeof(T)), may_alias));
};

/// The integer with the bits of x.
template <class T>
constexpr typename Simd<T, 16>::Int bits_of(T x) {
  return __builtin_bit_cast(typename Simd<T, 16>::Int, x);
}

}  // namespace xgrad
