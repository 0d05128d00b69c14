// gradcheck: runs all generated gradient checks and prints their totals, or the one that a report's `replay:` line
// names.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "suite.hpp"

namespace {

using namespace suite;

// The four gradients of the recurrent models, a line for each comparison.
Totals recurrent(std::uint32_t seed) {
  Totals totals;
  std::printf("%-36s %-14s %-9s %-9s %s\n", "model", "tape against", "verdict", "error", "component most off");
  for (const Finding& f : check_recurrent(seed)) {
    std::printf("%-36s %-14s %-9s %-9.1e %s, %.3g ulp\n", f.what.c_str(), f.method.c_str(),
                f.agrees ? "agree" : "DISAGREE", f.error, f.worst.c_str(), f.ulps);
    ++totals.checks;
    totals.failed += !f.agrees;
    totals.worst = std::max(totals.worst, f.error);
  }
  return totals;
}

struct Mutants {
  int killed = 0, all = 0;
};

// Runs the program of the mutants, passes its lines on, and reads "mutants 48/48" in the last.
Mutants mutants(const std::string& program) {
  Mutants result;
  FILE* pipe = popen(program.c_str(), "r");
  if (!pipe) throw std::runtime_error("cannot run " + program);
  char line[1024];
  while (std::fgets(line, sizeof line, pipe)) {
    std::fputs(line, stdout);
    std::sscanf(line, "mutants %d/%d", &result.killed, &result.all);
  }
  if (pclose(pipe) != 0) result.killed = std::min(result.killed, result.all - 1);  // it found something wrong itself
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  Selection what;
  long programs = -1;
  std::string mutant_program;
  CLI::App app{
      "Checks every gradient of xgrad: of each op by ten methods, of random programs, of recurrent models in four "
      "ways. With --op or --programs, these alone."};
  app.add_option("--op", what.op, "this op");
  app.add_option("--case", what.sample, "of it, this sample, counted from 0");
  app.add_option("--layout", what.layout, "and this layout")
      ->check(CLI::IsMember({"leaf", "transposed", "sliced", "reused"}));
  app.add_option("--programs", programs, "so many random programs, from the seed on");
  app.add_option("--seed", what.seed, "of samples, cotangents and directions")->capture_default_str();
  app.add_option("--fraction", what.fraction, "one of so many samples and layouts of each op")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--mutants", mutant_program, "the program gradcheck_mutants, to be run as well");
  CLI11_PARSE(app, argc, argv);
  const bool all = what.op.empty() && programs < 0;

  Totals totals;
  if (all || !what.op.empty()) totals.add(check_ops(what));
  if (all || programs > 0) totals.add(check_programs(what.seed, all ? 1000 / what.fraction : programs));
  if (all) totals.add(recurrent(what.seed));
  Mutants m;
  if (!mutant_program.empty()) m = mutants(mutant_program);
  for (const std::string& failure : totals.failures) std::fprintf(stderr, "%s\n", failure.c_str());
  if (totals.checks == 0) std::fprintf(stderr, "gradcheck: error: nothing was checked: is there an op of that name?\n");
  const std::string killed =
      mutant_program.empty() ? "not run" : std::to_string(m.killed) + "/" + std::to_string(m.all);
  std::printf("gradcheck: %d ops, %ld checks, %ld failed, %ld inconclusive, worst %.1e, mutants %s\n", totals.ops,
              totals.checks, totals.failed, totals.inconclusive, totals.worst, killed.c_str());
  const bool mutants_die = mutant_program.empty() || (m.all > 0 && m.killed == m.all);
  return totals.checks > 0 && totals.failed + totals.inconclusive == 0 && mutants_die ? 0 : 1;
}
