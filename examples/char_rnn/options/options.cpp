// The command line, read by CLI11, which only this folder knows. CLI11 finds options and their values and writes the
// help; what a value means, and every message, is ours: a user is told which option, what it wants and what it got, in
// one form throughout.
#include "options.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <limits>

#include "../failure.hpp"
#include "specs.hpp"
#include "values.hpp"

namespace char_rnn {

namespace {

using xgrad::escaped;

constexpr std::int64_t max_length = 1'000'000'000'000;
constexpr std::int64_t max_seed = std::numeric_limits<std::uint32_t>::max();

constexpr const char* bench_footer =
    "The products of a step, forward and backward, take B H ((3 T - 1) H + 3 T V) multiplications and as many "
    "additions\n"
    "for a text of V symbols; GFLOP count both, and nothing else. The peak is the fastest product of two 512 x 512\n"
    "matrices in the same run; both are over CPU time. Times are medians of rounds in which steps and products take\n"
    "turns. What a step takes from the heap is counted where the tape does so, in its arenas.\n"
    "\n"
    "Members of the JSON object, all figures for one iteration: symbols, hidden, weights, optimizer, seq_len, batch,\n"
    "cpu_ms, rounds, iterations_per_round, wall_ms, chars_per_s, gflop, gflop_per_s, peak_gflop_per_s, share_of_peak\n"
    "(1 is all of it), tape_values_bytes, tape_gradients_bytes, tape_nodes_bytes, tape_reserved_bytes, "
    "parameter_bytes,\n"
    "parameter_gradient_bytes, optimizer_bytes, arena_allocations, blas_core, isa, blas_threads, hardware_threads.";
constexpr const char* info_footer =
    "Members of the JSON object: version, compiler, isa, isa_from (processor or XGRAD_ARCH), blas, blas_core,\n"
    "blas_threads, hardware_threads (0 where it cannot be told). XGRAD_ARCH in the environment chooses the kernels.";

// ---- what CLI11 itself found wrong, or let pass

/// Throws where an option swallowed the next option's name: "--hidden --lr 1".
void check_values(const CLI::App& verb) {
  const auto names = option_names(verb);
  for (const std::string& name : names) {
    const auto& results = verb.get_option(name)->results();
    if (!results.empty() && std::find(names.begin(), names.end(), results.back()) != names.end())
      refuse(name + " needs a value", see_help(verb));
  }
}

[[noreturn]] void mismatch(const CLI::App& app, const CLI::ArgumentMismatch& error) {
  std::string text = error.what();  // "--hidden: 1 required H missing", "utf8 was given a disallowed flag override"
  const bool flag = text.find("override") != std::string::npos;
  text.resize(std::min(text.find_first_of(": "), text.size()));
  refuse(fmt::format("--{} {}", bare(text), flag ? "takes no value" : "needs a value"),
         see_help(app.get_subcommands().empty() ? app : *app.get_subcommands().front()));
}

// ---- verbs

struct Positional {
  const char* name;  // empty: the verb takes none
  const char* help;
  bool needed = true, many = false;
};

template <std::size_t N>
CLI::App* add_verb(CLI::App& app, const char* name, const char* help, const Positional& place, const Spec (&specs)[N]) {
  CLI::App* verb = app.add_subcommand(name, help);
  verb->set_help_flag("--help", "print this and exit");
  verb->allow_extras();
  // A callback that takes what comes: values are read from results().
  const auto ignore = [](const CLI::results_t&) { return true; };
  if (*place.name != '\0') {
    CLI::Option* option = verb->add_option(place.name, ignore, place.help)->type_name(" ")->required(place.needed);
    if (place.many) option->expected(1, -1)->allow_extra_args();
  }
  for (const Spec& s : specs) {
    if (*s.value == '\0') verb->add_flag(s.name, s.help)->disable_flag_override();
    else
      verb->add_option(s.name, ignore, s.help)
          ->type_name(s.value)
          ->expected(1)
          ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }
  return verb;
}

std::string positional_of(const CLI::App& verb, const char* name, const char* hint) {
  const CLI::Option* option = verb.get_option(name);
  if (option->count() == 0)
    refuse(fmt::format("{}: {} is missing", verb.get_name(), name), fmt::format("char_rnn {}", hint));
  return option->results().front();
}

void apply_preset(const std::string& preset, TrainOptions& o) {
  o.batch = 1;
  o.seq_len = 25;
  o.clip = 5.0;
  o.init = 0.01;
  o.hidden = preset == "notebook" ? 10 : 100;
  o.optimizer = preset == "notebook" ? OptimizerKind::sgd : OptimizerKind::adagrad;
}

/// The options that shape a model and its windows.
void model_options(const CLI::App& verb, TrainOptions& o) {
  const Values values(verb);
  if (values.given("--preset")) apply_preset(values.choice("--preset", {"notebook", "min-char-rnn"}), o);
  values.integer("--hidden", 1, max_hidden, o.hidden);
  values.integer("--seq-len", 1, 65536, o.seq_len);
  values.integer("--batch", 1, 65536, o.batch);
  values.integer("--seed", 0, max_seed, o.seed);
  if (values.given("--utf8") && values.given("--bytes"))
    refuse("--utf8 and --bytes exclude each other", see_help(verb));
  if (values.given("--utf8")) o.encoding = xgrad::Encoding::utf8;
  if (values.given("--bytes")) o.encoding = xgrad::Encoding::bytes;
}

void choose_optimizer(const Values& values, TrainOptions& o) {
  if (!values.given("--optimizer")) return;
  const bool sgd = values.choice("--optimizer", {"sgd", "adagrad"}) == "sgd";
  o.optimizer = sgd ? OptimizerKind::sgd : OptimizerKind::adagrad;
}

double default_lr(OptimizerKind optimizer) { return optimizer == OptimizerKind::sgd ? 0.001 : 0.1; }

TrainOptions train_options(const CLI::App& verb) {
  const Values values(verb);
  TrainOptions o;
  o.text = positional_of(verb, "FILE", "train FILE learns from a text file");
  model_options(verb, o);
  if (values.given("--out")) o.out = values.text("--out");
  if (o.out && o.out->empty()) refuse("--out: '' is not a folder", see_help(verb));
  values.integer("--steps", 1, max_length, o.steps);
  values.positive("--seconds", o.seconds);
  choose_optimizer(values, o);
  o.lr = default_lr(o.optimizer);
  values.positive("--lr", o.lr);
  values.positive("--clip", o.clip);
  if (!o.steps && !o.seconds) o.steps = 50000;
  return o;
}

GradcheckOptions gradcheck_options(const CLI::App& verb) {
  GradcheckOptions o;
  o.train.text =
      positional_of(verb, "FILE", "gradcheck FILE checks a model on a text; gradcheck DIR FILE, that of a run");
  model_options(verb, o.train);
  const auto& places = verb.get_option("FILE")->results();
  if (places.size() > 2) refuse(fmt::format("unexpected argument '{}'", escaped(places[2])), see_help(verb));
  if (places.size() == 2) {
    o.run = places[0];
    o.train.text = places[1];
    for (const char* name : {"--hidden", "--preset", "--utf8", "--bytes"})
      if (Values(verb).given(name)) refuse(std::string(name) + " is the run's own", "leave it away, or the folder");
  }
  return o;
}

SampleOptions sample_options(const CLI::App& verb) {
  const Values values(verb);
  SampleOptions o;
  o.run = positional_of(verb, "DIR", "sample DIR draws from the run in that folder");
  values.integer("--length", 1, max_length, o.length);
  values.positive("--temperature", o.temperature);
  if (values.given("--prime")) o.prime = values.text("--prime");
  values.integer("--seed", 0, max_seed, o.seed);
  return o;
}

BenchOptions bench_options(const CLI::App& verb) {
  const Values values(verb);
  BenchOptions o;
  model_options(verb, o.train);
  choose_optimizer(values, o.train);
  o.train.lr = default_lr(o.train.optimizer);
  values.positive("--seconds", o.seconds);
  o.json = values.given("--json");
  if (verb.get_option("FILE")->count() > 0) o.train.text = verb.get_option("FILE")->results().front();
  else if (o.train.encoding) refuse("--utf8 and --bytes need FILE", "name a text, or leave the option away");
  return o;
}

InfoOptions info_options(const CLI::App& verb) { return {Values(verb).given("--json")}; }

Command command_of(const CLI::App& verb) {
  const std::string name = verb.get_name();
  if (name == "train") return train_options(verb);
  if (name == "sample") return sample_options(verb);
  if (name == "gradcheck") return gradcheck_options(verb);
  if (name == "bench") return bench_options(verb);
  return info_options(verb);
}

/// Complains about what `app` did not understand.
void check_extras(const CLI::App& app, const std::vector<std::string>& names, const char* kind, const char* hint) {
  for (const std::string& extra : app.remaining()) {
    const bool option = extra.size() > 1 && extra[0] == '-';
    refuse(fmt::format("{} '{}'{}", option ? "unknown option" : kind, escaped(extra), did_you_mean(extra, names)),
           hint);
  }
}

/// "-h" is --help where a verb or an option may stand first. CLI11 gets long options alone: of "-hidden" it would
/// make -h and nonsense.
std::vector<std::string> arguments(int argc, const char* const* argv) {
  std::vector<std::string> args(argv + std::min(argc, 1), argv + argc);
  for (std::size_t i = 0; i < std::min<std::size_t>(2, args.size()); ++i)
    if (args[i] == "-h") args[i] = "--help";
  std::reverse(args.begin(), args.end());  // as CLI11 wants them
  return args;
}

void add_verbs(CLI::App& app) {
  add_verb(app, "train", "learn from a text", {"FILE", "the text"}, train_specs);
  add_verb(app, "sample", "write text", {"DIR", "the run, a folder that train made"}, sample_specs);
  add_verb(app, "gradcheck", "check gradients in four ways",
           {"FILE", "the text; before it perhaps DIR, a run", true, true}, gradcheck_specs);
  add_verb(app, "bench", "time the steps of train, with its options",
           {"FILE", "the text (default: random, of 65 symbols)", false}, bench_specs)
      ->footer(bench_footer);
  add_verb(app, "info", "say which program this is, and on what it runs", {"", ""}, info_specs)->footer(info_footer);
}

std::vector<std::string> verb_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* verb : app.get_subcommands(nullptr)) names.push_back(verb->get_name());
  return names;
}

}  // namespace

