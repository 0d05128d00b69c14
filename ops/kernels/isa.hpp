// The instruction set that the kernels run on, chosen once per process.
#pragma once

namespace xgrad {

/// The instruction set of the kernels: "baseline" (SSE2 on x86-64, NEON on arm64), "avx2" (with FMA) or "avx512"
/// (F, VL, DQ, BW): the best that this processor has, or what the environment variable XGRAD_ARCH says. Products above
/// the size of our own kernel are OpenBLAS's, which has a choice of its own: blas_core(). A library built with the
/// CMake option XGRAD_REFERENCE_KERNELS has no choice, and says "reference". Throws ValueError where XGRAD_ARCH names
/// no instruction set, or one that this processor lacks. So does the first op of a program.
const char* isa();

}  // namespace xgrad
