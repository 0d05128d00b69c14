// rnn_step's command line as values, checked.
#pragma once
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "training/workload.hpp"

namespace bench {

/// Two lines for the user, and exit code 2.
struct UsageError : std::runtime_error {
  UsageError(const std::string& what, std::string what_to_do) : std::runtime_error(what), hint(std::move(what_to_do)) {}
  std::string hint;
};

struct Options {
  std::vector<Workload> workloads{bench::workloads.begin(), bench::workloads.end()};
  int threads = 1;
  int rounds = 41;
  bool json = false;
};

struct Help {
  std::string text;
};

/// Throws UsageError for everything that it does not understand.
std::variant<Help, Options> parse(int argc, const char* const* argv);

}  // namespace bench