Command parse(int argc, const char* const* argv) {
  CLI::App app(
      "A character RNN: learns from a text file, then writes text like it.\n"
      "Text and tables on stdout, everything else on stderr. A text takes at most 2 bytes of memory per byte.\n"
      "Exit codes: 0 ok, 2 usage, 3 text, 4 checkpoint, 5 input/output, 6 numbers,\n7 a wrong gradient, 70 bug, 130 "
      "interrupted.",
      "char_rnn");
  app.set_help_flag("--help", "print this and exit");
  app.allow_extras();
  app.require_subcommand(0, 1);
  add_verbs(app);
  try {
    app.parse(arguments(argc, argv));
  } catch (const CLI::CallForHelp&) {
    return Help{app.help("", app.get_subcommands().empty() ? CLI::AppFormatMode::All : CLI::AppFormatMode::Normal)};
  } catch (const CLI::ArgumentMismatch& e) {
    mismatch(app, e);
  } catch (const CLI::RequiredError&) {  // a positional: seen to below
  } catch (const CLI::ParseError& e) {
    refuse(escaped(e.what()), "char_rnn --help lists verbs and options");
  }
  check_extras(app, verb_names(app), "unknown verb",
               "char_rnn train FILE, or char_rnn sample DIR; options follow the verb");
  if (app.get_subcommands().empty()) refuse("a verb is missing", "char_rnn train FILE, or char_rnn sample DIR");
  const CLI::App& verb = *app.get_subcommands().front();
  check_values(verb);
  const std::string hint = see_help(verb);
  check_extras(verb, option_names(verb), "unexpected argument", hint.c_str());
  return command_of(verb);
}

}  // namespace char_rnn
