// One training step of a character model, the tape on ordinary model code beside BPTT written by hand on the same
// kernels, in the same run and in turns. Options: command/; what is timed: training/; how: measure/rounds.hpp.
//
// With --threads also what threads gain: both sides on one thread and on all take their turns in the same rounds.
//
//   build/release/tests/benchmarks/rnn_step --workload W2
#include <cstdio>
#include <optional>
#include <tuple>

#include "command/report.hpp"
#include "measure/allocations.hpp"
#include "measure/rounds.hpp"
#include "training/side.hpp"

namespace bench {

namespace {

// What several threads gain: wall time of one thread by that of all, medians of the rounds' quotients.
struct Speedup {
  double tape, hand;
  Comparison quotient;  // of the two
};

struct Row {
  Workload workload;
  Comparison time;                 // a: tape, b: hand
  std::optional<Speedup> speedup;  // with several threads
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

// Turns of 20 ms: threads sleep while it is another side's turn, and to wake them is no part of a step.
std::pair<Comparison, Speedup> with_threads(const Workload& w, const Options& o, Side& tape, Side& hand) {
  const auto tape_alone = make_tape_side(w);
  const auto hand_alone = make_hand_side(w);
  const auto step_of = [](Side& side) { return [&side] { side.step(); }; };
  const Times t = in_turns(Clock::wall, o.rounds, 20e-3,
                           {step_of(*tape_alone), step_of(tape), step_of(*hand_alone), step_of(hand)});
  const std::vector<double> by_tape = quotients(t[0], t[1]), by_hand = quotients(t[2], t[3]);
  return {comparison(t[1], t[3]), {median(by_tape), median(by_hand), comparison(by_tape, by_hand)}};
}

Row measure(const Workload& w, const Options& o) {
  const auto tape = make_tape_side(w, o.threads);
  const auto hand = make_hand_side(w, {.threads = o.threads});
  if (const auto what = disagreement(*tape, *hand)) throw Disagreement(fmt::format("{}: {}", w.name, *what));
  Row row{w, {}, {}, allocations_per_step(*tape), tape->nodes()};
  if (o.threads > 1) std::tie(row.time, row.speedup) = with_threads(w, o, *tape, *hand);
  else
    row.time = compare(
        Clock::thread_cpu, o.rounds, [&] { tape->step(); }, [&] { hand->step(); });
  return row;
}

void print_json(const Row& r, const Options& o) {
  nlohmann::ordered_json json;
  json["workload"] = r.workload.name;
  json["model"] = r.workload.str();
  json["us_per_step"] = 1e6 * r.time.a;
  json["us_per_step_hand"] = 1e6 * r.time.b;
  json["ratio"] = r.time.ratio;
  json["spread"] = r.time.spread;
  if (r.speedup) {
    json["speedup"] = r.speedup->tape;
    json["speedup_hand"] = r.speedup->hand;
    json["speedup_ratio"] = r.speedup->quotient.ratio;
    json["speedup_spread"] = r.speedup->quotient.spread;
  }
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
      "+- half the distance between their quartiles. Kernels: {}, of OpenBLAS: {}\n",
      o.threads == 1 ? "CPU time of one thread" : fmt::format("Wall time of {} threads", o.threads), o.rounds,
      xgrad::isa(), xgrad::blas_core());
  if (o.threads > 1)
    fmt::print("Speed-up over one thread, of tape and of hand, and the quotient of the two, likewise.\n");
  fmt::print("\n{:4} {:34} {:>12} {:>12} {:>16} {:>6} {:>8} {:>11}", "", "", "tape us", "hand us", "ratio", "nodes",
             "mallocs", "chars/s");
  std::puts(o.threads > 1 ? "   tape   hand          quotient" : "");
}

void print_row(const Row& r) {
  fmt::print("{:4} {:34} {:>12.1f} {:>12.1f} {:>8.3f} +-{:>5.3f} {:>6} {:>8} {:>11.0f}", r.workload.name,
             r.workload.str(), 1e6 * r.time.a, 1e6 * r.time.b, r.time.ratio, r.time.spread, r.nodes, r.allocations,
             r.characters_per_second());
  if (const auto& s = r.speedup)
    fmt::print(" {:>6.2f} {:>6.2f} {:>9.3f} +-{:>5.3f}", s->tape, s->hand, s->quotient.ratio, s->quotient.spread);
  fmt::print("\n");
}

void run(const Options& o) { report_rows(o, measure, print_head, print_row, print_json); }

constexpr const char* about =
    "One training step of a character model, on the tape beside the same by hand, in turns. One step is forward,\n"
    "backward, clipping each element to [-5, 5] and the update; W5 by Adam, the others by Adagrad.\n"
    "Exit codes: 0 ok, 1 tape and hand disagree or the program failed, 2 usage.";

}  // namespace

}  // namespace bench

int main(int argc, char** argv) { return bench::run_command({"rnn_step", bench::about, true}, argc, argv, bench::run); }
