// gradcheck: runs the generated gradient checks, or the one that a report's `replay:` line names.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "suite.hpp"

int main(int argc, char** argv) {
  suite::Selection what;
  CLI::App app{"Checks the gradients of every op of xgrad."};
  app.add_option("--op", what.op, "this op alone");
  app.add_option("--case", what.sample, "this sample alone, counted from 0");
  app.add_option("--layout", what.layout, "this layout alone")
      ->check(CLI::IsMember({"leaf", "transposed", "sliced", "reused"}));
  app.add_option("--seed", what.seed, "of samples, cotangents and directions")->capture_default_str();
  app.add_option("--fraction", what.fraction, "run one of so many samples and layouts of each op")
      ->check(CLI::PositiveNumber);
  long programs = 1000;
  app.add_option("--programs", programs, "random programs, from this seed on")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  suite::Totals totals = suite::check_programs(what.seed, programs);
  std::printf("programs worst %.1e failed %ld\n", totals.worst, totals.failed);
  totals.add(suite::check_ops(what));
  for (const std::string& failure : totals.failures) std::fprintf(stderr, "%s\n", failure.c_str());
  for (const suite::Finding& f : suite::check_recurrent(what.seed))
    std::printf("%-40s %-14s %-9s %.1e %.3g ulp %s\n", f.what.c_str(), f.method.c_str(),
                f.agrees ? "agree" : "DISAGREE", f.error, f.ulps, f.worst.c_str());
  std::printf("gradcheck: %d ops, %ld checks, %ld failed, %ld inconclusive, worst %.1e\n", totals.ops, totals.checks,
              totals.failed, totals.inconclusive, totals.worst);
  return totals.failed + totals.inconclusive == 0 ? 0 : 1;
}
