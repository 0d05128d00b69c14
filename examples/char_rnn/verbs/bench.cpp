// char_rnn bench: what a step of training costs with the user's own settings, on this machine. What is timed is
// Trainer::step, which is all that train repeats.
//
// Steps and large products take turns, so that both see the same moods of the machine, and the share of the peak is one
// of two figures of the same seconds. Both are over CPU time: what other programs take is not the step's fault.
// Characters per second are over wall time, for that is how long train takes.
//
// Allocations are those of the tape's arenas, which count for themselves. Counting at malloc, as the benchmarks of the
// tests do, takes a malloc of our own, and a program with that cannot be run with another one preloaded: it would hand
// that one's free() what is not its own.
#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <ctime>
#include <numeric>
#include <thread>
#include <xgrad/ops/kernels/products.hpp>
#include <xgrad/ops/ops.hpp>

#include "../failure.hpp"
#include "../terminal/report.hpp"
#include "../training/begin.hpp"
#include "../training/trainer.hpp"
#include "verbs.hpp"

namespace char_rnn {

namespace {

using namespace xgrad;

// ---- what is timed

/// A text of 65 symbols, as many as tinyshakespeare has, and about as long; longer where the windows are large.
Text random_text(const Settings& s) {
  constexpr Index symbols = 65;
  std::vector<std::uint32_t> all(symbols);
  std::iota(all.begin(), all.end(), std::uint32_t{' '});
  std::vector<std::uint8_t> ids(
      std::max<std::size_t>(1'000'000, 4 * std::size_t(s.batch) * std::size_t(s.seq_len) + 2));
  Rng rng(s.seed);
  std::generate(ids.begin(), ids.end(), [&] { return static_cast<std::uint8_t>(rng.below(symbols)); });
  return {Vocabulary(all, Encoding::bytes), Ids(std::move(ids)), Encoding::bytes};
}

Text text_for(const TrainOptions& options) {
  if (options.text.empty()) check_memory(options.settings, 65);
  Text text = options.text.empty() ? random_text(options.settings) : read_text(options.text, options.settings.encoding);
  check_memory(options.settings, text.vocabulary.size());
  return text;
}

/// The multiplications, and as many additions, of all matrix products of one step: B streams, T steps, L layers of H
/// hidden units and G gates, V symbols, embedded in E numbers.
///
///   each layer    T B H G H        the recurrence
///                 (T - 1) B H G H  the states' gradients; the first state is a constant
///                 T B H G H        the recurrent matrix's
///   its inputs    3 T B I G H      forward, their gradient, their matrix's; I is H, or E of the lowest
///   output layer  3 T B H V        likewise
///
/// A lowest layer over one-hot characters has no products: they pick rows. Elementwise work is not counted.
double multiply_adds(const Settings& s, double v) {
  const double b = s.batch, t = s.seq_len, h = s.hidden, layers = s.layers, e = s.embedding;
  const double g = gates_of(s.model);
  return b * h * (layers * (3 * t - 1) * g * h + 3 * t * g * (e + (layers - 1) * h) + 3 * t * v);
}

/// A product large enough for BLAS to be at its best.
class LargeProduct {
 public:
  static constexpr Index side = 512;
  static constexpr double gflop = 2e-9 * side * side * side;

  void multiply() {
    kernels::multiply<float>(side, side, side, {a_.data(), side}, {b_.data(), side}, c_.data(), false);
  }

