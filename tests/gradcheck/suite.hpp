// The gradient checks that are generated: every op, on every sample, in every layout, by every method; and random
// programs. This is what runs behind `ctest --preset gradcheck`; main.cpp makes a program of it.
#pragma once
#include <xgrad/autograd/gradcheck/gradcheck.hpp>
#include <xgrad/ops/op_list.hpp>

#include "layouts.hpp"

namespace suite {

/// What to run. Empty or negative: all.
struct Selection {
  std::string op{};
  int sample = -1;
  std::string layout{};
  std::uint32_t seed = 1;
  int fraction = XGRAD_CHECK_FRACTION;  ///< one of so many samples and layouts, of every op
};

/// What was run. A check is one method in one number type at one sample in one layout.
struct Totals {
  int ops = 0;
  long checks = 0, failed = 0, inconclusive = 0;
  double worst = 0;                     ///< relative error of the exact methods in double
  std::vector<std::string> failures{};  ///< reports
  void add(const Totals& other);
  /// Counts a report; `title` heads it among the failures.
  void count(const GradcheckReport& report, const std::string& title);
};

/// One comparison outside gradcheck(): of a model's gradient with hand-derived formulas, of a value with a golden one.
struct Finding {
  std::string method;  ///< "hand", "forward_mode", "complex_step", "golden", ...
  std::string what;    ///< "lstm, T 3, B 2: head.weight"
  bool agrees = true;
  double error = 0;     ///< norm-wise, relative
  double ulps = 0;      ///< of the component that is most off
  std::string worst{};  ///< the worst element, where it disagrees
};

/// Four independent gradients of the tanh RNN, the LSTM and the GRU: the tape's, BPTT by hand, forward mode (real-time
/// recurrent learning from JVPs), and complex step; and losses and states against those by hand.
std::vector<Finding> check_recurrent(std::uint32_t seed);

/// All ops, spread over two threads.
Totals check_ops(const Selection& selection);

/// Programs of 5 to 60 nodes of random ops on values that are reused, broadcast and sliced.
Totals check_programs(std::uint32_t first_seed, long count);

}  // namespace suite
