// The products that training steps are made of: kernels::multiply beside OpenBLAS called directly, gemv for one row.
// And where our own kernel ends: `crossover` has multiply_by_own, which multiply() takes up to a size
// (takes_own_kernel). `ratio` is our time over OpenBLAS's, the median of rounds in turns; GFLOP/s of both.
#include <benchmark/benchmark.h>
#include <cblas.h>

#include <vector>
#include <xgrad/ops/kernels/blas.hpp>

#include "../measure/rounds.hpp"

namespace {

using xgrad::Index;
using xgrad::Size;

// c (m, n) = a (m, k) b (k, n); one of them perhaps given transposed.
struct Product {
  const char* name;
  Index m, n, k;
  bool a_transposed = false, b_transposed = false;
};

constexpr Product products[] = {
    {"W1_recurrent", 1, 10, 10},
    {"W1_dWhh", 10, 10, 25, true},
    {"W2_recurrent", 1, 100, 100},
    {"W2_recurrent_backward", 1, 100, 100, false, true},
    {"W2_dWhh", 100, 100, 25, true},
    {"W2_output", 25, 67, 100},
    {"W3_recurrent", 50, 128, 128},
    {"W3_recurrent_backward", 50, 128, 128, false, true},
    {"W3_dWhh", 128, 128, 2500, true},
    {"W4_recurrent", 64, 512, 512},
    {"W4_dWhh", 512, 512, 3200, true},
    {"W5_recurrent", 50, 1024, 256},
    {"W5_recurrent_backward", 50, 256, 1024, false, true},
    {"W5_dW", 256, 1024, 2500, true},
};

void by_blas(const Product& p, const float* a, const float* b, float* c) {
  const auto transposed = [](bool t) { return t ? CblasTrans : CblasNoTrans; };
  const Index a_stride = p.a_transposed ? p.m : p.k, b_stride = p.b_transposed ? p.k : p.n;
  if (p.m == 1)
    cblas_sgemv(CblasRowMajor, transposed(!p.b_transposed), p.b_transposed ? p.n : p.k, p.b_transposed ? p.k : p.n, 1,
                b, b_stride, a, 1, 0, c, 1);
  else
    cblas_sgemm(CblasRowMajor, transposed(p.a_transposed), transposed(p.b_transposed), p.m, p.n, p.k, 1, a, a_stride, b,
                b_stride, 0, c, p.n);
}

constexpr Index rows[] = {1, 16, 64, 128, 256}, terms[] = {64, 128, 256, 512}, columns[] = {128, 512};

// What is ours only where OpenBLAS's vectors are shorter than ours.
constexpr Product large[] = {{"large", 512, 512, 512},
                             {"large", 512, 67, 3200},
                             {"large", 2048, 512, 512},
                             {"large", 2048, 1536, 512},
                             {"large", 2048, 1536, 3200}};

void product(benchmark::State& s, const Product& p, bool few_rows) {
  const std::vector<float> a(std::size_t(p.m) * std::size_t(p.k), 0.01f), b(std::size_t(p.k) * std::size_t(p.n), 0.01f);
  std::vector<float> c(std::size_t(p.m) * std::size_t(p.n));
  const xgrad::kernels::Matrix<float> a_matrix{a.data(), p.a_transposed ? p.m : p.k, p.a_transposed};
  const xgrad::kernels::Matrix<float> b_matrix{b.data(), p.b_transposed ? p.k : p.n, p.b_transposed};
  const auto ours = [&] {
    if (few_rows) xgrad::kernels::multiply_by_own<float>(p.m, p.n, p.k, a_matrix, b_matrix, nullptr, 0, c.data());
    else xgrad::kernels::multiply<float>(p.m, p.n, p.k, a_matrix, b_matrix, c.data(), false);
  };
  xgrad::set_blas_threads(1);
  const auto theirs = [&] { by_blas(p, a.data(), b.data(), c.data()); };
  const bench::Comparison x = bench::compare(bench::Clock::thread_cpu, 21, ours, theirs);
  for (auto _ : s) ours();
  const double flops = 2e-9 * double(p.m) * double(p.n) * double(p.k);
  s.counters["GFLOP/s"] = flops / x.a;
  s.counters["GFLOP/s_blas"] = flops / x.b;
  s.counters["ratio"] = x.ratio;
  s.counters["spread"] = x.spread;
}

void add(const Product& p, bool few_rows) {
  const std::string size = std::to_string(p.m) + "x" + std::to_string(p.n) + "x" + std::to_string(p.k);
  benchmark::RegisterBenchmark((std::string(p.name) + "/" + size).c_str(),
                               [p, few_rows](benchmark::State& s) { product(s, p, few_rows); })
      ->Unit(benchmark::kMicrosecond)
      ->MinTime(0.05);
}

}  // namespace

int main(int argc, char** argv) {
  for (const Product& p : products) add(p, false);
  for (const Index n : columns)
    for (const Index k : terms)
      for (const Index m : rows) add({"crossover", m, n, k}, true);
  for (const Product& p : large) add(p, true);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::AddCustomContext("blas_core", xgrad::blas_core());
  benchmark::RunSpecifiedBenchmarks();
}
