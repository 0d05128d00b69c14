// char_rnn info: which program this is, and on what it runs: what to say beside figures, and in a bug report.
#include <fmt/format.h>
#include <cstdlib>
#include <thread>
#include <xgrad/ops/ops.hpp>

#include "../terminal/report.hpp"
#include "verbs.hpp"

namespace char_rnn {

namespace {

std::string compiler() {
#if defined(__clang__)
  return fmt::format("clang {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__);
#else
  return fmt::format("g++ {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
}

bool isa_was_asked_for() {
  const char* wanted = std::getenv("XGRAD_ARCH");
  return wanted && *wanted != '\0';
}

}  // namespace

int info(const InfoOptions& options) {
  const bool asked = isa_was_asked_for();
  const unsigned hardware = std::thread::hardware_concurrency();  // 0 where it cannot be told
  Report report;
  report.add("version", XGRAD_VERSION, {{"version", XGRAD_VERSION}});
  report.add("compiler", compiler(), {{"compiler", compiler()}});
  report.add("kernels", fmt::format("{}, {}", xgrad::isa(), asked ? "from XGRAD_ARCH" : "the best of this processor"),
             {{"isa", xgrad::isa()}, {"isa_from", asked ? "XGRAD_ARCH" : "processor"}});
  report.add("BLAS", xgrad::blas_config(), {{"blas", xgrad::blas_config()}});
  report.add("BLAS core", xgrad::blas_core(), {{"blas_core", xgrad::blas_core()}});
  report.add("BLAS threads", std::to_string(xgrad::blas_threads()), {{"blas_threads", xgrad::blas_threads()}});
  report.add("machine threads", hardware ? std::to_string(hardware) : "unknown", {{"hardware_threads", hardware}});
  report.print(options.json);
  return 0;
}

}  // namespace char_rnn
