#include "session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <limits>

#include "../failure.hpp"
#include "../model/writer.hpp"
#include "../terminal/interrupt.hpp"
#include "../terminal/terminal.hpp"
#include "../terminal/waiting.hpp"
#include "evaluate.hpp"

namespace char_rnn {

using namespace xgrad;

namespace {

constexpr std::int64_t remember_every = 100;  // steps
constexpr double save_every = 60;             // seconds, besides --checkpoint-every
constexpr std::int64_t sample_length = 200;   // symbols
constexpr double exploded = 3;                // times the first loss
constexpr std::int64_t patience = 100;        // steps of such losses

constexpr double infinity = std::numeric_limits<double>::infinity();

// The validation loss of the best checkpoint that a folder keeps, the last of those it knows; infinity where there is
// no such file, or a damaged one. Throws Failure where it cannot be read: it may be good, and not to be replaced by a
// worse.
double best_of(const RunFolder& folder) {
  const std::filesystem::path file = folder.path() / best_file;
  if (!std::filesystem::exists(file)) return infinity;
  try {
    const std::vector<double> all = Checkpoint(file).history().validation;
    return all.empty() ? infinity : all.back();
  } catch (const Failure& e) {
    if (e.code() != Exit::checkpoint)
      throw Failure(e.code(), e.what(), "move that file away, and the run goes on without it");
    return infinity;
  }
}

}  // namespace

Session::Session(const TrainOptions& options, const Text& text, const Parts& parts, Trainer& trainer, RunFolder& folder,
                 const Standing& standing, const Before& before)
    : options_(options),
      settings_(options.settings),
      text_(text),
      parts_(parts),
      trainer_(trainer),
      folder_(folder),
      standing_(standing),
      time_(settings_.seconds, before.seconds),
      log_(folder, time_, trainer.steps()),
      rng_(settings_.seed),
      best_(options.resume ? best_of(folder) : infinity),
      begun_at_(trainer.steps()),
      saved_step_(options.resume ? begun_at_ : -1),
      outdated_(before.outdated) {
  if (settings_.steps) standing_.total = *settings_.steps;
  while (next_sample_ <= begun_at_) next_sample_ *= 4;
}

int Session::train() {
  log_.begin(options_, text_, parts_, trainer_);
  const double before = time_.now();
  folder_.keep(settings_);
  time_.save = 3 * (time_.now() - before);  // until one has been timed
  int signal = 0;
  try {
    signal = go();
  } catch (const Failure& e) {
    const bool numerical = e.code() == Exit::numerical;
    try {
      log_.end(trainer_.steps(), numerical ? "diverged" : e.what());
    } catch (const Failure&) {  // what came first is what is told
    }
    if (!numerical) throw;
    throw Failure(e.code(), fmt::format("{}; '{}' is that of step {}", e.what(), latest_file, saved_step_), e.hint());
  }
  say_goodbye(signal);
  if (signal == 0 && unshown_) throw Failure(*unshown_);
  return signal == 0 ? 0 : 128 + signal;
}

// Steps until there is no other, and all that is to be saved. Returns the signal that ended them, or 0.
int Session::go() {
  if (!options_.resume || outdated_) save();  // a folder that cannot be written is found out now, not after an hour
  saved_ = time_.now();
  if (settings_.seconds) estimate_closing();
  time_.begin_steps(begun_at_);
  if (!has_all_steps()) remember();  // else that is yet to come
  while (step()) {
  }
  note();
  const double stepped = time_.now();
  int signal = interrupted();
  if (signal == 0) {
    const bool all = !settings_.steps || trainer_.steps() >= *settings_.steps;
    if (all && !parts_.validation.ranges.empty()) save();  // a validation may take long enough to be killed in
    remember(all);
    signal = interrupted();
    standing_.finished = all && signal == 0;
    if (standing_.finished) standing_.total = trainer_.steps();
  }
  save();
  progress_.finish(figures());
  if (signal == 0) tell_of_little_time(stepped);
  if (signal == 0 && time_.fits(time_.sample)) show_sample();
  log_.end(trainer_.steps(), reason(signal));
  return signal;
}

// One step and what is due after it. Returns whether there is another.
bool Session::step() {
  plan();
  if (ends()) return false;
  if (trainer_.steps() == begun_at_) forget_the_end();
  const double before = time_.now();
  last_ = trainer_.step(standing_.total);
  log_.count(last_, time_.now() - before);
  watch(last_);
  const std::int64_t n = trainer_.steps();
  if (n == 1 || n % options_.log_every == 0) note();
  if (ends()) return false;
  progress_.update(figures());
  remember();
  if (n == next_sample_) show_sample(), next_sample_ *= 4;
  if (n % options_.checkpoint_every == 0 || time_.now() - saved_ > save_every) save();
  return true;
}

bool Session::has_all_steps() const { return settings_.steps && trainer_.steps() >= *settings_.steps; }

// Ctrl-C finishes a step, the first one, too.
bool Session::ends() const {
  const std::int64_t n = trainer_.steps();
  return has_all_steps() || time_.is_over(n) || (interrupted() != 0 && n > begun_at_);
}

// With --seconds and no --steps: how many steps there will have been at the end. Until that can be told, so many that
// no schedule falls.
void Session::plan() {
  if (!settings_.seconds || settings_.steps) return;
  if (standing_.total == 0) standing_.total = max_steps;
  if (const auto steps = time_.steps_in_all(trainer_.steps())) standing_.total = *steps;
}

// What the end will take, before a validation and a sample have been timed: told from parts of them, of a validation
// from larger and larger ones while they are cheap.
void Session::estimate_closing() {
  const double begun = time_.now(), cheap = *settings_.seconds / 400;
  Rng rng(0);
  Writer(trainer_.model(), text_.vocabulary, trainer_.first_stream(), rng, {}).write({}, 10, [](Index) {
    return true;
  });
  time_.sample = (time_.now() - begun) * double(sample_length) / 10;
  Size longest = 0;
  for (const ScoredRange& range : parts_.validation.ranges) longest = std::max(longest, range.count + range.warm_up);
  double each = 0;  // of the steps that all ranges take together
  for (Size some = 1; some <= longest && (some <= 8 || each * double(some) < cheap); some *= 8) {
    std::vector<ScoredRange> first = parts_.validation.ranges;
    for (ScoredRange& range : first) {
      range.begin -= range.warm_up, range.warm_up = 0;  // its context will do
      range.count = std::min(some, range.count);
    }
    const double before = time_.now();
    evaluate(trainer_.model(), text_.ids, first, trainer_.threads(), {});
    each = (time_.now() - before) / double(some);
  }
  time_.validation = 1.1 * each * double(longest);
}

// Where --seconds were so few that what came of it will surprise.
void Session::tell_of_little_time(double stepped) {
  const std::int64_t made = trainer_.steps() - begun_at_;
  if (!settings_.seconds || has_all_steps() || made > 1) return;
  if (made == 0) say("char_rnn: note: --seconds {} leave no time for another step\n", *settings_.seconds);
  else if (begun_at_ == 0 && stepped >= *settings_.seconds)
    say("char_rnn: note: --seconds {} were over when the first step was done, after {:.1f} seconds; a run has one at "
        "least\n",
        *settings_.seconds, stepped);
}

void Session::watch(const StepResult& result) {
  // An average over the last 250,000 characters or so: 0.001, as min-char-rnn has it, for its windows of 25.
  const double weight = std::clamp(double(trainer_.chars_per_step()) / 250'000, 0.001, 0.02);
  standing_.smooth_loss = (1 - weight) * standing_.smooth_loss + weight * result.loss;
  if (trainer_.steps() == 1) standing_.first_loss = result.loss;
  clipped_lately_ <<= 1;
  clipped_lately_[0] = result.clipped > 0;
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
  note();
  throw Failure(Exit::numerical,
                fmt::format("loss {:.3g} is more than {:g} times what it began with, {:.3g}, and was for {} steps",
                            result.loss, exploded, usual, patience),
                "use a lower --lr, or --clip-norm");
}

Figures Session::figures() const {
  const double made = double(trainer_.steps() - begun_at_);
  Figures f;
  f.step = trainer_.steps();
  f.begun_at = begun_at_;
  f.seconds = time_.stepping();
  f.stepped = log_.stepped();
  f.left = time_.left();
  if (f.left) f.fraction = standing_.finished ? 1 : std::min(1.0, time_.now() / *settings_.seconds);
  if (settings_.steps) {
    f.fraction = std::max(f.fraction, double(f.step) / double(*settings_.steps));
    const double more = f.seconds * double(*settings_.steps - f.step);
    if (made > 0) f.left = std::min(f.left.value_or(HUGE_VAL), more / made);
  }
  f.smooth_loss = standing_.smooth_loss;
  f.chars_per_step = trainer_.chars_per_step();
  f.gradient_norm = last_.gradient_norm;
  f.clipped = static_cast<int>(clipped_lately_.count());
  return f;
}

// What the history has of this step, and its validation: whenever it is due, and has not been done by an earlier call
// that was interrupted.
void Session::remember(bool end) {
  const std::int64_t n = trainer_.steps();
  History& h = standing_.history;
  if ((n == 1 || n % remember_every == 0 || end) && n > 0 && (h.step.empty() || h.step.back() != n)) {
    h.step.push_back(n);
    h.smooth_loss.push_back(standing_.smooth_loss);
  }
  const bool due = (n % settings_.eval_every == 0 || end) && n > 0 && !parts_.validation.ranges.empty();
  if (!due || (!h.validation_step.empty() && h.validation_step.back() == n)) return;
  if (end ? time_.fits(time_.validation) : time_.can_spare_a_validation()) validate();
  else if (end) {  // of others the last one will do
    progress_.hide();
    say("char_rnn: note: there is no time for a validation{}\n",
        time_.left() > 0.0
            ? fmt::format(", which takes about {:.{}f} seconds", time_.validation, time_.validation < 10 ? 1 : 0)
            : "");
  }
}

void Session::note() { log_.note(trainer_, last_, standing_.smooth_loss); }

// What is in the history because an earlier call ended here: a run of more steps would not have it.
void Session::forget_the_end() {
  const std::int64_t n = begun_at_;
  History& h = standing_.history;
  const auto only_here = [n](const std::vector<std::int64_t>& steps, std::int64_t every) {
    return !steps.empty() && steps.back() == n && n % every != 0;
  };
  if (n != 1 && only_here(h.step, remember_every)) h.step.pop_back(), h.smooth_loss.pop_back();
  if (only_here(h.validation_step, settings_.eval_every)) h.validation_step.pop_back(), h.validation.pop_back();
}

void Session::validate() {
  const double before = time_.now();
  Waiting waiting(5);
  const auto go_on = [&](double done) {
    waiting.tell(done, [&] { return progress_.hide(), fmt::format("validating after step {}", trainer_.steps()); });
    return interrupted() == 0;
  };
  const auto scored = evaluate(trainer_.model(), text_.ids, parts_.validation.ranges, trainer_.threads(), go_on);
  if (!scored) return;  // the run that goes on does it
  const Score& score = *scored;
  const bool better = score.nats < best_;
  standing_.history.validation_step.push_back(trainer_.steps());
  standing_.history.validation.push_back(score.nats);
  log_.validation(trainer_.steps(), score, better);
  progress_.hide();
  say("char_rnn: step {}: validation {:.4f} nats, {:.4f} bits per character, perplexity {:.3f} ({}){}\n",
      trainer_.steps(), score.nats, score.bits(), score.perplexity(), parts_.validation.brief,
      better ? ", the best so far" : "");
  if (better) folder_.save_best(snapshot()), best_ = score.nats;
  time_.validation = 1.1 * (time_.now() - before);
}

SafeTensors Session::snapshot() {
  standing_.training = trainer_.state();
  return checkpoint_of(settings_, text_.vocabulary, text_.sha256, standing_, trainer_);
}

void Session::save() {
  if (saved_step_ == trainer_.steps() && !standing_.finished && !outdated_) return;
  if (const std::string bad = not_finite(trainer_.model()); !bad.empty())
    throw Failure(Exit::numerical, fmt::format("{} after step {}", bad, trainer_.steps()),
                  "use a lower --lr, or --clip-norm");
  note();  // what a run that goes on from here will not count
  const double before = time_.now();
  log_.save(trainer_.steps());
  try {
    folder_.save(snapshot(), !outdated_);  // else the same again, but for how far it is to go
  } catch (const Failure& e) {
    if (saved_step_ < 0) throw;
    throw Failure(e.code(),
                  fmt::format("{}, in step {}; it is that of step {}", e.what(), trainer_.steps(), saved_step_),
                  e.hint());
  }
  saved_step_ = trainer_.steps();
  outdated_ = false;
  saved_ = time_.now();
  time_.save = 3 * (saved_ - before);  // before and after a validation, and the best
}

void Session::show_sample() {
  progress_.hide();
  Writer writer(trainer_.model(), text_.vocabulary, trainer_.first_stream(), rng_, {});
  std::vector<Index> ids;
  writer.write({}, sample_length, [&](Index id) { return ids.push_back(id), true; });
  log_.sample(trainer_.steps(), text_.vocabulary.decode(ids));
  if (unshown_) return;
  try {
    out_.put(fmt::format("---- step {}\n", trainer_.steps()));
    out_.put(text_.vocabulary, ids);
    out_.put("\n");
    out_.flush();
  } catch (const Failure& e) {  // no reason to lose a training
    unshown_ = e;
    say("char_rnn: warning: {}; samples are in '{}' alone\n", e.what(), log_file);
  }
}

const char* Session::reason(int signal) const {
  if (signal != 0) return signal == SIGINT ? "interrupted" : "terminated";
  return standing_.finished ? "finished" : "out of time";
}

void Session::say_goodbye(int signal) {
  const std::string folder = quoted(folder_.path().string());
  if (!standing_.finished) {
    say("char_rnn: {} after step {}; '{}' holds it\nhint: char_rnn train {} --resume {} goes on{}\n", reason(signal),
        trainer_.steps(), latest_file, quoted(options_.text.string()), folder,
        signal == 0 ? ", with a larger --seconds" : "");
    return;
  }
  say("char_rnn: run saved in {}\nchar_rnn: for more text: char_rnn sample {}\n", escaped(folder_.path().string()),
      folder);
}

}  // namespace char_rnn
