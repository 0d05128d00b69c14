// One source, three instruction sets, chosen when the program runs.
//
// A kernel is a generic lambda over the lane type. `on_lanes` calls it with the widest lane that this processor has,
// from a function that is compiled for that instruction set and into which all of the lambda is inlined ("flatten").
// No file has flags of its own. Functions that are called but not inlined are compiled for the baseline: an `inline`
// function of a header is the same code in every file, whichever copy the linker keeps. What is compiled for more than
// the baseline are the functions below alone, and their template arguments name the lambda, which has no other name.
#pragma once
#include <atomic>

#include "lane.hpp"

// The widest lanes, in bytes, that are compiled: builds in which speed is no matter have fewer, to be compiled sooner.
#if !defined(XGRAD_WIDEST)
#define XGRAD_WIDEST 64
#endif

namespace xgrad::simd {

enum class Isa { baseline, avx2, avx512 };

/// The instruction set for the value of XGRAD_ARCH, null or empty for the best. Throws ValueError.
Isa choose(const char* wanted);

extern std::atomic<int> chosen;  // an Isa, or -1 before the first kernel
Isa choose_and_keep();
inline Isa current() {
  const int isa = chosen.load(std::memory_order_relaxed);
  return isa >= 0 ? Isa(isa) : choose_and_keep();
}

template <class L, class Body>
[[gnu::flatten, gnu::noinline]] auto compiled_for_baseline(const Body& body) {
  return body.template operator()<L>();
}
#if defined(__x86_64__)
template <class L, class Body>
[[gnu::flatten, gnu::noinline, gnu::target("avx2,fma")]] auto compiled_for_avx2(const Body& body) {
  return body.template operator()<L>();
}
template <class L, class Body>
[[gnu::flatten, gnu::noinline, gnu::target("avx2,fma,avx512f,avx512vl,avx512dq,avx512bw")]] auto compiled_for_avx512(
    const Body& body) {
  return body.template operator()<L>();
}
#endif

/// The bytes of the vectors of what is chosen.
inline int vector_bytes() { return 16 << int(current()); }

/// body.operator()<L>() with L the lane type for numbers of type T; for other types than float and double a lane of
/// one.
template <class T, class Body>
auto on_lanes(const Body& body) {
#if defined(XGRAD_REFERENCE_KERNELS)
  return body.template operator()<Lane<Plain<T>>>();
#else
  if constexpr (!std::is_floating_point_v<T>) {
    return body.template operator()<Lane<Plain<T>>>();
  } else {
    switch (current()) {
#if defined(__x86_64__) && XGRAD_WIDEST >= 64
      case Isa::avx512:
        return compiled_for_avx512<Lane<Simd<T, 64>>>(body);
#endif
#if defined(__x86_64__) && XGRAD_WIDEST >= 32
      case Isa::avx2:
        return compiled_for_avx2<Lane<Simd<T, 32>>>(body);
#endif
      default:
        return compiled_for_baseline<Lane<Simd<T, 16>>>(body);
    }
  }
#endif
}

/// A vector from p: a whole one, or the first `left` elements of it.
template <class L>
XGRAD_INLINE L load(const typename L::Value* p, Size left) {
  return left >= L::width ? L::load(p) : L::load(p, left);
}
template <class L>
XGRAD_INLINE void store(const L& a, typename L::Value* p, Size left) {
  if (left >= L::width) a.store(p);
  else a.store(p, left);
}

/// y[i] = f(x[i]...), or (add) y[i] += f(x[i]...), for n elements. The rest that fills no vector takes the same way.
/// Still the last digit of an element may depend on its place: the compiler may write the way out twice, and fuse a
/// product with another of two sums in one of them.
template <class L, class F, class... X>
XGRAD_INLINE void map(Size n, typename L::Value* y, bool add, const F& f, const X*... x) {
  for (Size i = 0; i < n; i += L::width) {
    const Size left = n - i;
    L v = f(load<L>(x + i, left)...);
    if (add) v = load<L>(y + i, left) + v;
    store(v, y + i, left);
  }
}

}  // namespace xgrad::simd
