// The only file here that knows CLI11, which finds options and writes the help; the messages are ours.
#include "options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <xgrad/models/text/vocabulary.hpp>

namespace bench {

namespace {

[[noreturn]] void refuse(const std::string& what) { throw UsageError(what); }

int integer(const CLI::App& app, const char* name, int low, int high, int otherwise) {
  const auto& results = app.get_option(name)->results();
  if (results.empty()) return otherwise;
  const std::string& value = results.back();
  int n = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), n);
  if (error != std::errc() || end != value.data() + value.size() || n < low || n > high)
    refuse(fmt::format("{}: '{}' is not an integer in [{}, {}]", name, xgrad::escaped(value), low, high));
  return n;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> all(1);
  for (const char c : text)
    if (c == ',') all.emplace_back();
    else all.back() += c;
  return all;
}

std::vector<Workload> chosen(const std::string& names) {
  std::vector<Workload> all;
  for (const std::string& name : split(names)) {
    const auto is = [&](const Workload& w) { return w.name == name; };
    const auto found = std::find_if(workloads.begin(), workloads.end(), is);
    if (found == workloads.end())
      refuse(fmt::format("--workload: '{}' is not one of W1, W2, W3, W4, W5", xgrad::escaped(name)));
    all.push_back(*found);
  }
  return all;
}

std::string name_of(std::string text) {  // "--rounds: 1 required N missing"
  text.resize(std::min(text.find_first_of(": "), text.size()));
  return "--" + text.substr(std::min(text.find_first_not_of('-'), text.size()));
}

void add_options(const Program& program, CLI::App& app) {
  const auto ignore = [](const CLI::results_t&) { return true; };  // values are read from results()
  const auto add = [&](const char* name, const char* value, const char* help) {
    app.add_option(name, ignore, help)
        ->type_name(value)
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  };
  add("--workload", "NAMES", "which, with commas between (default W1,W2,W3,W4,W5)");
  if (program.threaded)
    add("--threads", "N",
        "over which a step's batch is split (default 1: CPU time of the thread; else wall time and the\nspeed-up over "
        "one thread, and only the workloads with a batch to split)");
  add("--rounds", "N", "in which all take turns, at least 21 (default 41)");
  const char* const json = "one object on one line for each workload, instead of a table";  // a literal is ambiguous
  app.add_flag("--json", json)->disable_flag_override();
}

std::string description(const Program& program) {
  std::string text = program.about + "\n\nWorkloads:";
  for (const Workload& w : workloads) text += fmt::format("\n  {}  {}", w.name, w.str());
  return text;
}

// What --threads says, and what remains to be done with it.
void split_batches(const CLI::App& app, Options& o) {
  o.threads = integer(app, "--threads", 1, 64, o.threads);
  const auto too_small = [&](const Workload& w) { return w.batch < o.threads; };
  if (app.get_option("--workload")->count() == 0) std::erase_if(o.workloads, too_small);
  for (const Workload& w : o.workloads)
    if (too_small(w)) refuse(fmt::format("--threads: {} has a batch of {}, too few to split", w.name, w.batch));
  if (o.workloads.empty()) refuse(fmt::format("--threads: no workload has a batch of {}", o.threads));
}

}  // namespace

std::variant<Help, Options> parse(const Program& program, int argc, const char* const* argv) {
  CLI::App app(description(program), program.name);
  app.set_help_flag("--help", "print this and exit");
  app.allow_extras();
  add_options(program, app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return Help{app.help()};
  } catch (const CLI::ArgumentMismatch& e) {
    const bool flag = std::string(e.what()).find("override") != std::string::npos;
    refuse(fmt::format("{} {}", name_of(e.what()), flag ? "takes no value" : "needs a value"));
  } catch (const CLI::ParseError& e) {
    refuse(e.what());
  }
  for (const std::string& extra : app.remaining())
    refuse(fmt::format("{} '{}'", extra.substr(0, 1) == "-" ? "unknown option" : "unexpected argument",
                       xgrad::escaped(extra)));
  for (const CLI::Option* option : app.get_options())
    if (const auto& r = option->results(); !r.empty() && r.back().rfind("--", 0) == 0)
      refuse(fmt::format("{} needs a value", option->get_name()));
  Options o;
  if (const auto& names = app.get_option("--workload")->results(); !names.empty()) o.workloads = chosen(names.back());
  o.rounds = integer(app, "--rounds", 21, 100000, o.rounds);
  o.json = app.get_option("--json")->count() > 0;
  if (program.threaded) split_batches(app, o);
  return o;
}

}  // namespace bench
