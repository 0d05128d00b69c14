// What a node of the tape costs: a chain of 1,000 equal ops, forward and backward, and forward alone. The counters:
// time a node, and how often a node goes to the heap once the chain repeats.
#include <benchmark/benchmark.h>

#include <xgrad/ops/ops.hpp>

#include "../measure/allocations.hpp"

namespace {

using namespace xgrad;

constexpr int length = 1000;

Var<float> add_next(const Var<float>& y, const Var<float>& x) { return y + x; }
Var<float> mul_next(const Var<float>& y, const Var<float>& x) { return y * x; }
Var<float> tanh_next(const Var<float>& y, const Var<float>&) { return tanh(y); }

using Next = Var<float> (*)(const Var<float>&, const Var<float>&);

// A product of all ones stays one: no number becomes tiny or huge on the way.
void chain(benchmark::State& s, Next next, bool backward_too) {
  Tape<float> tape;
  const Shape shape{Index(s.range(0))};
  Array<float> ones = make_array<float>(shape);
  std::fill(ones.begin(), ones.end(), 1.0f);
  const auto once = [&] {
    tape.clear();
    const Var<float> x = leaf(ones);
    Var<float> y = x;
    for (int i = 0; i < length; ++i) y = next(y, x);
    if (backward_too) backward(sum_to(y, Shape{}));
    benchmark::DoNotOptimize(y.data());
  };
  once(), once();
  const long before = bench::allocations();
  once();
  const double per_node = double(bench::allocations() - before) / length;
  for (auto _ : s) once();
  s.counters["time/node"] =
      benchmark::Counter(double(s.iterations()) * length, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  s.counters["mallocs/node"] = per_node;
}

}  // namespace

int main(int argc, char** argv) {
  const std::pair<const char*, Next> ops[] = {{"add", add_next}, {"mul", mul_next}, {"tanh", tanh_next}};
  for (const bool backward_too : {false, true})
    for (const auto& [name, next] : ops)
      benchmark::RegisterBenchmark((std::string(backward_too ? "forward_backward/" : "forward/") + name).c_str(),
                                   [next = next, backward_too](benchmark::State& s) { chain(s, next, backward_too); })
          ->ArgName("n")
          ->RangeMultiplier(10)
          ->Range(10, 10000)
          ->Unit(benchmark::kMicrosecond);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
