// gradcheck_mutants: is every mutant of the library caught, and by which methods?
//
//   gradcheck_mutants            all; a line for each, and a last line `mutants 48/48` of the mandatory ones
//   gradcheck_mutants --mutant N one, with every conviction
//   gradcheck_mutants --list     what they are and where
//
// Exit code 1 where one survives, or an arithmetic one is caught by a single method, or one changes no number that the
// checks compute: then it is no mutant, and whatever convicts it is wrong.
#include <mutants/mutant.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "battery/battery.hpp"

namespace {

struct Mutant {
  int number;
  bool arithmetic, extra;
  const char *description, *places;
};
#include <list.hpp>  // written by mutate: `list`

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

battery::Sheet run(const std::vector<battery::Check>& checks, int number) {
  xgrad::mutants::selected = number;
  const battery::Sheet sheet = battery::run(checks);
  xgrad::mutants::selected = 0;
  return sheet;
}

struct Totals {
  int mandatory = 0, killed = 0, extras = 0, extras_killed = 0;
};

// What is wrong with a verdict; empty where the mutant is dead.
std::string complaint(const Mutant& m, const battery::Sheet& sheet, std::uint64_t sound) {
  if (sheet.hash() == sound) return "ERROR: it changes no number that the checks compute";
  if (sheet.convictions().empty()) return "SURVIVES";
  if (m.arithmetic && sheet.methods().size() < 2) return "ERROR: one method alone convicts it";
  return "";
}

void report(const Mutant& m, const battery::Sheet& sheet, std::uint64_t sound, Totals& totals) {
  const std::string wrong = complaint(m, sheet, sound), methods = joined(sheet.methods());
  std::printf("%3d  %-86s %s%s%s\n", m.number, m.description, wrong.c_str(),
              wrong.empty() || methods.empty() ? "" : "; ", methods.c_str());
  std::fflush(stdout);
  ++(m.extra ? totals.extras : totals.mandatory);
  if (wrong.empty()) ++(m.extra ? totals.extras_killed : totals.killed);
}

void print_list() {
  for (const Mutant& m : list)
    std::printf("%3d  %s%s%s\n     %s\n", m.number, m.description, m.arithmetic ? " (arithmetic)" : "",
                m.extra ? " (extra)" : "", m.places);
}

// Without a mutant all checks agree; and a number that no line asks for is found out as no mutant, which also says that
// two runs compute the same numbers.
bool is_sound(const std::vector<battery::Check>& checks, const battery::Sheet& sound) {
  for (const auto& c : sound.convictions())
    std::fprintf(stderr, "without a mutant, %s: %s\n", c.method.c_str(), c.what.c_str());
  const battery::Sheet idle = run(checks, -1);
  const bool repeats = complaint({-1, false, false, "", ""}, idle, sound.hash()).starts_with("ERROR: it changes no");
  if (!repeats) std::fprintf(stderr, "without a mutant, two runs give different numbers\n");
  return sound.convictions().empty() && repeats;
}

int run_all(int only) {
  std::vector<battery::Check> checks = battery::point_checks();
  for (auto make : {battery::model_checks, battery::op_checks})
    for (battery::Check& c : make()) checks.push_back(std::move(c));
  const battery::Sheet sound = run(checks, 0);
  if (!is_sound(checks, sound)) return 1;

  Totals totals;
  for (const Mutant& m : list) {
    if (only != 0 && m.number != only) continue;
    const battery::Sheet sheet = run(checks, m.number);
    report(m, sheet, sound.hash(), totals);
    for (const auto& c : sheet.convictions())
      if (only != 0) std::printf("     %s: %s\n", c.method.c_str(), c.what.c_str());
  }
  if (totals.mandatory + totals.extras == 0) {
    std::fprintf(stderr, "there is no mutant %d\n", only);
    return 2;
  }
  std::printf("extras %d/%d\nmutants %d/%d\n", totals.extras_killed, totals.extras, totals.killed, totals.mandatory);
  return totals.killed == totals.mandatory && totals.extras_killed == totals.extras ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--list") == 0) return print_list(), 0;
  if (argc == 3 && std::strcmp(argv[1], "--mutant") == 0 && std::atoi(argv[2]) > 0) return run_all(std::atoi(argv[2]));
  if (argc == 1) return run_all(0);
  std::fprintf(stderr, "usage: gradcheck_mutants [--mutant N | --list]\n");
  return 2;
}
