// How a step grows with the number of time steps: min-char-rnn's model, H 100, one stream. Both sides must grow
// linearly; the tape's memory with them. The ratio is taken in turns.
#include <benchmark/benchmark.h>

#include "../measure/rounds.hpp"
#include "../training/side.hpp"

namespace {

void growth(benchmark::State& s) {
  const bench::Index steps = bench::Index(s.range(0));
  const bench::Workload w{"", 100, steps, 1};
  const auto tape = bench::make_tape_side(w);
  const auto hand = bench::make_hand_side(w);
  const bench::Comparison x = bench::compare(
      bench::Clock::thread_cpu, 21, [&] { tape->step(); }, [&] { hand->step(); });
  for (auto _ : s) tape->step();
  s.counters["tape_us"] = 1e6 * x.a;
  s.counters["tape_us/char"] = 1e6 * x.a / double(steps);
  s.counters["hand_us"] = 1e6 * x.b;
  s.counters["hand_us/char"] = 1e6 * x.b / double(steps);
  s.counters["ratio"] = x.ratio;
  s.counters["spread"] = x.spread;
  s.counters["tape_KB"] = double(tape->memory()) / 1024;
  s.counters["nodes"] = double(tape->nodes());
}

BENCHMARK(growth)->ArgName("T")->Arg(25)->Arg(100)->Arg(400)->Arg(1600)->Unit(benchmark::kMicrosecond)->MinTime(0.1);

}  // namespace

BENCHMARK_MAIN();
