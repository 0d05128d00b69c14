// char_rnn train: tells how training goes, and saves. The step itself is in training/trainer.hpp.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "../failure.hpp"
#include "../terminal/interrupt.hpp"
#include "../terminal/progress.hpp"
#include "../terminal/terminal.hpp"
#include "../training/begin.hpp"
#include "../training/run.hpp"
#include "../training/trainer.hpp"
#include "verbs.hpp"

namespace char_rnn {

namespace {

using namespace xgrad;
using Clock = std::chrono::steady_clock;

/// One call of train: when to report, save, show a sample and stop.
class Session {
 public:
  Session(const TrainOptions& options, const Text& text, Trainer& trainer, Run& run);
  /// Returns the exit code.
  int train();

 private:
  Figures figures() const;
  bool finished() const;
  void note(double loss);
  void save();
  void show_sample();
  [[noreturn]] void diverged(double loss);
  void say_goodbye(int signal);

  const TrainOptions& options_;
  const Vocabulary& vocabulary_;
  Trainer& trainer_;
  Run& run_;
  Progress progress_;
  TextOut out_;
  Rng rng_;  // of the samples; training itself draws nothing after the first weights

  std::int64_t step_ = 0, saved_step_ = 0;
  double smooth_loss_;
  Clock::time_point start_ = Clock::now(), saved_ = start_;
  double busy_ = 0;  // seconds in steps since the last report
  std::int64_t reported_ = 0, next_sample_ = 100;
};

constexpr std::int64_t report_every = 100;  // steps
constexpr double save_every = 20;           // seconds
constexpr std::int64_t sample_length = 200;

double seconds(Clock::duration d) { return std::chrono::duration<double>(d).count(); }

Session::Session(const TrainOptions& options, const Text& text, Trainer& trainer, Run& run)
    : options_(options),
      vocabulary_(text.vocabulary),
      trainer_(trainer),
      run_(run),
      rng_(options.seed),
      smooth_loss_(std::log(double(text.vocabulary.size()))) {}

int Session::train() {
  save();  // a folder that cannot be written is found out now, not after an hour
  for (;;) {
    const Clock::time_point before = Clock::now();
    const double loss = trainer_.step();
    busy_ += seconds(Clock::now() - before);
    if (!std::isfinite(loss)) diverged(loss);
    ++step_;
    smooth_loss_ = 0.999 * smooth_loss_ + 0.001 * loss;

    const int signal = interrupted();
    const bool last = signal != 0 || finished();
    if (last || step_ == 1 || step_ % report_every == 0) note(loss);
    if (last) {
      save();
      progress_.finish(figures());
      if (signal == 0) show_sample();
      say_goodbye(signal);
      return signal == 0 ? 0 : 128 + signal;
    }
    progress_.update(figures());
    if (step_ == next_sample_) show_sample(), next_sample_ *= 4;
    if (seconds(Clock::now() - saved_) > save_every) save();
  }
}

Figures Session::figures() const {
  const double elapsed = seconds(Clock::now() - start_);
  const double by_steps = options_.steps ? double(step_) / double(*options_.steps) : 0;
  const double by_time = options_.seconds ? elapsed / *options_.seconds : 0;
  return {step_, std::min(1.0, std::max(by_steps, by_time)), smooth_loss_, elapsed};
}

bool Session::finished() const {
  return (options_.steps && step_ >= *options_.steps) ||
         (options_.seconds && seconds(Clock::now() - start_) >= *options_.seconds);
}

void Session::note(double loss) {
  const double chars = double(step_ - reported_) * double(trainer_.chars_per_step());
  run_.log({step_, loss, smooth_loss_, chars / std::max(busy_, 1e-9)});
  reported_ = step_;
  busy_ = 0;
}

void Session::save() {
  run_.save(trainer_.model(), vocabulary_, trainer_.state(), step_);
  saved_ = Clock::now();
  saved_step_ = step_;
}

void Session::show_sample() {
  progress_.hide();
  out_.put(fmt::format("---- step {}\n", step_));
  Writer(trainer_.model(), vocabulary_, trainer_.state(), rng_, 1.0).write({}, sample_length, [this](Index id) {
    return out_.put(vocabulary_, {&id, 1});
  });
  out_.put("\n");
  out_.flush();
}

void Session::diverged(double loss) {
  throw Failure(Exit::numerical,
                fmt::format("loss is {} at step {}; '{}' keeps the weights of step {}", loss, step_ + 1,
                            escaped(run_.folder().string()), saved_step_),
                "use a lower --lr or --clip");
}

void Session::say_goodbye(int signal) {
  if (signal != 0) fmt::print(stderr, "char_rnn: interrupted after step {}\n", step_);
  const std::string folder = escaped(run_.folder().string());
  fmt::print(stderr, "char_rnn: run saved in {0}\nchar_rnn: for more text: char_rnn sample {0}\n", folder);
}

void introduce(const Text& text, const Trainer& trainer, const Run& run) {
  fmt::print(stderr,
             "char_rnn: {} {}, {} of them different; {} steps read them once\n"
             "char_rnn: {} weights to learn; run folder {}\n",
             text.ids.size(), text.encoding == Encoding::utf8 ? "characters" : "bytes", text.vocabulary.size(),
             trainer.steps_per_pass(), count_parameters(trainer.model()), escaped(run.folder().string()));
}

}  // namespace

int train(const TrainOptions& options) {
  const Text text = read_text(options);  // before any memory is asked for
  check_memory(options, text.vocabulary.size());
  Trainer trainer(options, text);
  catch_interrupts();
  Run run(options);
  introduce(text, trainer, run);
  return Session(options, text, trainer, run).train();
}

}  // namespace char_rnn
