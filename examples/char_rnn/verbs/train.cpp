// char_rnn train: begins a run, or goes on with one. What happens then is in training/session.hpp.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "../failure.hpp"
#include "../pages/report/history.hpp"
#include "../terminal/interrupt.hpp"
#include "../terminal/terminal.hpp"
#include "../training/session.hpp"
#include "verbs.hpp"

namespace char_rnn {

namespace {

using namespace xgrad;

Index threads_of(const TrainOptions& options) {
  const Index processors = std::max(1, static_cast<Index>(std::thread::hardware_concurrency()));
  return std::min(options.threads.value_or(processors), *options.settings.shards);
}

void introduce(const TrainOptions& options, const Text& text, const Parts& parts, Trainer& trainer,
               const RunFolder& folder) {
  const Settings& s = options.settings;
  say("char_rnn: text of {} {}, {} of them different\n"
      "char_rnn: {} to learn from, {} steps a pass\n"
      "char_rnn: validation {}\n"
      "char_rnn: {} of {} x {} units, {} weights to learn, {} thread{}\n"
      "char_rnn: run folder {}\n",
      text.ids.size(), text.encoding == Encoding::utf8 ? "characters" : "bytes", text.vocabulary.size(), parts.learned,
      trainer.steps_per_pass(),
      parts.validation.chars > 0
          ? parts.validation.protocol
          : fmt::format("on nothing, {}",
                        s.split == SplitChoice{} ? "there is no --split" : "--split keeps none for it"),
      show(s.model, model_names), s.layers, s.hidden, count_parameters(trainer.model()), trainer.threads(),
      trainer.threads() == 1 ? "" : "s", escaped(folder.path().string()));
}

// ---- a new run

void take_weights(const TrainOptions& options, const Text& text, Model& model) {
  const Checkpoint from(checkpoint_file(*options.init_from));
  const std::string name = escaped(from.path().string());
  if (!(from.vocabulary() == text.vocabulary))
    throw Failure(Exit::text,
                  fmt::format("text '{}' has not the symbols of '{}'", escaped(options.text.string()), name),
                  "name a text of the same symbols");
  if (from.architecture() != model.architecture())
    throw Failure(Exit::usage, fmt::format("the weights of '{}' are those of another model", name),
                  "give --model, --layers, --hidden and --embedding as that run has them");
  from.load_into(model);
}

int begin(const TrainOptions& options) {
  const Text text = read_text(options.text, options.settings.encoding);  // before any memory is asked for
  check_memory(options.settings, text.vocabulary.size());
  const Parts parts = split_text(options, text);
  Trainer trainer(options.settings, threads_of(options), text.vocabulary.size(), parts.windows);
  if (options.init_from) take_weights(options, text, trainer.model());
  catch_interrupts();
  RunFolder folder = RunFolder::fresh(options);
  introduce(options, text, parts, trainer, folder);
  for (const std::string& idle : options.idle) say("char_rnn: note: {}\n", idle);
  Standing standing;
  standing.smooth_loss = std::log(double(text.vocabulary.size()));
  return Session(options, text, parts, trainer, folder, standing).train();
}

// ---- a run that goes on

/// Names and values, as the command line has them.
std::vector<std::pair<std::string, std::string>> shown(const Settings& settings) {
  std::vector<std::pair<std::string, std::string>> all;
  visit_settings(settings, [&](const Field& field, const auto& value, const auto& rule) {
    all.emplace_back(field.name, show(value, rule));
  });
  return all;
}

/// The run's settings, if those that were given come to the same. `steps` and `seconds` need not: they say when it
/// ends.
Settings settings_for(const TrainOptions& options, const Checkpoint& run) {
  Settings settings = run.settings(), ours = options.settings, theirs = resolved(settings);
  ours.shards = std::min(*ours.shards, theirs.batch);
  theirs.encoding = run.vocabulary().encoding() == Encoding::utf8 ? EncodingChoice::utf8 : EncodingChoice::bytes;
  const auto wanted = shown(resolved(ours)), had = shown(theirs);
  std::string differ;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto& [name, value] = wanted[i];
    if (!options.given.count(name) || value == had[i].second || name == "steps" || name == "seconds") continue;
    const std::string option = name == "encoding" ? value : name + " " + value;
    differ += fmt::format("{}--{} (the run has {})", differ.empty() ? "" : ", ", option, had[i].second);
  }
  if (!differ.empty())
    throw Failure(Exit::usage,
                  fmt::format("the run in '{}' has other settings: {}", escaped(options.resume->string()), differ),
                  "leave those options away, or begin another run with --out");
  if (options.given.count("steps")) settings.steps = options.settings.steps;
  if (options.given.count("seconds")) settings.seconds = options.settings.seconds;
  return settings;
}

void check_text(const TrainOptions& options, const Text& text, const Checkpoint& run) {
  const std::string name = escaped(options.text.string());
  if (text.sha256 != run.text_sha256())
    throw Failure(Exit::text,
                  fmt::format("text '{}' is not the one that the run was begun with: its SHA-256 is {}, that was {}",
                              name, text.sha256, run.text_sha256()),
                  "name that text; --init-from takes the weights to another");
  if (!(text.vocabulary == run.vocabulary()))
    throw Failure(Exit::text, fmt::format("text '{}' has not the symbols of the run", name),
                  "name the text that the run was begun with");
}

/// Whether nothing is left to be done, which it says. Throws Failure for less steps than the run has had.
bool is_done(const TrainOptions& options, const Checkpoint& run) {
  const Settings &now = options.settings, &before = run.settings();
  if (options.given.count("steps") && *now.steps < run.step())
    throw Failure(Exit::usage,
                  fmt::format("--steps {} is less than the {} that the run has had", *now.steps, run.step()),
                  "leave it away, or give more");
  const bool more_steps = now.steps && *now.steps > run.step(), more_time = now.seconds > before.seconds;
  if (!run.finished() || (now.steps ? more_steps : more_time)) return false;
  say("char_rnn: the run in {} is finished, after {} steps; a larger {} goes on with it\n",
      escaped(options.resume->string()), run.step(), now.steps ? "--steps" : "--seconds");
  return true;
}

/// What the log of a run tells that goes on: the time that it has had, 0 where that is not known. Says so where it
/// matters, and where other kernels computed.
double seconds_before(const RunFolder& folder, const Trainer& trainer, const Settings& settings) {
  RunHistory log;
  try {
    log = read_history(folder.path() / log_file);
  } catch (const Error&) {
  }
  const double seconds = log.seconds_until(trainer.steps());
  if (settings.seconds && seconds == 0 && trainer.steps() > 0)
    say("char_rnn: note: '{}' does not tell the time that the run has had; --seconds counts from now\n", log_file);
  if (!log.isa.empty() && (log.isa != isa() || log.blas_core != blas_core()))
    say("char_rnn: note: the run was begun with kernels for {} and OpenBLAS's for {}, and goes on with {} and {}: last "
        "digits will differ\n",
        escaped(log.isa), escaped(log.blas_core), isa(), blas_core());
  return seconds;
}

int go_on(TrainOptions options) {
  const std::filesystem::path latest = *options.resume / latest_file;
  const TrainOptions given = options;
  const auto settle = [&](const Checkpoint& run) { options.settings = settings_for(given, run); };
  std::optional<Checkpoint> run(latest);
  settle(*run);
  const Text text = read_text(options.text, options.settings.encoding);
  check_text(options, text, *run);
  if (is_done(options, *run)) return 0;
  RunFolder folder = RunFolder::resumed(*options.resume);
  run.emplace(latest);  // again, now that nobody else trains here
  settle(*run);
  check_text(options, text, *run);
  if (is_done(options, *run)) return 0;
  check_memory(options.settings, text.vocabulary.size());
  const Parts parts = split_text(options, text);
  Trainer trainer(options.settings, threads_of(options), text.vocabulary.size(), parts.windows);
  Standing standing = run->restore(trainer);
  if (run->finished() && !options.settings.steps) standing.total = 0;  // there is more time: planned anew
  standing.finished = false;
  catch_interrupts();
  introduce(options, text, parts, trainer, folder);
  say("char_rnn: goes on after step {}\n", trainer.steps());
  const Settings& had = run->settings();
  const bool outdated =
      run->finished() || options.settings.steps != had.steps || options.settings.seconds != had.seconds;
  const Before before{seconds_before(folder, trainer, options.settings), outdated};
  return Session(options, text, parts, trainer, folder, standing, before).train();
}

}  // namespace

int train(const TrainOptions& options) { return options.resume ? go_on(options) : begin(options); }

}  // namespace char_rnn
