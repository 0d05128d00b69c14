#include "cpu.hpp"

#include <cstdio>
#include <cstdlib>

namespace xgrad::kernels {

std::string missing_features() {
  std::string missing;
#if defined(__x86_64__)
  const auto need = [&](bool there, const char* name) {
    if (!there) missing += (missing.empty() ? "" : ", ") + std::string(name);
  };
  __builtin_cpu_init();
  need(__builtin_cpu_supports("avx2"), "AVX2");
  need(__builtin_cpu_supports("fma"), "FMA");
  need(__builtin_cpu_supports("bmi2"), "BMI2");
#else
  missing = "x86-64";
#endif
  return missing;
}

std::string unsupported_message(const std::string& missing) {
  if (missing.empty()) return "";
  return "xgrad: error: this processor lacks " + missing +
         "\nhint: the library is built for x86-64-v3 (Intel Haswell, AMD Excavator, or newer)\n";
}

// Before main, because the first kernel could be anybody's: an illegal instruction explains nothing.
const bool cpu_checked = [] {
  if (const std::string text = unsupported_message(missing_features()); !text.empty()) {
    std::fputs(text.c_str(), stderr);
    std::_Exit(70);
  }
  return true;
}();

}  // namespace xgrad::kernels
