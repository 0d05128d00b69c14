// The kernels on an instruction set of one's choice, within a test.
#pragma once
#include <string>
#include <vector>
#include <xgrad/autograd/core/error.hpp>
#include <xgrad/ops/kernels/isa.hpp>
#include <xgrad/ops/kernels/simd/dispatch.hpp>

/// While it lives, kernels run on this instruction set, which the processor must have.
class IsaScope {
 public:
  explicit IsaScope(xgrad::simd::Isa isa) : before_(xgrad::simd::chosen.exchange(int(isa))) {}
  ~IsaScope() { xgrad::simd::chosen = before_; }
  IsaScope(const IsaScope&) = delete;
  IsaScope& operator=(const IsaScope&) = delete;

 private:
  int before_;
};

inline const std::vector<std::string>& isa_names() {
  static const std::vector<std::string> names{"baseline", "avx2", "avx512"};
  return names;
}

/// The instruction sets that this processor has, the baseline first.
inline std::vector<xgrad::simd::Isa> isas_here() {
  std::vector<xgrad::simd::Isa> all;
  for (const std::string& name : isa_names()) try {
      all.push_back(xgrad::simd::choose(name.c_str()));
    } catch (const xgrad::ValueError&) {
      break;  // each has what those before it have
    }
  return all;
}
