#include <algorithm>
#include <atomic>
#include <thread>

#include "suite.hpp"

namespace suite {

void Totals::add(const Totals& o) {
  ops += o.ops;
  checks += o.checks, failed += o.failed, inconclusive += o.inconclusive;
  worst = std::max(worst, o.worst);
  failures.insert(failures.end(), o.failures.begin(), o.failures.end());
}

void Totals::count(const GradcheckReport& report, const std::string& title) {
  for (const GradcheckLine& line : report.lines) {
    if (line.verdict == Verdict::not_applicable) continue;
    ++checks;
    const bool exact = line.method == Method::complex_step || line.method == Method::sweeps;
    if (exact && !line.narrow) worst = std::max(worst, line.error);
  }
  failed += report.count(Verdict::disagree);
  if (!report.kink) inconclusive += report.count(Verdict::inconclusive);
  if (!report.passed()) failures.push_back(title + "\n" + report.str());
}

namespace {

// One op in the three number types; their samples are the same, one for one.
struct Op {
  OpInfo<double> wide;
  OpInfo<float> narrow;
  OpInfo<std::complex<double>> complex;
};

void check_sample(const Op& op, std::size_t index, Layout layout, const Selection& what, Totals& totals) {
  const auto sample_of = [&](const auto& info) {
    Rng rng(what.seed);
    return info.samples(rng)[index];
  };
  const auto sample = sample_of(op.wide);
  Rng rng(what.seed + 1);
  GradcheckFunction f;
  std::vector<Shape> shapes;
  std::vector<double> x;
  for (const Array<double>& a : sample.inputs) {
    const Array<double> z = outer(layout, a, rng);
    shapes.push_back(shape_of(a));
    f.names.push_back("x" + std::to_string(f.names.size()));
    f.shapes.push_back(shape_of(z));
    x.insert(x.end(), z.data(), z.data() + z.size());
  }
  f.f = arranged(layout, sample, shapes);
  f.narrow = arranged(layout, sample_of(op.narrow), shapes);
  f.complex = arranged(layout, sample_of(op.complex), shapes);
  GradcheckOptions options;
  options.seed = what.seed;
  options.replay = "--op " + op.wide.name + " --case " + std::to_string(index) + " --layout " + name_of(layout) +
                   " --seed " + std::to_string(what.seed);
  const std::string title =
      op.wide.name + ", sample " + std::to_string(index) + " " + sample.label + ", " + name_of(layout);
  try {
    totals.count(gradcheck(f, x, options), title);
  } catch (const std::exception& error) {
    ++totals.checks, ++totals.failed;
    totals.failures.push_back(title + "\nthrew " + error.what() + "\nreplay: " + options.replay + "\n");
  }
}

Totals check_op(const Op& op, std::size_t place, const Selection& what) {
  Totals totals;
  totals.ops = 1;
  Rng rng(what.seed);
  const std::size_t count = op.wide.samples(rng).size();
  std::size_t turn = place;
  for (std::size_t index = 0; index < count; ++index)
    for (const Layout layout : layouts) {
      if (what.sample >= 0 && index != std::size_t(what.sample)) continue;
      if (!what.layout.empty() && what.layout != name_of(layout)) continue;
      if (turn++ % std::size_t(what.fraction) == 0) check_sample(op, index, layout, what, totals);
    }
  return totals;
}

}  // namespace

Totals check_ops(const Selection& what) {
  std::vector<Op> ops;
  const auto wide = all_ops<double>();
  const auto narrow = all_ops<float>();
  const auto complex = all_ops<std::complex<double>>();
  for (std::size_t i = 0; i < wide.size(); ++i)
    if (what.op.empty() || what.op == wide[i].name) ops.push_back({wide[i], narrow[i], complex[i]});
  std::vector<Totals> found(ops.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < ops.size(); i = next++) found[i] = check_op(ops[i], i, what);
  };
  std::thread other(work);
  work();
  other.join();
  Totals totals;
  for (const Totals& t : found) totals.add(t);
  return totals;
}

}  // namespace suite
