// How broadcast operands are walked. A plan collapses the axes of the result y into as few as possible and keeps, for
// each operand, the step along each of them: zero where the operand is repeated. What is left in the innermost axis
// is a run, in which an operand either stands still (step 0) or is read in order (step 1); a kernel loops over runs.
#pragma once
#include <array>

#include "shape.hpp"

namespace xgrad {

template <int Operands>
class BroadcastPlan {
 public:
  /// Precondition: every operand broadcasts to y.
  BroadcastPlan(const Shape& y, const std::array<Shape, Operands>& operands) {
    std::array<Size, Operands> contiguous;  // the step that a dense operand would take here
    contiguous.fill(1);
    for (int back = 1; back <= y.rank(); ++back) {
      const Index length = y[y.rank() - back];
      std::array<Size, Operands> step{};
      for (int k = 0; k < Operands; ++k) {
        const Shape& x = operands[std::size_t(k)];
        const Index own = back <= x.rank() ? x[x.rank() - back] : 1;
        step[std::size_t(k)] = own == 1 ? 0 : contiguous[std::size_t(k)];
        contiguous[std::size_t(k)] *= own;
      }
      if (length != 1) push(length, step);
    }
    if (axes_ == 0) push(1, {});
  }

  Size run() const { return length_[0]; }
  /// 0 or 1: the step of operand k within a run.
  Size step(int k) const { return step_[0][std::size_t(k)]; }

  /// Calls f(offset in y, offsets in the operands) for the start of every run.
  template <class F>
  void for_each_run(F f) const {
    std::array<Size, Operands> at{};
    Size y = 0;
    std::array<Index, 4> count{};
    Size runs = run() > 0 ? 1 : 0;
    for (int a = 1; a < axes_; ++a) runs *= length_[std::size_t(a)];
    for (; runs > 0; --runs, y += run()) {
      f(y, at);
      for (int a = 1; a < axes_; ++a) {
        const std::size_t i = std::size_t(a);
        for (std::size_t k = 0; k < Operands; ++k) at[k] += step_[i][k];
        if (++count[i] < length_[i]) break;
        for (std::size_t k = 0; k < Operands; ++k) at[k] -= step_[i][k] * length_[i];
        count[i] = 0;
      }
    }
  }

 private:
  void push(Index length, const std::array<Size, Operands>& step) {
    if (axes_ > 0) {
      const std::size_t last = std::size_t(axes_ - 1);
      bool merges = true;
      for (std::size_t k = 0; k < Operands; ++k) merges = merges && step[k] == step_[last][k] * length_[last];
      if (merges) {
        length_[last] *= length;
        return;
      }
    }
    length_[std::size_t(axes_)] = length;
    step_[std::size_t(axes_)] = step;
    ++axes_;
  }

  int axes_ = 0;  // innermost first
  std::array<Size, 4> length_{};
  std::array<std::array<Size, Operands>, 4> step_{};
};

}  // namespace xgrad
