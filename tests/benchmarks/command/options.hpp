// The command lines of the programs that time workloads in rounds, as values, checked.
#pragma once
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "../training/workload.hpp"

namespace bench {

/// A line for the user, and exit code 2.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The program that is asked for options.
struct Program {
  std::string name;
  std::string about;      // for --help: what is timed
  bool threaded = false;  // whether it knows --threads
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
std::variant<Help, Options> parse(const Program& program, int argc, const char* const* argv);

}  // namespace bench
