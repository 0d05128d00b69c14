// What the programs do alike around their work: machine and versions in their JSON, and two lines where something is
// wrong.
#pragma once
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <xgrad/ops/ops.hpp>

#include "options.hpp"

namespace bench {

/// Two sides that should do the same do not.
struct Disagreement : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What else the figures depend on: the same for all workloads.
inline void add_machine(nlohmann::ordered_json& json) {
  json["blas_core"] = xgrad::blas_core();
  json["isa"] = xgrad::isa();
#if defined(__clang__)
  json["compiler"] = "clang " __clang_version__;
#else
  json["compiler"] = "g++ " __VERSION__;
#endif
}

/// Measures one workload after the other, each printed as soon as it is known: as a line of JSON, or below a head.
void report_rows(const Options& o, auto measure, auto print_head, auto print_row, auto print_json) {
  if (!o.json) print_head(o);
  for (const Workload& w : o.workloads) {
    const auto row = measure(w, o);
    if (o.json) print_json(row, o);
    else print_row(row);
    std::fflush(stdout);
  }
}

/// run(Options) between the command line and the exit code: 0 ok, 1 failure, 2 usage.
template <class F>
int run_command(const Program& program, int argc, char** argv, F run) {
  const auto report = [&](int code, const std::string& what, const std::string& hint) {
    fmt::print(stderr, "{}: error: {}\nhint: {}\n", program.name, what, hint);
    return code;
  };
  try {
    const auto command = parse(program, argc, argv);
    if (const auto* help = std::get_if<Help>(&command)) std::fputs(help->text.c_str(), stdout);
    else run(std::get<Options>(command));
    return 0;
  } catch (const UsageError& e) {
    return report(2, e.what(), program.name + " --help lists the options");
  } catch (const Disagreement& e) {
    return report(1, e.what(), "all sides must agree before they are timed; one of them is wrong");
  } catch (const std::exception& e) {
    return report(1, e.what(), fmt::format("this is a bug of {} or of the library", program.name));
  }
}

}  // namespace bench
