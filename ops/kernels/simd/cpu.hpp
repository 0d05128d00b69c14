// Which processors the kernels run on.
#pragma once
#include <string>

namespace xgrad::kernels {

/// What x86-64-v3 code needs and this processor lacks, "AVX2, FMA"; empty where all is there.
std::string missing_features();

/// The text that a program on an older processor ends with; empty where `missing` is.
std::string unsupported_message(const std::string& missing);

/// Set before main, or the program has ended with that text. Every file compiled for x86-64-v3 refers to it, so that
/// the linker never leaves the check behind.
extern const bool cpu_checked;

}  // namespace xgrad::kernels
