// One training step of a character model, the tape on ordinary model code beside BPTT written by hand on the same
// kernels, in the same run and in turns. Options: options.cpp; what is timed: training/; how: measure/rounds.hpp.
//
//   build/release/tests/benchmarks/rnn_step --workload W2
#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <xgrad/ops/ops.hpp>

#include "measure/allocations.hpp"
#include "measure/rounds.hpp"
#include "options.hpp"
#include "training/side.hpp"

namespace bench {

namespace {

struct Disagreement : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Row {
  Workload workload;
  Comparison time;  // a: tape, b: hand
  double allocations;
  Index nodes;

  double characters_per_second() const { return double(workload.steps) * workload.batch / time.a; }
};

// Over whole steps, of which the first have been taken.
double allocations_per_step(Side& side) {
  constexpr int steps = 3;
  const long before = allocations();
  for (int i = 0; i < steps; ++i) side.step();
  return double(allocations() - before) / steps;
}

Row measure(const Workload& w, const Options& o) {
  const auto tape = make_tape_side(w);
  const auto hand = make_hand_side(w, {.threads = o.threads});
  if (const auto what = disagreement(*tape, *hand)) throw Disagreement(fmt::format("{}: {}", w.name, *what));
  const double per_step = allocations_per_step(*tape);
  const Clock clock = o.threads == 1 ? Clock::thread_cpu : Clock::wall;
  return {w,
          compare(
              clock, o.rounds, [&] { tape->step(); }, [&] { hand->step(); }),
          per_step, tape->nodes()};
}

// What else the figures depend on: the same for all workloads.
void add_machine(nlohmann::ordered_json& json) {
  json["blas_core"] = xgrad::blas_core();
  json["isa"] = xgrad::isa();
#if defined(__clang__)
  json["compiler"] = "clang " __clang_version__;
#else
  json["compiler"] = "g++ " __VERSION__;
#endif
}

void print_json(const Row& r, const Options& o) {
  nlohmann::ordered_json json;
  json["workload"] = r.workload.name;
  json["model"] = r.workload.str();
  json["us_per_step"] = 1e6 * r.time.a;
  json["us_per_step_hand"] = 1e6 * r.time.b;
  json["ratio"] = r.time.ratio;
  json["spread"] = r.time.spread;
  json["rounds"] = o.rounds;
  json["threads"] = o.threads;
  json["clock"] = o.threads == 1 ? "thread_cpu" : "wall";
  json["allocations_per_step"] = r.allocations;
  json["nodes"] = r.nodes;
  json["chars_per_second"] = r.characters_per_second();
  add_machine(json);
  std::puts(json.dump().c_str());
}

void print_head(const Options& o) {
  fmt::print(
      "{} per step, medians of {} rounds in turns; ratio tape / hand: median of the rounds' ratios,\n"
      "+- half the distance between their quartiles. Kernels: {}, of OpenBLAS: {}\n\n",
      o.threads == 1 ? "CPU time of one thread" : fmt::format("Wall time of {} threads", o.threads), o.rounds,
      xgrad::isa(), xgrad::blas_core());
  fmt::print("{:4} {:34} {:>12} {:>12} {:>16} {:>6} {:>8} {:>11}\n", "", "", "tape us", "hand us", "ratio", "nodes",
             "mallocs", "chars/s");
}

void print_row(const Row& r) {
  fmt::print("{:4} {:34} {:>12.1f} {:>12.1f} {:>8.3f} +-{:>5.3f} {:>6} {:>8} {:>11.0f}\n", r.workload.name,
             r.workload.str(), 1e6 * r.time.a, 1e6 * r.time.b, r.time.ratio, r.time.spread, r.nodes, r.allocations,
             r.characters_per_second());
}

int run(const Help& help) {
  std::fputs(help.text.c_str(), stdout);
  return 0;
}

int run(const Options& o) {
  if (!tape_side_has(o.threads))
    throw UsageError(
        fmt::format("--threads: the tape's side does not split its batch, {} threads were asked for", o.threads),
        "leave --threads away");
  if (!o.json) print_head(o);
  for (const Workload& w : o.workloads) {
    const Row row = measure(w, o);
    if (o.json) print_json(row, o);
    else print_row(row);
    std::fflush(stdout);
  }
  return 0;
}

int report(int code, const std::string& what, const std::string& hint) {
  fmt::print(stderr, "rnn_step: error: {}\nhint: {}\n", what, hint);
  return code;
}

}  // namespace

}  // namespace bench

int main(int argc, char** argv) {
  using namespace bench;
  try {
    return std::visit([](const auto& command) { return run(command); }, parse(argc, argv));
  } catch (const UsageError& e) {
    return report(2, e.what(), e.hint);
  } catch (const Disagreement& e) {
    return report(1, e.what(), "tape and hand must agree before they are timed; one of them is wrong");
  } catch (const std::exception& e) {
    return report(1, e.what(), "this is a bug of rnn_step or of the library");
  }
}
