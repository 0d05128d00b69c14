#include "trainer.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <limits>
#include <xgrad/ops/kernels/update.hpp>

#include "../failure.hpp"
#include "../run/checkpoint.hpp"
#include "begin.hpp"

namespace char_rnn {

using namespace xgrad;

namespace {

OptimizerSettings optimizer_settings(const Settings& settings) {
  const Settings s = resolved(settings);
  return {.kind = s.optimizer,
          .learning_rate = *s.lr,
          .momentum = s.momentum,
          .decay = *s.decay,
          .beta1 = s.beta1,
          .beta2 = s.beta2,
          .weight_decay = *s.weight_decay};
}

ScheduleSettings schedule_settings(const Settings& settings) {
  const Settings s = resolved(settings);
  return {s.schedule, *s.lr, s.lr_decay, s.lr_decay_every, s.lr_decay_after, s.min_lr, s.warmup};
}

Size bytes_of(std::span<const float> values) { return static_cast<Size>(values.size_bytes()); }

// Copies the states of one shard's streams out of those of all, or back. A state is (parts, streams, H).
template <class Copy>
void for_streams(const Model& model, Index streams, Index first, Index count, Copy copy) {
  const Size hidden = model.architecture().hidden;
  for (Index part = 0; part < model.state_parts(); ++part)
    copy((Size{part} * streams + first) * hidden, Size{part} * count * hidden, count * hidden);
}

}  // namespace

Trainer::Trainer(const Settings& settings, Index threads, Index vocabulary, BpttWindows windows)
    : settings_(settings),
      windows_(std::move(windows)),
      parts_(settings.batch, *settings.shards),
      model_(store_, architecture_of(settings, vocabulary)),
      optimizer_(store_, optimizer_settings(settings)),
      schedule_(schedule_settings(settings)),
      shards_(store_, *settings.shards, std::min(threads, *settings.shards)) {
  for (Index i = 0; i < parts_.count(); ++i) {
    const Array<float> zeros = model_.initial_state(parts_.streams(i));
    const Rng rng(settings.seed + 0x9E3779B9u * (std::uint32_t(i) + 1));
    own_.push_back({zeros, zeros, zeros, rng, rng});
  }
  init_weights(settings, model_);
}

// What a shard's streams begin a window with: zeros where the text begins again.
const Array<float>& Trainer::Shard::begin(const Window& window) const { return window.starts_over ? zeros : state; }

/// The loss of a shard's streams, and its gradient.
float Trainer::record(Index shard, const Window& window) {
  Shard& own = own_[std::size_t(shard)];
  if (settings_.dropout > 0) own.before = own.rng;
  const Window mine = parts_.cut(window, shard);
  const Var<float> state = constant(own.begin(window));  // an Array has no history, so BPTT is truncated here, in sight
  const auto [loss, last] =
      model_.loss(mine.inputs, mine.targets, state,
                  {.average_over = parts_.batch(), .dropout = settings_.dropout, .rng = &own.rng});
  if (std::isfinite(loss.item())) backward(loss);  // VJPs, newest node first
  std::copy_n(last.data(), last.size(), own.last.data());
  own.memory = Tape<float>::current()->memory();
  return loss.item();
}

StepResult Trainer::step(std::int64_t total) {
  const Size position = windows_.position();
  try {
    return attempt(total);
  } catch (const Failure&) {
    windows_.seek(position);
    for (Shard& own : own_)
      if (settings_.dropout > 0) own.rng = own.before;
    throw;
  }
}

StepResult Trainer::attempt(std::int64_t total) {
  const Window window = windows_.next();  // T characters of B streams, and those that follow them
  StepResult result{};
  const float loss = shards_.run([&](Index shard) { return record(shard, window); });
  result.loss = double{loss} / windows_.seq_len();
  if (!std::isfinite(loss)) explain(window, result.loss);
  result.learning_rate = schedule_.rate(steps_, total);
  optimizer_.set_learning_rate(result.learning_rate);
  take_step(result);
  for (Shard& own : own_) std::swap(own.state, own.last);
  ++steps_;
  return result;
}

void Trainer::take_step(StepResult& result) {
  const double infinite = std::numeric_limits<double>::infinity();
  const double bound = settings_.clip > 0 ? settings_.clip : infinite;
  const GradientFigures figures = gradient_figures(store_.gradients(), bound);
  result.gradient_norm = figures.norm / windows_.seq_len();  // the loss that was swept is a sum over time
  result.clipped = figures.beyond;
  if (!std::isfinite(figures.norm))
    throw Failure(Exit::numerical,
                  fmt::format("gradient of {} is not finite in step {}, and the loss was {:.4g}", first_not_finite(),
                              steps_ + 1, result.loss),
                  "use a lower --lr, or --clip-norm");
  if (settings_.clip_norm > 0 && clip_by_norm(store_.gradients(), figures, settings_.clip_norm * windows_.seq_len()))
    result.clipped = static_cast<Size>(store_.values().size());
  optimizer_.step({.clip_by_value = bound}, shards_);
}

/// The name of the first parameter with such a gradient.
std::string Trainer::first_not_finite() {
  for (const auto& p : named_parameters(model_))
    if (!all_finite(store_.gradients().of(p.parameter))) return p.name;
  return "the model";  // its norm is beyond all numbers
}

// Does the forward pass again, a shard after the other, and looks at every node.
void Trainer::explain(const Window& window, double loss) {
  std::string where = not_finite(model_);
  for (Index i = 0; i < parts_.count() && where.empty(); ++i) {
    Shard& own = own_[std::size_t(i)];
    Tape<float> tape;
    const Window mine = parts_.cut(window, i);
    Rng again = own.before;
    model_.loss(mine.inputs, mine.targets, constant(own.begin(window)),
                {.average_over = parts_.batch(), .dropout = settings_.dropout, .rng = &again});
    for (Index id = 0; id < tape.size() && where.empty(); ++id) {
      const Node<float>& x = tape.node(id);
      if (all_finite({x.value, std::size_t(x.size())})) continue;
      where = fmt::format("first in the output of {} #{} {}", x.rule ? x.rule->name : "an input", id, x.shape.str());
    }
  }
  throw Failure(Exit::numerical,
                fmt::format("loss is {} in step {}; {}", std::isnan(loss) ? "nan" : "inf", steps_ + 1,
                            where.empty() ? "it is a sum of losses that are finite" : where),
                "use a lower --lr, or --clip-norm");
}

TrainingState Trainer::state() const {
  TrainingState all{steps_, windows_.position(), {}, {}};
  all.hidden.resize(std::size_t(model_.state_shape(settings_.batch).size()));
  for (Index i = 0; i < parts_.count(); ++i) {
    const Shard& own = own_[std::size_t(i)];
    for_streams(model_, settings_.batch, parts_.first(i), parts_.streams(i),
                [&](Size to, Size from, Size n) { std::copy_n(own.state.data() + from, n, all.hidden.begin() + to); });
    all.rng.push_back(own.rng.save());
  }
  return all;
}

void Trainer::restore(const TrainingState& all) {
  if (std::ssize(all.hidden) != model_.state_shape(settings_.batch).size() || std::ssize(all.rng) != parts_.count())
    fail<FormatError>("trainer", "the hidden state or the random state is that of another training");
  for (Index i = 0; i < parts_.count(); ++i) {
    Shard& own = own_[std::size_t(i)];
    for_streams(model_, settings_.batch, parts_.first(i), parts_.streams(i),
                [&](Size from, Size to, Size n) { std::copy_n(all.hidden.begin() + from, n, own.state.data() + to); });
    own.rng.restore(all.rng[std::size_t(i)]);
  }
  windows_.seek(all.window);
  steps_ = all.step;
}

Array<float> Trainer::first_stream() const {
  Array<float> one = model_.initial_state(1);
  const Shard& own = own_.front();
  for_streams(model_, parts_.streams(0), 0, 1,
              [&](Size from, Size to, Size n) { std::copy_n(own.state.data() + from, n, one.data() + to); });
  return one;
}

double Trainer::parameter_norm() const {
  const auto all = store_.values();
  const float unbounded = std::numeric_limits<float>::infinity();
  return std::sqrt(kernels::sums_of_gradients(static_cast<Size>(all.size()), unbounded, all.data()).squares);
}

TrainingMemory Trainer::memory() {
  TrainingMemory m{{}, bytes_of(store_.values()), bytes_of(store_.gradients().flat()), 0};
  for (const Shard& own : own_) {
    m.tape.nodes += own.memory.nodes, m.tape.values += own.memory.values, m.tape.gradients += own.memory.gradients;
    m.tape.reserved += own.memory.reserved, m.tape.heap_allocations += own.memory.heap_allocations;
  }
  for (const auto& array : optimizer_.state()) m.optimizer += bytes_of(array.values);
  return m;
}

}  // namespace char_rnn
