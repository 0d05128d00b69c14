#include "options.hpp"

#include <fmt/format.h>

#include "../failure.hpp"
#include "app.hpp"
#include "values.hpp"

namespace char_rnn {

namespace {

using xgrad::escaped;
using xgrad::Index;

constexpr std::int64_t max_length = 1'000'000'000'000;
constexpr Between seeds{0, 0xffffffff};

constexpr const char* bench_footer =
    "The products of a step, forward and backward, take so many multiplications and as many additions: GFLOP count "
    "both, and nothing else. The peak is the fastest product of two 512 x 512 matrices in the same run; both are over "
    "CPU time. Times are medians of rounds in which steps and products take turns. What a step takes from the heap is "
    "counted where the tape does so, in its arenas.\n"
    "\n"
    "Members of the JSON object, all figures for one iteration: symbols, model, layers, hidden, weights, optimizer, "
    "seq_len, batch, shards, threads, cpu_ms, rounds, iterations_per_round, wall_ms, chars_per_s, gflop, gflop_per_s, "
    "peak_gflop_per_s, share_of_peak (1 is all of it), tape_values_bytes, tape_gradients_bytes, tape_nodes_bytes, "
    "tape_reserved_bytes, parameter_bytes, parameter_gradient_bytes, optimizer_bytes, arena_allocations, blas_core, "
    "isa, blas_threads, hardware_threads.";
constexpr const char* info_footer =
    "XGRAD_ARCH in the environment chooses the kernels.\n"
    "\n"
    "Members of the JSON object: version, compiler, isa, isa_from (processor or XGRAD_ARCH), blas, blas_core, "
    "large_products (by blas, or by own kernels where OpenBLAS does not know the processor), blas_threads, "
    "hardware_threads (0 where it cannot be told). Before them, of a run: checkpoint, model, layers, "
    "hidden, embedding, weights, vocabulary, encoding (utf8 or bytes), symbols (bytes as the characters U+0000 to "
    "U+00FF), text_sha256, step, finished, split, and where there is one protocol (of the validation), smooth_loss and "
    "validation.";

// ---- what verbs share

/// The n-th of what a verb was given besides options, or nothing.
std::optional<std::string> place(const CLI::App& verb, const char* name, std::size_t n) {
  const auto& results = verb.get_option(name)->results();
  return n < results.size() ? std::optional(results[n]) : std::nullopt;
}

std::string needed_place(const CLI::App& verb, const char* name, std::size_t n, const char* hint) {
  const auto at = place(verb, name, n);
  if (!at) refuse(fmt::format("{}: {} is missing", verb.get_name(), name), fmt::format("char_rnn {}", hint));
  return *at;
}

void check_places(const CLI::App& verb, const char* name, std::size_t most) {
  if (const auto extra = place(verb, name, most))
    refuse(fmt::format("unexpected argument '{}'", escaped(*extra)), see_help(verb));
}

/// DIR FILE.
template <class Options>
void read_run_and_text(const CLI::App& verb, const char* hint, Options& o) {
  o.run = needed_place(verb, "DIR", 0, hint);
  const auto text = place(verb, "DIR", 1);
  if (!text) refuse(fmt::format("{}: FILE is missing", verb.get_name()), fmt::format("char_rnn {}", hint));
  o.text = *text;
  check_places(verb, "DIR", 2);
}

template <class Visit>
void read_settings(const Values& values, Settings& settings, Visit visit) {
  visit(settings, [&](const Field& field, auto& value, const auto& rule) {
    values.read(std::string("--") + field.name, rule, value);
  });
}

void apply_preset(const std::string& preset, Settings& s) {
  s.model = ModelKind::rnn;
  s.layers = 1;
  s.hidden = preset == "notebook" ? 10 : 100;
  s.batch = 1;
  s.seq_len = 25;
  s.init = Init::min_char_rnn;
  s.optimizer = preset == "notebook" ? OptimizerKind::sgd : OptimizerKind::adagrad;
}

/// The settings that shape a model and its windows.
void read_model(const CLI::App& verb, const Values& values, Settings& s) {
  if (values.given("--preset")) {
    bool known = false;
    values.read("--preset", OneOf<bool, 2>{{{{"notebook", true}, {"min-char-rnn", true}}}}, known);
    apply_preset(values.text("--preset"), s);
  }
  read_settings(values, s, [](auto& of, auto f) { visit_model_settings(of, f); });
  const bool utf8 = values.flag_over("--utf8", "--bytes"), bytes = values.flag_over("--bytes", "--utf8");
  if (utf8 && bytes) refuse("--utf8 and --bytes exclude each other", see_help(verb));
  if (utf8 || bytes) s.encoding = utf8 ? EncodingChoice::utf8 : EncodingChoice::bytes;
}

void read_threads(const Values& values, TrainOptions& o) {
  values.read("--threads", Between{1, 1024}, o.threads);
  Settings& s = o.settings;
  if (!s.shards) s.shards = std::max(Index(2), o.threads.value_or(1));
  if (!o.resume) s.shards = std::min(*s.shards, s.batch);  // else it is the run's batch that bounds them
}

std::optional<std::filesystem::path> path_of(const CLI::App& verb, const Values& values, const char* name) {
  if (!values.given(name)) return std::nullopt;
  if (values.text(name).empty()) refuse(fmt::format("{}: '' is no name", name), see_help(verb));
  return values.text(name);
}

void check_rates(const CLI::App& verb, const Settings& s) {
  if (s.min_lr > learning_rate(s))
    refuse(fmt::format("--min-lr {} is above --lr {}", s.min_lr, learning_rate(s)), see_help(verb));
}

// ---- verbs

// What was asked for on the command line and does nothing beside the rest: a file may have all settings in it.
std::vector<std::string> idle_options(const Values& values, const TrainOptions& o) {
  const Settings& s = o.settings;
  std::vector<std::string> idle;
  const auto needs = [&](const char* option, bool used, const std::string& beside) {
    if (!used && values.on_command_line(option)) idle.push_back(fmt::format("{} does nothing {}", option, beside));
  };
  const auto is = [](auto value, auto... one_of) { return ((value == one_of) || ...); };
  const std::string optimizer = "with --optimizer " + show(s.optimizer, optimizer_names),
                    schedule = "with --schedule " + show(s.schedule, schedule_names);
  using O = OptimizerKind;
  using S = ScheduleKind;
  needs("--momentum", is(s.optimizer, O::sgd), optimizer);
  needs("--decay", is(s.optimizer, O::rmsprop), optimizer);
  for (const char* beta : {"--beta1", "--beta2"}) needs(beta, is(s.optimizer, O::adam, O::adamw), optimizer);
  needs("--weight-decay", is(s.optimizer, O::adamw), optimizer);
  for (const char* fall : {"--lr-decay", "--lr-decay-every"})
    needs(fall, is(s.schedule, S::step, S::exponential), schedule);
  needs("--lr-decay-after", is(s.schedule, S::step), schedule);
  needs("--min-lr", is(s.schedule, S::cosine), schedule);
  for (const char* start : {"--init", "--forget-bias"}) needs(start, !o.init_from, "beside --init-from");
  needs("--forget-bias", is(s.model, ModelKind::lstm), "with --model " + show(s.model, model_names));
  needs("--eval-every", s.split.validation > 0, "without a --split that keeps something to validate on");
  return idle;
}

TrainOptions train_options(const CLI::App& verb) {
  const Values values(verb);
  TrainOptions o;
  o.text = needed_place(verb, "FILE", 0, "train FILE learns from a text file");
  read_model(verb, values, o.settings);
  read_settings(values, o.settings, [](auto& of, auto f) { visit_step_settings(of, f); });
  read_settings(values, o.settings, [](auto& of, auto f) { visit_run_settings(of, f); });
  o.out = path_of(verb, values, "--out");
  o.resume = path_of(verb, values, "--resume");
  o.init_from = path_of(verb, values, "--init-from");
  for (const char* other : {"--out", "--init-from", "--preset"})
    if (o.resume && values.given(other))
      refuse(fmt::format("--resume and {} exclude each other", other), see_help(verb));
  values.read("--checkpoint-every", Between{1, max_steps}, o.checkpoint_every);
  values.read("--log-every", Between{1, max_steps}, o.log_every);
  visit_settings(o.settings, [&](const Field& field, const auto&, const auto&) {
    if (values.given(std::string("--") + field.name)) o.given.insert(field.name);
  });
  if (o.settings.encoding != EncodingChoice::automatic) o.given.insert("encoding");
  read_threads(values, o);
  if (!o.settings.steps && !o.settings.seconds) o.settings.steps = 10000;
  if (!o.resume) {
    check_rates(verb, o.settings);
    o.settings = resolved(o.settings);
    o.idle = idle_options(values, o);
  }
  return o;
}

GradcheckOptions gradcheck_options(const CLI::App& verb) {
  const Values values(verb);
  GradcheckOptions o;
  o.train.text =
      needed_place(verb, "FILE", 0, "gradcheck FILE checks a model on a text; gradcheck DIR FILE, that of a run");
  read_model(verb, values, o.train.settings);
  check_places(verb, "FILE", 2);
  if (const auto text = place(verb, "FILE", 1)) {
    o.run = o.train.text;
    o.train.text = *text;
    for (const char* name :
         {"--model", "--layers", "--hidden", "--embedding", "--init", "--forget-bias", "--preset", "--utf8", "--bytes"})
      if (values.given(name)) refuse(std::string(name) + " is the run's own", "leave it away, or the folder");
  }
  return o;
}

SampleOptions sample_options(const CLI::App& verb) {
  const Values values(verb);
  SampleOptions o;
  o.run = needed_place(verb, "DIR", 0, "sample DIR draws from the run in that folder");
  values.read("--length", Between{1, max_length}, o.length);
  values.read("--count", Between{1, max_length}, o.count);
  values.read("--temperature", Positive{}, o.how.temperature);
  values.read("--top-k", Between{0, 65536}, o.how.top_k);
  o.how.argmax = values.flag("--argmax");
  values.read("--seed", seeds, o.seed);
  if (values.given("--prime") && values.given("--prime-file"))
    refuse("--prime and --prime-file exclude each other", see_help(verb));
  if (values.given("--prime")) o.prime = values.text("--prime");
  o.prime_file = path_of(verb, values, "--prime-file");
  return o;
}

EvalOptions eval_options(const CLI::App& verb) {
  const Values values(verb);
  constexpr const char* hint = "eval DIR FILE says how well the run in DIR predicts the text FILE";
  EvalOptions o;
  read_run_and_text(verb, hint, o);
  constexpr OneOf<Part, 3> parts{{{{"all", Part::all}, {"validation", Part::validation}, {"test", Part::test}}}};
  values.read("--part", parts, o.part);
  values.read("--streams", Between{1, 65536}, o.streams);
  if (o.part != Part::all && values.given("--streams"))
    refuse("--streams and --part exclude each other", "the part of a run has streams of its own");
  o.surprise = values.flag("--surprise");
  o.json = values.flag("--json");
  return o;
}

BenchOptions bench_options(const CLI::App& verb) {
  const Values values(verb);
  BenchOptions o;
  Settings& s = o.train.settings;
  read_model(verb, values, s);
  read_settings(values, s, [](auto& of, auto f) { visit_step_settings(of, f); });
  read_threads(values, o.train);
  check_rates(verb, s);
  values.read("--seconds", Positive{}, o.seconds);
  o.json = values.flag("--json");
  if (const auto text = place(verb, "FILE", 0)) o.train.text = *text;
  else if (s.encoding != EncodingChoice::automatic)
    refuse("--utf8 and --bytes need FILE", "name a text, or leave the option away");
  return o;
}

InfoOptions info_options(const CLI::App& verb) {
  InfoOptions o{std::nullopt, Values(verb).flag("--json")};
  if (const auto run = place(verb, "DIR", 0)) o.run = *run;
  return o;
}

ReportOptions report_options(const CLI::App& verb) {
  return {needed_place(verb, "DIR", 0, "report DIR makes a page of the run in that folder"),
          path_of(verb, Values(verb), "--out")};
}

VisualizeOptions visualize_options(const CLI::App& verb) {
  const Values values(verb);
  constexpr const char* hint = "visualize DIR FILE shows what the run in DIR makes of the text FILE";
  VisualizeOptions o;
  read_run_and_text(verb, hint, o);
  o.out = path_of(verb, values, "--out");
  values.read("--length", Between{1, 100'000}, o.length);
  return o;
}

Command command_of(const CLI::App& verb) {
  const std::string name = verb.get_name();
  if (name == "train") return train_options(verb);
  if (name == "sample") return sample_options(verb);
  if (name == "eval") return eval_options(verb);
  if (name == "gradcheck") return gradcheck_options(verb);
  if (name == "bench") return bench_options(verb);
  if (name == "report") return report_options(verb);
  if (name == "visualize") return visualize_options(verb);
  return info_options(verb);
}

void add_specs(CLI::App& verb, std::span<const Spec> specs) {
  for (const Spec& spec : specs) add_option(verb, spec);
}

void add_verbs(CLI::App& app) {
  const auto model = [](auto& of, auto f) { visit_model_settings(of, f); };
  const auto step = [](auto& of, auto f) { visit_step_settings(of, f); };
  const auto run = [](auto& of, auto f) { visit_run_settings(of, f); };
  CLI::App& train = *add_verb(app, "train", "learn from a text", {"FILE", "the text: UTF-8, or any bytes"});
  add_settings(train, "", run), add_specs(train, train_specs);
  add_settings(train, "Model", model), add_settings(train, "Steps", step);
  add_specs(*add_verb(app, "sample", "write text", {"DIR", "a run, a folder that train made, or a file of it"}),
            sample_specs);
  add_specs(*add_verb(app, "eval", "say how well a run predicts a text",
                      {"DIR", "the run; after it FILE, the text", true, true}),
            eval_specs);
  CLI::App& gradcheck = *add_verb(app, "gradcheck", "check gradients in four ways",
                                  {"FILE", "the text; before it perhaps DIR, a run", true, true});
  add_specs(gradcheck, gradcheck_specs), add_settings(gradcheck, "Model", model);
  CLI::App& bench = *add_verb(app, "bench", "time the steps of train, with its options",
                              {"FILE", "the text (default: random, of 65 symbols)", false});
  add_specs(bench, bench_specs), add_settings(bench, "Model", model), add_settings(bench, "Steps", step);
  add_footer(bench, bench_footer);
  add_specs(*add_verb(app, "report", "make a page of curves and samples of a run", {"DIR", "the run"}), report_specs);
  add_specs(*add_verb(app, "visualize", "make a page of a text in the colours of hidden units",
                      {"DIR", "the run; after it FILE, the text", true, true}),
            visualize_specs);
  CLI::App& info =
      *add_verb(app, "info", "say what a run is; without one, what this program runs on", {"DIR", "the run", false});
  add_specs(info, info_specs);
  add_footer(info, info_footer);
}

}  // namespace

Command parse(int argc, const char* const* argv) {
  CLI::App app(
      "A character RNN: learns from a text file, then writes text like it.\n"
      "Text and tables on stdout, everything else on stderr. A text takes at most\n"
      "2 bytes of memory per byte.\n"
      "Exit codes: 0 ok, 2 usage, 3 text, 4 checkpoint, 5 input/output, 6 numbers,\n"
      "7 a wrong gradient, 70 bug, 130 interrupted, 143 terminated.",
      "char_rnn");
  app.footer("char_rnn VERB --help lists the options of a verb, with their defaults.");
  app.set_help_flag("--help", "print this and exit");
  app.allow_extras();
  app.require_subcommand(0, 1);
  add_verbs(app);
  if (const std::string help = parse(app, argc, argv); !help.empty()) return Help{help};
  return command_of(*app.get_subcommands().front());
}

}  // namespace char_rnn
