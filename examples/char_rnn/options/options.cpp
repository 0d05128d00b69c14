// The only file that knows CLI11. CLI11 finds options and their values and writes the help; what a value means, and
// every message, is ours: a user is told which option, what it wants and what it got, in one form throughout.
#include "options.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "../failure.hpp"

namespace char_rnn {

namespace {

using xgrad::escaped;

constexpr std::int64_t max_length = 1'000'000'000'000;
constexpr std::int64_t max_seed = std::numeric_limits<std::uint32_t>::max();

[[noreturn]] void refuse(const std::string& what, std::string hint) {
  throw Failure(Exit::usage, what, std::move(hint));
}

struct Spec {
  const char* name;
  const char* value;  // what the help calls it; empty for a flag
  const char* help;
};

constexpr Spec hidden_spec{"--hidden", "H", "hidden units (default 128)"};
constexpr Spec seq_len_spec{"--seq-len", "T", "symbols through which gradients flow back (default 25)"};
constexpr Spec batch_spec{"--batch", "B", "streams that are read side by side (default 16)"};
constexpr Spec utf8_spec{"--utf8", "",
                         "the text is UTF-8, anything else an error (default: bytes where it is not UTF-8)"};
constexpr Spec bytes_spec{"--bytes", "", "the text is bytes"};
constexpr Spec preset_spec{
    "--preset", "NAME",
    "other defaults: notebook (H 10, one stream, sgd)\nor min-char-rnn (H 100, one stream, adagrad)"};

constexpr Spec train_specs[] = {
    {"--out", "DIR", "folder of the run (default runs/<name of FILE>, then the next free -2, -3)"},
    {"--steps", "N", "stop after N steps (default 50000 where --seconds is not given)"},
    {"--seconds", "S", "stop after S seconds, or after --steps, whichever comes first (default: no limit)"},
    hidden_spec,
    seq_len_spec,
    batch_spec,
    {"--optimizer", "NAME", "sgd or adagrad (default adagrad)"},
    {"--lr", "X", "learning rate (default 0.1 for adagrad, 0.001 for sgd)"},
    {"--clip", "X", "limit of every element of the gradient (default 5)"},
    {"--seed", "N", "seed of the first weights and of the samples (default 1337)"},
    utf8_spec,
    bytes_spec,
    preset_spec,
};

constexpr Spec gradcheck_specs[] = {
    hidden_spec, seq_len_spec,
    batch_spec,  {"--seed", "N", "seed of the first weights, states and directions (default 1337)"},
    utf8_spec,   bytes_spec,
    preset_spec,
};

constexpr Spec sample_specs[] = {
    {"--length", "N", "symbols to draw (default 1000)"},
    {"--temperature", "X", "below 1 bolder, above 1 wilder (default 1)"},
    {"--prime", "TEXT", "text to continue (default: none, as after a line end)"},
    {"--seed", "N", "seed of the draws (default 1337)"},
};

// ---- suggestions

/// Levenshtein's distance.
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t k = 1; k <= b.size(); ++k) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[k - 1] ? 0 : 1);
      diagonal = row[k];
      row[k] = std::min({substituted, row[k - 1] + 1, row[k] + 1});
    }
  }
  return row.back();
}

std::string bare(const std::string& name) { return name.substr(std::min(name.find_first_not_of('-'), name.size())); }

/// "; did you mean '--hidden'?", or nothing where no name is near.
std::string did_you_mean(const std::string& given, const std::vector<std::string>& names) {
  const std::string wanted = bare(given.substr(0, given.find('=')));
  const std::string* best = nullptr;
  std::size_t best_distance = (wanted.size() + 1) / 2;
  for (const std::string& name : names) {
    const bool begins = wanted.size() >= 2 && bare(name).rfind(wanted, 0) == 0;
    const std::size_t d = begins ? 0 : distance(wanted, bare(name));
    if (d < best_distance) best = &name, best_distance = d;
  }
  return best ? fmt::format("; did you mean '{}'?", *best) : "";
}

std::vector<std::string> option_names(const CLI::App& verb) {
  std::vector<std::string> names;
  for (const CLI::Option* option : verb.get_options())
    if (!option->get_positional()) names.push_back(option->get_name());
  return names;
}

// ---- values

std::string see_help(const CLI::App& verb) {
  return fmt::format("char_rnn {} --help lists the options", verb.get_name());
}

/// What was given to the options of a verb, as text; read into numbers of a range. What was not given stays as it is.
class Values {
 public:
  explicit Values(const CLI::App& verb) : verb_(verb) {}

  bool given(const char* name) const { return verb_.get_option(name)->count() > 0; }
  /// The last one counts.
  const std::string& text(const char* name) const { return verb_.get_option(name)->results().back(); }

