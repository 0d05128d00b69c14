// One training step of a character model by xgrad's tape, by hand and by other libraries, all in turns in one run.
// Before anything is timed, each must do what the tape does: sides.hpp says how each goes about it, training/side.hpp
// how far they must agree.
//
//   build/release/tests/benchmarks/peers/peers --workload W2
//
// A turn is 2 ms of a side's own steps, one step where that takes longer. Allocations are not counted here: to count
// them would take time from those that have many.
#include <csignal>
#include <cstdio>
#include <ctime>

#include "../command/report.hpp"
#include "../measure/rounds.hpp"
#include "sides.hpp"

namespace bench {

namespace {

struct Contender {
  const char* name;
  std::unique_ptr<Side> side;
  std::function<double(int)> timed_steps;  // seconds of CPU time of one step, of so many
};

Contender here(const char* name, std::unique_ptr<Side> side) {
  const auto steps = [&s = *side](int count) {
    const auto step = [&s] { s.step(); };
    return turn(Clock::thread_cpu, count, step);
  };
  return {name, std::move(side), steps};
}

Contender elsewhere(const char* name, std::unique_ptr<NumpySide> side) {
  const auto steps = [&s = *side](int count) { return s.timed_steps(count); };
  return {name, std::move(side), steps};
}

// Throws Disagreement where it does something else than a tape of its own does.
Contender checked(const Workload& w, Contender c) {
  if (const auto what = disagreement(*make_tape_side(w), *c.side, 3, c.name))
    throw Disagreement(fmt::format("{}: {}", w.name, *what));
  return c;
}

// The first is what all ratios refer to.
std::vector<Contender> contenders(const Workload& w) {
  std::vector<Contender> all;
  all.push_back(checked(w, here("hand", make_hand_side(w))));
  all.push_back(checked(w, here("libtorch ops", make_torch_side(w, TorchModel::ops))));
  all.push_back(checked(w, here("libtorch modules", make_torch_side(w, TorchModel::modules))));
  all.push_back(checked(w, elsewhere("numpy float32", make_numpy_side(w, NumpyType::float32))));
  all.push_back(checked(w, elsewhere("numpy float64", make_numpy_side(w, NumpyType::float64))));
  all.insert(all.begin() + 1, here("tape", make_tape_side(w)));  // now that no other tape is this thread's
  return all;
}

// CPU time of this process but not of this thread, in seconds.
double of_other_threads() { return double(std::clock()) / CLOCKS_PER_SEC - now(Clock::thread_cpu); }

struct Row {
  Workload workload;
  std::vector<std::pair<const char*, Comparison>> against;  // a: each in its turn, b: by hand
};

Row measure(const Workload& w, const Options& o) {
  const std::vector<Contender> all = contenders(w);
  std::vector<std::function<double()>> turns;
  for (const Contender& c : all) {
    const int repeats = repeats_of(2e-3, c.timed_steps(1));
    turns.push_back([&c, repeats] { return c.timed_steps(repeats); });
    turns.back()();
  }
  const double others = of_other_threads(), start = now(Clock::thread_cpu);
  const Times times = take_turns(o.rounds, turns);
  if (of_other_threads() - others > 0.05 * (now(Clock::thread_cpu) - start))
    throw std::runtime_error(std::string(w.name) + ": more than one thread was at work, and only one was timed");
  Row row{w, {}};
  for (std::size_t i = 0; i < all.size(); ++i) row.against.emplace_back(all[i].name, comparison(times[i], times[0]));
  return row;
}

void print_json(const Row& r, const Options& o) {
  nlohmann::ordered_json json;
  json["workload"] = r.workload.name;
  json["model"] = r.workload.str();
  for (const auto& [name, time] : r.against) {
    json["us_per_step"][name] = 1e6 * time.a;
    json["ratio"][name] = time.ratio;
    json["spread"][name] = time.spread;
  }
  json["rounds"] = o.rounds;
  add_machine(json);
  json["torch_isa"] = torch_isa();
  std::puts(json.dump().c_str());
}

void print_head(const Options& o) {
  fmt::print(
      "CPU time per step on one thread, medians of {} rounds in turns; ratio to hand: median of the rounds' ratios,\n"
      "+- half the distance between their quartiles. Kernels: {}, of OpenBLAS: {}, of libtorch: {}\n",
      o.rounds, xgrad::isa(), xgrad::blas_core(), torch_isa());
}

void print_row(const Row& r) {
  fmt::print("\n{}  {}\n", r.workload.name, r.workload.str());
  for (const auto& [name, time] : r.against)
    fmt::print("    {:18} {:>12.1f} us {:>9.2f} +-{:>6.2f}\n", name, 1e6 * time.a, time.ratio, time.spread);
}

void run(const Options& o) {
  std::signal(SIGPIPE, SIG_IGN);
  report_rows(o, measure, print_head, print_row, print_json);
}

constexpr const char* about =
    "One training step of a character model, by hand, on the tape, and in libtorch and numpy, in turns. One step is\n"
    "forward, backward, clipping each element to [-5, 5] and the update; W5 by Adam, the others by Adagrad.\n"
    "Exit codes: 0 ok, 1 one disagrees with the tape or the program failed, 2 usage.";

}  // namespace

}  // namespace bench

int main(int argc, char** argv) { return bench::run_command({"peers", bench::about}, argc, argv, bench::run); }
