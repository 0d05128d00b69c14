// The workloads of rnn_step as Google Benchmark lines, tape and hand; and, as `hand_plans`, what the hand-written side
// could do otherwise. One line after another, so the machine may have changed in between: rnn_step has the ratios.
#include <benchmark/benchmark.h>

#include "../training/side.hpp"

namespace {

using bench::Workload;

void steps(benchmark::State& s, bench::Side& side, const Workload& w) {
  side.step();
  for (auto _ : s) benchmark::DoNotOptimize(side.step());
  s.counters["chars/s"] =
      benchmark::Counter(double(w.steps) * w.batch * double(s.iterations()), benchmark::Counter::kIsRate);
}

void add(const std::string& name, auto f) {
  benchmark::RegisterBenchmark(name.c_str(), f)->Unit(benchmark::kMicrosecond);
}

void add_plans(const Workload& w) {
  for (const int block : {1, 5, 10, 25, 50})
    for (const bool transposed : {false, true})
      if (block <= w.steps)
        add(std::string("hand_plans/") + w.name + "/block:" + std::to_string(block) +
                "/transposed:" + std::to_string(transposed),
            [=](benchmark::State& s) {
              const auto side = bench::make_hand_side(w, {.threads = 1, .block = block, .transposed = transposed});
              steps(s, *side, w);
            });
}

}  // namespace

int main(int argc, char** argv) {
  for (const Workload& w : bench::workloads) {
    add(std::string("tape/") + w.name, [w](benchmark::State& s) { steps(s, *bench::make_tape_side(w), w); });
    add(std::string("hand/") + w.name, [w](benchmark::State& s) { steps(s, *bench::make_hand_side(w), w); });
  }
  for (const Workload& w : bench::workloads) add_plans(w);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
