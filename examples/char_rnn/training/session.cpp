#include "session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <ctime>
#include <limits>
#include <nlohmann/json.hpp>

#include "../failure.hpp"
#include "../model/writer.hpp"
#include "../terminal/clock.hpp"
#include "../terminal/interrupt.hpp"
#include "../terminal/terminal.hpp"
#include "../terminal/waiting.hpp"

namespace char_rnn {

using namespace xgrad;

namespace {

constexpr std::int64_t report_every = 100;   // steps
constexpr double save_every = 60;            // seconds, besides --checkpoint-every
constexpr std::int64_t sample_length = 200;  // symbols
constexpr double exploded = 3;               // times the first loss
constexpr std::int64_t patience = 100;       // steps of such losses
constexpr double margin = 0.2;               // seconds that remain at the end

std::string utc() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  char text[32];
  gmtime_r(&now, &parts);
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace

Session::Session(const TrainOptions& options, const Text& text, const Parts& parts, Trainer& trainer, RunFolder& folder,
                 const Standing& standing, double before)
    : options_(options),
      settings_(options.settings),
      text_(text),
      parts_(parts),
      trainer_(trainer),
      folder_(folder),
      standing_(standing),
      rng_(settings_.seed),
      begun_at_(trainer.steps()),
      before_(before),
      started_(now()),
      reported_(begun_at_) {
  if (settings_.steps) standing_.total = *settings_.steps;
  while (next_sample_ <= begun_at_) next_sample_ *= 4;
}

double Session::now() const { return before_ + seconds_since_start(); }

int Session::train() {
  begin_log();
  if (!options_.resume) save();  // a folder that cannot be written is found out now, not after an hour
  saved_ = now();
  if (settings_.seconds) estimate_closing();
  started_ = now();
  remember();
  while (step()) {
  }
  const int signal = interrupted();
  if (signal == 0) {
    standing_.finished = !settings_.steps || trainer_.steps() >= *settings_.steps;
    remember(standing_.finished);
  }
  save();
  progress_.finish(figures());
  if (signal == 0 && fits(sample_seconds_)) show_sample();
  say_goodbye(signal);
  return signal == 0 ? 0 : 128 + signal;
}

// One step and what is due after it. Returns whether there is another.
bool Session::step() {
  plan();
  if ((settings_.steps && trainer_.steps() >= *settings_.steps) || out_of_time()) return false;
  const double before = now();
  last_ = trainer_.step(standing_.total);
  busy_ += now() - before;
  watch(last_);
  const std::int64_t n = trainer_.steps();
  const bool last = (settings_.steps && n >= *settings_.steps) || out_of_time();
  const int signal = interrupted();
  if (n == 1 || n % report_every == 0 || last || signal != 0) note(last_);
  if (signal != 0 || last) return false;
  progress_.update(figures());
  remember();
  if (n == next_sample_) show_sample(), next_sample_ *= 4;
  if (n % options_.checkpoint_every == 0 || now() - saved_ > save_every) save();
  return true;
}

// With --seconds and no --steps: how many steps there will have been at the end. Until that can be told, so many that
// no schedule falls; then anew at every hundredth of the time.
void Session::plan() {
  if (!settings_.seconds || settings_.steps) return;
  const double time = now(), done = double(trainer_.steps() - begun_at_);
  if (standing_.total == 0) standing_.total = max_steps;
  if (done < 3 || time - started_ < 0.2 || time < planned_ + *settings_.seconds / 100) return;
  planned_ = time;
  const double left = std::max(*settings_.seconds - closing() - time, 0.0);
  standing_.total = trainer_.steps() + std::max<std::int64_t>(1, std::llround(left * done / (time - started_)));
}

// What the end will take, before a validation has been timed: a part of one, and of the last sample.
void Session::estimate_closing() {
  const double before = now();
  if (!parts_.validation.empty()) {
    constexpr Size some = 96;  // steps: some windows
    std::vector<ScoredRange> first = parts_.validation;
    Size longest = 1;
    for (ScoredRange& range : first) {
      longest = std::max(longest, range.count + range.warm_up);
      range.begin -= range.warm_up, range.warm_up = 0;  // its context will do
      range.count = std::min(some, range.count);
    }
    evaluate(trainer_.model(), text_.ids, first, trainer_.threads(), {});
    validation_seconds_ = 1.3 * (now() - before) * double(longest) / double(some);
  }
  const double between = now();
  Rng rng(0);
  Writer(trainer_.model(), text_.vocabulary, trainer_.first_stream(), rng, {}).write({}, 10, [](Index) {
    return true;
  });
  sample_seconds_ = (now() - between) * double(sample_length) / 10;
}

// A validation that takes more than half of all the time will be left out.
double Session::closing() const {
  const bool validates = validation_seconds_ < 0.5 * settings_.seconds.value_or(0);
  return (validates ? validation_seconds_ : 0) + sample_seconds_ + save_seconds_ + margin;
}

/// Whether what takes so long may still be done at the end, where estimates may have been wrong by a little.
bool Session::fits(double duration) const {
  return !settings_.seconds || now() + duration <= 1.05 * *settings_.seconds;
}

bool Session::out_of_time() const {
  if (!settings_.seconds) return false;
  const double steps = double(trainer_.steps() - begun_at_);
  const double each = steps > 0 ? (now() - started_) / steps : 0;
  return (steps > 0 || before_ > 0) && now() + each + closing() >= *settings_.seconds;
}

void Session::watch(const StepResult& result) {
  // An average over the last 250,000 characters or so: 0.001, as min-char-rnn has it, for its windows of 25.
  const double weight = std::clamp(double(trainer_.chars_per_step()) / 250'000, 0.001, 0.02);
  standing_.smooth_loss = (1 - weight) * standing_.smooth_loss + weight * result.loss;
  if (trainer_.steps() == 1) standing_.first_loss = result.loss;
  clipped_ += result.clipped > 0 ? 1 : 0;
  const double usual =
      std::max(standing_.first_loss, std::log(double(text_.vocabulary.size())));  // of a model that knows nothing
  if (result.loss <= exploded * usual) {
    standing_.exploded = 0;
    return;
  }
  if (++standing_.exploded == 1) {
    progress_.hide();
    say("char_rnn: warning: loss {:.3g} in step {} is more than {:g} times what it began with, {:.3g}\n", result.loss,
        trainer_.steps(), exploded, usual);
  }
  if (standing_.exploded < patience) return;
  throw Failure(
      Exit::numerical,
      fmt::format(
          "loss {:.3g} is more than {:g} times what it began with, {:.3g}, and was for {} steps; '{}' keeps what "
          "was saved before",
          result.loss, exploded, usual, patience, latest_file),
      "use a lower --lr, or --clip-norm");
}

Figures Session::figures() const {
  const double elapsed = now();
  const double by_steps = settings_.steps ? double(trainer_.steps()) / double(*settings_.steps) : 0;
  const double by_time = settings_.seconds ? elapsed / *settings_.seconds : 0;
  Figures f;
  f.step = trainer_.steps();
  f.begun_at = begun_at_;
  f.fraction = std::min(1.0, std::max(by_steps, by_time));
  f.begun_fraction = by_time > by_steps ? started_ / *settings_.seconds
                     : settings_.steps  ? double(begun_at_) / double(*settings_.steps)
                                        : 0;
  f.smooth_loss = standing_.smooth_loss;
  f.seconds = elapsed - started_;
  f.chars_per_step = trainer_.chars_per_step();
  f.gradient_norm = last_.gradient_norm;
  f.clipped = clipped_;
  return f;
}

// What the history has of this step, and its validation: whenever it is due, and has not been done by an earlier call
// that was interrupted.
void Session::remember(bool end) {
  const std::int64_t n = trainer_.steps();
  History& h = standing_.history;
  if ((n == 1 || n % report_every == 0 || end) && n > 0 && (h.step.empty() || h.step.back() != n)) {
    h.step.push_back(n);
    h.smooth_loss.push_back(standing_.smooth_loss);
  }
  const bool due = (n % settings_.eval_every == 0 || end) && n > 0 && !parts_.validation.empty();
  if (!due || (!h.validation_step.empty() && h.validation_step.back() == n)) return;
  if (end ? fits(validation_seconds_) : !settings_.seconds || now() + 2 * closing() < *settings_.seconds) validate();
  else if (end)  // of others the last one will do
    say("char_rnn: note: there is no time for a validation, which takes {:.1f} seconds\n", validation_seconds_);
}

void Session::note(const StepResult& result) {
  const std::int64_t n = trainer_.steps();
  const double chars = double(n - reported_) * double(trainer_.chars_per_step());
  folder_.log({{"event", "step"},
               {"step", n},
               {"seconds", now()},
               {"loss", result.loss},
               {"smooth_loss", standing_.smooth_loss},
               {"learning_rate", result.learning_rate},
               {"gradient_norm", result.gradient_norm},
               {"clipped", clipped_},
               {"chars_per_s", std::round(busy_ > 0 ? chars / busy_ : 0)}});
  busy_ = 0;
  clipped_ = 0;
  reported_ = n;
}

double Session::best() const {
  const auto& all = standing_.history.validation;
  return all.empty() ? std::numeric_limits<double>::infinity() : *std::min_element(all.begin(), all.end());
}

void Session::validate() {
  const double before = now();
  Waiting waiting;
  const auto tell = [&](double done) {
    waiting.tell(done, [&] { return progress_.hide(), fmt::format("validating after step {}", trainer_.steps()); });
  };
  const Score score = evaluate(trainer_.model(), text_.ids, parts_.validation, trainer_.threads(), tell);
  const bool better = score.nats < best();
  standing_.history.validation_step.push_back(trainer_.steps());
  standing_.history.validation.push_back(score.nats);
  folder_.log({{"event", "validation"},
               {"step", trainer_.steps()},
               {"seconds", now()},
               {"nats", score.nats},
               {"bits_per_char", score.bits()},
               {"perplexity", score.perplexity()},
               {"chars", score.chars},
               {"best", better}});
  progress_.hide();
  say("char_rnn: step {}: validation {:.4f} nats, {:.4f} bits per character, perplexity {:.3f}{}\n", trainer_.steps(),
      score.nats, score.bits(), score.perplexity(), better ? ", the best so far" : "");
  if (better) folder_.save_best(snapshot());
  validation_seconds_ = 1.2 * (now() - before);
}

SafeTensors Session::snapshot() {
  standing_.training = trainer_.state();
  return checkpoint_of(settings_, text_.vocabulary, text_.sha256, standing_, trainer_);
}

void Session::save() {
  if (saved_step_ == trainer_.steps() && !standing_.finished) return;
  if (const std::string bad = not_finite(trainer_.model()); !bad.empty())
    throw Failure(Exit::numerical,
                  fmt::format("{} after step {}; '{}' keeps what was saved before", bad, trainer_.steps(), latest_file),
                  "use a lower --lr, or --clip-norm");
  const double before = now();
  folder_.save(snapshot());
  saved_step_ = trainer_.steps();
  saved_ = now();
  save_seconds_ = 2 * (saved_ - before);
}

void Session::show_sample() {
  progress_.hide();
  Writer writer(trainer_.model(), text_.vocabulary, trainer_.first_stream(), rng_, {});
  std::vector<Index> ids;
  writer.write({}, sample_length, [&](Index id) { return ids.push_back(id), true; });
  folder_.log({{"event", "sample"}, {"step", trainer_.steps()}, {"text", text_.vocabulary.decode(ids)}});
  out_.put(fmt::format("---- step {}\n", trainer_.steps()));
  out_.put(text_.vocabulary, ids);
  out_.put("\n");
  out_.flush();
}

void Session::begin_log() {
  nlohmann::ordered_json settings;
  visit_settings(settings_, [&](const Field& field, const auto& value, const auto& rule) {
    if (const std::string text = show(value, rule); !text.empty()) settings[field.name] = text;
  });
  if (options_.resume) folder_.log({{"event", "resume"}, {"step", begun_at_}, {"time", utc()}});
  else
    folder_.log({{"event", "start"},
                 {"time", utc()},
                 {"version", XGRAD_VERSION},
                 {"text", options_.text.filename().string()},
                 {"bytes", text_.bytes},
                 {"symbols", text_.ids.size()},
                 {"vocabulary", text_.vocabulary.size()},
                 {"sha256", text_.sha256},
                 {"isa", isa()},
                 {"blas_core", blas_core()},
                 {"threads", trainer_.threads()},
                 {"parameters", count_parameters(trainer_.model())},
                 {"protocol", parts_.protocol},
                 {"settings", settings}});
}

void Session::say_goodbye(int signal) {
  const std::string folder = escaped(folder_.path().string());
  const char* reason = signal == SIGINT     ? "interrupted"
                       : signal != 0        ? "terminated"
                       : standing_.finished ? "finished"
                                            : "out of time";
  folder_.log({{"event", "end"}, {"step", trainer_.steps()}, {"seconds", now()}, {"reason", reason}});
  if (!standing_.finished) {
    say("char_rnn: {} after step {}; '{}' holds it\nhint: char_rnn train '{}' --resume '{}' goes on{}\n", reason,
        trainer_.steps(), latest_file, escaped(options_.text.string()), folder,
        signal == 0 ? ", with a larger --seconds" : "");
    return;
  }
  if (!parts_.validation.empty()) say("char_rnn: validation {}\n", parts_.protocol);
  say("char_rnn: run saved in {}\nchar_rnn: for more text: char_rnn sample '{}'\n", folder, folder);
}

}  // namespace char_rnn
