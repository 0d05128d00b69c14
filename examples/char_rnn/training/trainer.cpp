#include "trainer.hpp"

#include <algorithm>
#include <cmath>

#include "begin.hpp"

namespace char_rnn {

using namespace xgrad;

namespace {

std::variant<Sgd<float>, Adagrad<float>> make_optimizer(const TrainOptions& options, ParamStore<float>& store) {
  if (options.optimizer == OptimizerKind::sgd) return Sgd<float>(store, {options.lr});
  return Adagrad<float>(store, {options.lr});
}

Size bytes_of(std::span<const float> values) { return static_cast<Size>(values.size_bytes()); }

Size state_bytes(Sgd<float>&) { return 0; }
Size state_bytes(Adagrad<float>& optimizer) { return bytes_of(optimizer.accumulators()); }

}  // namespace

Trainer::Trainer(const TrainOptions& options, const Text& text)
    : windows_(text.ids, options.batch, options.seq_len),
      model_(store_, {text.vocabulary.size(), options.hidden}),
      optimizer_(make_optimizer(options, store_)),
      clip_(options.clip),
      state_(model_.initial_state(options.batch)) {
  init_weights(options, model_);
}

double Trainer::step() {
  tape_.clear();                              // forgets the last step, keeps its memory
  const Window window = windows_.next();      // T characters of B streams, and those that follow them
  if (window.starts_over) state_.fill(0);     // the text begins again
  const Var<float> state = constant(state_);  // an Array has no history, so BPTT is truncated here, in sight
  const auto [loss, last] = model_.loss(window.inputs, window.targets, state);
  const double nats = double{loss.item()} / windows_.seq_len();
  if (!std::isfinite(nats)) return nats;

  store_.zero_grad();
  backward(loss);  // VJPs, newest node first
  std::visit([this](auto& optimizer) { optimizer.step({.clip_by_value = clip_}); }, optimizer_);
  std::copy_n(last.data(), last.size(), state_.data());  // where the next window begins
  return nats;
}

Array<float> Trainer::state() const {
  Array<float> h = model_.initial_state(1);
  std::copy_n(state_.begin(), h.size(), h.begin());
  return h;
}

TrainingMemory Trainer::memory() {
  return {tape_.memory(), bytes_of(store_.values()), bytes_of(store_.gradients().flat()),
          std::visit([](auto& optimizer) { return state_bytes(optimizer); }, optimizer_)};
}

}  // namespace char_rnn