 private:
  Rng rng_{1};
  Array<float> a_ = rng_.uniform_array<float>({side, side}, -1, 1), b_ = rng_.uniform_array<float>({side, side}, -1, 1);
  Array<float> c_ = make_array<float>({side, side});
};

// ---- time

struct Seconds {
  double cpu, wall;
};

double now(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

/// Of one of `repeats` calls.
template <class F>
Seconds turn(int repeats, F f) {
  const double cpu = now(CLOCK_PROCESS_CPUTIME_ID), wall = now(CLOCK_MONOTONIC);
  for (int i = 0; i < repeats; ++i) f();
  return {(now(CLOCK_PROCESS_CPUTIME_ID) - cpu) / repeats, (now(CLOCK_MONOTONIC) - wall) / repeats};
}

/// Pre: v is not empty.
double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return (v[(v.size() - 1) / 2] + v[v.size() / 2]) / 2;
}

struct Measured {
  Seconds step;  // medians of the rounds
  int rounds, steps_per_round;
  double peak;         // GFLOP/s
  double allocations;  // per step
};

Measured measure(Trainer& trainer, double seconds) {
  constexpr int warm_up = 3, products = 3;
  constexpr double turn_length = 0.05;
  LargeProduct product;
  const auto step = [&] { trainer.step(std::int64_t{1} << 40); };
  turn(warm_up, step), product.multiply();
  const int repeats = int(std::clamp(turn_length / turn(1, step).wall, 1.0, 1e6));

  std::vector<double> cpu, wall;
  double best = HUGE_VAL;
  const Size before = trainer.memory().tape.heap_allocations;
  const double start = now(CLOCK_MONOTONIC);
  do {
    const Seconds each = turn(repeats, step);
    cpu.push_back(each.cpu), wall.push_back(each.wall);
    for (int i = 0; i < products; ++i) best = std::min(best, turn(1, [&] { product.multiply(); }).cpu);
  } while (now(CLOCK_MONOTONIC) - start < seconds);
  const double steps = double(cpu.size()) * repeats;
  return {{median(cpu), median(wall)},
          int(cpu.size()),
          repeats,
          LargeProduct::gflop / best,
          double(trainer.memory().tape.heap_allocations - before) / steps};
}

// ---- rows

std::string bytes(Size n) {
  return n < 1'000'000 ? fmt::format("{:.1f} kB", 1e-3 * double(n)) : fmt::format("{:.1f} MB", 1e-6 * double(n));
}

void add_setting(Report& report, const Settings& s, Trainer& trainer) {
  const std::string optimizer = show(s.optimizer, optimizer_names), model = show(s.model, model_names);
  const Index symbols = trainer.model().architecture().vocabulary;
  const Size weights = count_parameters(trainer.model());
  report.add("model",
             fmt::format("{}, {} symbols, {} x {} hidden units, {} weights, {}", model, symbols, s.layers, s.hidden,
                         weights, optimizer),
             {{"symbols", symbols},
              {"model", model},
              {"layers", s.layers},
              {"hidden", s.hidden},
              {"weights", weights},
              {"optimizer", optimizer}});
  report.add("iteration",
             fmt::format("{} steps of {} streams in {} shards on {} thread{}", s.seq_len, s.batch, *s.shards,
                         trainer.threads(), trainer.threads() == 1 ? "" : "s"),
             {{"seq_len", s.seq_len}, {"batch", s.batch}, {"shards", *s.shards}, {"threads", trainer.threads()}});
}

void add_speed(Report& report, const Settings& s, Trainer& trainer, const Measured& m) {
  const double gflop = 2e-9 * multiply_adds(s, double(trainer.model().architecture().vocabulary));
  const double chars = double(trainer.chars_per_step()) / m.step.wall, rate = gflop / m.step.cpu;
  report.add("ms/iteration, CPU",
             fmt::format("{:.3f}, median of {} rounds of {}", 1e3 * m.step.cpu, m.rounds, m.steps_per_round),
             {{"cpu_ms", 1e3 * m.step.cpu}, {"rounds", m.rounds}, {"iterations_per_round", m.steps_per_round}});
  report.add("ms/iteration, wall", fmt::format("{:.3f}", 1e3 * m.step.wall), {{"wall_ms", 1e3 * m.step.wall}});
  report.add("characters/s", fmt::format("{:.0f}", chars), {{"chars_per_s", chars}});
  report.add("GFLOP/iteration", fmt::format("{:.4g}", gflop), {{"gflop", gflop}});
  report.add("GFLOP/s", fmt::format("{:.1f}", rate), {{"gflop_per_s", rate}});
  report.add("peak GFLOP/s",
             fmt::format("{0:.1f}, the best product of {1} x {1} by {1} x {1}", m.peak, LargeProduct::side),
             {{"peak_gflop_per_s", m.peak}});
  report.add("share of peak", fmt::format("{:.0f} %", 100 * rate / m.peak), {{"share_of_peak", rate / m.peak}});
}

void add_memory(Report& report, const TrainingMemory& m, double allocations) {
  report.add("tape, values", bytes(m.tape.values), {{"tape_values_bytes", m.tape.values}});
  report.add("tape, gradients", bytes(m.tape.gradients), {{"tape_gradients_bytes", m.tape.gradients}});
  report.add("tape, nodes", bytes(m.tape.nodes), {{"tape_nodes_bytes", m.tape.nodes}});
  report.add("tape, reserved", bytes(m.tape.reserved) + " for values and gradients",
             {{"tape_reserved_bytes", m.tape.reserved}});
  report.add("parameters", fmt::format("{}, and as much for their gradients", bytes(m.parameters)),
             {{"parameter_bytes", m.parameters}, {"parameter_gradient_bytes", m.gradients}});
  report.add("optimiser", bytes(m.optimizer), {{"optimizer_bytes", m.optimizer}});
  report.add("arena allocations/iteration", fmt::format("{:g}", allocations), {{"arena_allocations", allocations}});
}

void add_machine(Report& report) {
  const unsigned hardware = std::thread::hardware_concurrency();
  report.add(
      "ran on",
      fmt::format("BLAS core {}, kernels {}, BLAS threads {}, machine threads {}", blas_core(), isa(), blas_threads(),
                  hardware),
      {{"blas_core", blas_core()}, {"isa", isa()}, {"blas_threads", blas_threads()}, {"hardware_threads", hardware}});
}

}  // namespace

int bench(const BenchOptions& options) {
  const Settings& s = options.train.settings;
  const Text text = text_for(options.train);
  Trainer trainer(s, options.train.threads.value_or(1), text.vocabulary.size(),
                  split_text(options.train, text).windows);
  const Measured measured = measure(trainer, options.seconds);
  Report report;
  add_setting(report, s, trainer);
  add_speed(report, s, trainer, measured);
  add_memory(report, trainer.memory(), measured.allocations);
  add_machine(report);
  report.print(options.json);
  return 0;
}

}  // namespace char_rnn
