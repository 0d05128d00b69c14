#include <atomic>
#include <cmath>
#include <mutex>
#include <thread>
#include <xgrad/autograd/gradcheck/probe.hpp>

#include "program.hpp"
#include "suite.hpp"

namespace suite {

namespace {

using gradchecks::dot, gradchecks::gaussian, gradchecks::norm;
using gradchecks::Evaluator;
using gradchecks::Numbers;

// What the ways of one program say, and how far they are from the reverse sweep.
struct Disagreement {
  std::string way;
  double error = 0;
  void take(const char* name, double e) {
    if (!(e <= error)) error = e, way = name;
  }
};

// <w, J v> by complex step.
double complex_slope(const Program& program, const Numbers<double>& x, const Numbers<double>& v,
                     const Numbers<double>& w) {
  using Z = std::complex<double>;
  constexpr double h = 1e-20;
  const Callable<Z> f{detail::bind_leaves<Z>(program.inputs), [&](std::span<const Var<Z>> in) { return program(in); }};
  Numbers<Z> moved(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) moved[i] = {x[i], h * v[i]};
  Evaluator<Z> at(f);
  double slope = 0;
  std::size_t i = 0;
  for (const Z& y : at.value(moved)) slope += w[i++] * y.imag() / h;
  return slope;
}

Disagreement check(const Program& program, Rng& rng) {
  const Callable<double> f{detail::bind_leaves<double>(program.inputs),
                           [&](std::span<const Var<double>> x) { return program(x); }};
  Size n = 0;
  for (const Shape& s : program.inputs) n += s.size();
  const Numbers<double> x = gaussian(std::size_t(n), rng), v = gaussian(std::size_t(n), rng);

  Disagreement worst;
  Evaluator<double> at(f);
  const std::size_t m = std::size_t(at.record(x).size());
  const Numbers<double> w = gaussian(m, rng), g = at.pullback(w),
                        tangent = Evaluator<double>::numbers(at.pushforward(v));
  const double reverse = dot(g, v);
  // Relative to the derivative, or where it is a thousand times smaller than f / x (some programs are constant): to
  // that.
  const Numbers<double> y = Evaluator<double>::numbers(at.y());
  const double size = std::max((norm(w) * norm(tangent) + norm(v) * norm(g)) / 2,
                               1e-3 * norm(w) * std::hypot(1, norm(y)) * norm(v) / norm(x));
  const auto relative = [&](double d) { return d == 0 ? 0 : std::abs(d) / size; };
  worst.take("jvp", relative(dot(w, tangent) - reverse));
  const auto other = [&](const char* name, const BackwardOptions& options) {
    Numbers<double> d = at.pullback(w, options);
    for (std::size_t i = 0; i < d.size(); ++i) d[i] -= g[i];
    worst.take(name, relative(norm(d) * norm(v)));
  };
  other("vjp", {.retain_graph = true, .use_kernels = false});
  other("immediate products", {.retain_graph = true, .defer = false});
  worst.take("complex step", relative(complex_slope(program, x, v, w) - reverse));
  return worst;
}

}  // namespace

Totals check_programs(std::uint32_t first_seed, long count) {
  Totals totals;
  std::mutex lock;
  std::atomic<long> next = 0;
  const auto work = [&] {
    for (long i = next++; i < count; i = next++) {
      const std::uint32_t seed = first_seed + std::uint32_t(i);
      Rng rng(seed);
      const Program program(rng, 5 + int(rng.below(56)));
      const Disagreement d = check(program, rng);
      const std::lock_guard guard(lock);
      totals.checks += 4;
      if (std::isfinite(d.error)) totals.worst = std::max(totals.worst, d.error);
      if (d.error <= 1e-12) continue;
      ++totals.failed;
      char error[32];
      std::snprintf(error, sizeof error, "%.1e", d.error);
      totals.failures.push_back("program " + std::to_string(seed) + ": " + d.way + " and the sweep disagree, " + error +
                                "\n" + program.str() + "replay: --programs 1 --seed " + std::to_string(seed) + "\n");
    }
  };
  std::thread second(work);
  work();
  second.join();
  return totals;
}

}  // namespace suite