  template <class N>
  void integer(const char* name, std::int64_t low, std::int64_t high, N& out) const {
    if (!given(name)) return;
    const std::string& value = text(name);
    std::int64_t n = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), n);
    if (error != std::errc() || end != value.data() + value.size() || n < low || n > high)
      refuse(fmt::format("{}: '{}' is not an integer in [{}, {}]", name, escaped(value), low, high), see_help(verb_));
    out = static_cast<std::decay_t<decltype(*&out)>>(n);
  }

  template <class N>
  void positive(const char* name, N& out) const {
    if (!given(name)) return;
    const std::string& value = text(name);
    double x = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), x);
    const bool number = error == std::errc() && end == value.data() + value.size() && std::isfinite(x);
    if (!number || !(x > 0) || x > double{std::numeric_limits<float>::max()})
      refuse(fmt::format("{} must be a finite number > 0, got '{}'", name, escaped(value)), see_help(verb_));
    out = x;
  }

  /// One of the names.
  std::string choice(const char* name, const std::vector<std::string>& names) const {
    const std::string& value = text(name);
    if (std::find(names.begin(), names.end(), value) == names.end())
      refuse(fmt::format("{}: '{}' is not one of {}{}", name, escaped(value), fmt::join(names, ", "),
                         did_you_mean(value, names)),
             see_help(verb_));
    return value;
  }

 private:
  const CLI::App& verb_;
};

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

template <std::size_t N>
CLI::App* add_verb(CLI::App& app, const char* name, const char* help, const char* positional, const char* what,
                   const Spec (&specs)[N], bool many = false) {
  CLI::App* verb = app.add_subcommand(name, help);
  verb->set_help_flag("--help", "print this and exit");
  verb->allow_extras();
  // A callback that takes what comes: values are read from results().
  const auto ignore = [](const CLI::results_t&) { return true; };
  CLI::Option* place = verb->add_option(positional, ignore, what)->type_name(" ")->required();
  if (many) place->expected(1, -1)->allow_extra_args();
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

TrainOptions train_options(const CLI::App& verb) {
  const Values values(verb);
  TrainOptions o;
  o.text = positional_of(verb, "FILE", "train FILE learns from a text file");
  model_options(verb, o);
  if (values.given("--out")) o.out = values.text("--out");
  if (o.out && o.out->empty()) refuse("--out: '' is not a folder", see_help(verb));
  values.integer("--steps", 1, max_length, o.steps);
  values.positive("--seconds", o.seconds);
  if (values.given("--optimizer"))
    o.optimizer =
        values.choice("--optimizer", {"sgd", "adagrad"}) == "sgd" ? OptimizerKind::sgd : OptimizerKind::adagrad;
  o.lr = o.optimizer == OptimizerKind::sgd ? 0.001 : 0.1;
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
    for (const char* name : {"--hidden", "--preset"})
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

}  // namespace

Command parse(int argc, const char* const* argv) {
  CLI::App app(
      "A character RNN: learns from a text file, then writes text like it.\n"
      "Text on stdout, everything else on stderr. A text takes 5 bytes of memory per byte.\n"
      "Exit codes: 0 ok, 2 usage, 3 text, 4 checkpoint, 5 input/output, 6 numbers,\n7 a wrong gradient, 70 bug, 130 "
      "interrupted.",
      "char_rnn");
  app.set_help_flag("--help", "print this and exit");
  app.allow_extras();
  app.require_subcommand(0, 1);
  const CLI::App* train = add_verb(app, "train", "learn from a text", "FILE", "the text", train_specs);
  const CLI::App* sample =
      add_verb(app, "sample", "write text", "DIR", "the run, a folder that train made", sample_specs);
  const CLI::App* gradcheck = add_verb(app, "gradcheck", "check gradients in four ways", "FILE",
                                       "the text; before it perhaps DIR, a run", gradcheck_specs, true);
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
  check_extras(app, {"train", "sample", "gradcheck"}, "unknown verb",
               "char_rnn train FILE, or char_rnn sample DIR; options follow the verb");
  if (app.get_subcommands().empty()) refuse("a verb is missing", "char_rnn train FILE, or char_rnn sample DIR");
  const CLI::App& verb = *app.get_subcommands().front();
  check_values(verb);
  const std::string hint = see_help(verb);
  check_extras(verb, option_names(verb), "unexpected argument", hint.c_str());
  if (train->parsed()) return train_options(*train);
  if (gradcheck->parsed()) return gradcheck_options(*gradcheck);
  return sample_options(*sample);
}

}  // namespace char_rnn
