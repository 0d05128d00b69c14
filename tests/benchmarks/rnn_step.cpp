// One training step of the character RNN, forward, backward, clip and Adagrad, state carried: the tape on ordinary
// model code beside BPTT written by hand, on the same kernels, in the same run. Times are CPU time at one thread.
//
//   build/release/tests/benchmarks/rnn_step
//
// `ratio` is the median over rounds in which the two take turns; the two lines above it are Google Benchmark's own.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <ctime>
#include <vector>
#include <xgrad/models/models.hpp>

#include "hand_rnn.hpp"

namespace {

using namespace xgrad;
using T = float;

struct Workload {
  ParamStore<T> store;
  CharRnn<T> model;
  Adagrad<T> adagrad{store, {}};
  Tape<T> tape;
  hand::Rnn<T> by_hand;
  std::vector<Index> inputs, targets;
  Array<T> state;

  Workload(Index vocabulary, Index hidden, Index steps, Index batch)
      : model(store, {.vocabulary = vocabulary, .hidden = hidden}), by_hand(vocabulary, hidden, steps, batch) {
    Rng rng(1);
    init_normal(model, 0.05, rng);
    for (Index i = 0; i < steps * batch; ++i) {
      inputs.push_back(rng.below(vocabulary));
      targets.push_back(rng.below(vocabulary));
    }
    state = model.initial_state(batch);
  }

  void update() { adagrad.step({.clip_by_value = 5}); }
  T step_by_tape() {
    tape.clear();
    store.zero_grad();
    const auto [loss, last] = model.loss(inputs, targets, constant(state));
    backward(loss);
    update();
    std::copy_n(last.data(), last.size(), state.data());
    return loss.item();
  }
  T step_by_hand() {
    store.zero_grad();
    GradientBuffer<T>& g = store.gradients();
    const auto at = [&](const Parameter<T>& p) { return const_cast<T*>(g.of(p).data()); };
    const RnnCell<T>& cell = model.cells[0];
    const T loss = by_hand.step(
        {cell.weight_ih.data(), cell.weight_hh.data(), cell.bias.data(), model.head.weight.data(),
         model.head.bias.data()},
        inputs.data(), targets.data(),
        {at(cell.weight_ih), at(cell.weight_hh), at(cell.bias), at(model.head.weight), at(model.head.bias)});
    update();
    std::copy_n(by_hand.last_state(), state.size(), by_hand.first_state());
    return loss;
  }
};

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

void tape(benchmark::State& s) {
  Workload w(67, Index(s.range(0)), Index(s.range(1)), Index(s.range(2)));
  for (auto _ : s) benchmark::DoNotOptimize(w.step_by_tape());
}

void hand_written(benchmark::State& s) {
  Workload w(67, Index(s.range(0)), Index(s.range(1)), Index(s.range(2)));
  for (auto _ : s) benchmark::DoNotOptimize(w.step_by_hand());
}

// Rounds of a few milliseconds, taking turns; the median of the ratios of the rounds.
void ratio(benchmark::State& s) {
  Workload w(67, Index(s.range(0)), Index(s.range(1)), Index(s.range(2)));
  const auto time = [](auto step, int repeats) {
    const double start = cpu_seconds();
    for (int i = 0; i < repeats; ++i) benchmark::DoNotOptimize(step());
    return (cpu_seconds() - start) / repeats;
  };
  const auto by_tape = [&] { return w.step_by_tape(); };
  const auto by_hand = [&] { return w.step_by_hand(); };
  const int repeats = std::max(1, int(5e-3 / time(by_hand, 3)));
  std::vector<double> ratios, tape_times, hand_times;
  for (auto _ : s)
    for (int round = 0; round < 41; ++round) {
      tape_times.push_back(time(by_tape, repeats));
      hand_times.push_back(time(by_hand, repeats));
      ratios.push_back(tape_times.back() / hand_times.back());
    }
  const auto median = [](std::vector<double> v) {
    std::nth_element(v.begin(), v.begin() + std::ptrdiff_t(v.size() / 2), v.end());
    return v[v.size() / 2];
  };
  s.counters["tape_us"] = 1e6 * median(tape_times);
  s.counters["hand_us"] = 1e6 * median(hand_times);
  s.counters["ratio"] = median(ratios);
  s.SetLabel(blas_core());
}

void workloads(benchmark::internal::Benchmark* b) {
  b->ArgNames({"H", "T", "B"})->Args({10, 25, 1})->Args({100, 25, 1})->Args({128, 50, 50});
}

BENCHMARK(tape)->Apply(workloads)->Unit(benchmark::kMicrosecond);
BENCHMARK(hand_written)->Apply(workloads)->Unit(benchmark::kMicrosecond);
BENCHMARK(ratio)->Apply(workloads)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
