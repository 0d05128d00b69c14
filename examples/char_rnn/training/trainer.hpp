// The step of training that train repeats and bench times. Start reading at Trainer::step: it is all there is to
// training.
//
// A step's batch is cut into shards, a fixed number of them, which threads share out (models/train/shards.hpp). So no
// digit depends on the number of threads. What a step depends on besides the text and the settings is in
// TrainingState: saved and restored, training goes on as if nothing had been.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "../model/model.hpp"

namespace char_rnn {

/// What training holds, in bytes.
struct TrainingMemory {
  xgrad::TapeMemory tape;  // of the last step, all shards
  xgrad::Size parameters, gradients, optimizer;
};

/// What one step did. Losses in nats per character.
struct StepResult {
  double loss;
  double learning_rate;
  double gradient_norm;     // of the gradient of that loss, before anything was limited
  xgrad::Size clipped = 0;  // elements that were limited; with --clip-norm all or none
};

/// Where training stands, besides weights and the optimiser's arrays.
struct TrainingState {
  std::int64_t step = 0;                        // that have been taken
  xgrad::Size window = 0;                       // that comes next, of the pass
  std::vector<float> hidden;                    // of all streams, as the model's state_shape has them
  std::vector<std::vector<std::uint32_t>> rng;  // of each shard: what it draws for dropout
};

class Trainer {
 public:
  /// `windows` reads the training part of the text. Throws ValueError for settings that no option gives.
  Trainer(const Settings& settings, xgrad::Index threads, xgrad::Index vocabulary, xgrad::BpttWindows windows);

  /// One step of BPTT, truncated to the window, of a training of `total` steps. Throws Failure with Exit::numerical
  /// where the loss is not finite, naming the op that the first such number came from, or the gradient, naming the
  /// parameter; everything is then as before the step.
  StepResult step(std::int64_t total);

  Model& model() { return model_; }
  xgrad::Optimizer<float>& optimizer() { return optimizer_; }
  std::int64_t steps() const { return steps_; }
  TrainingState state() const;
  /// Throws FormatError where the state is not one of such a training.
  void restore(const TrainingState& state);
  /// Of the first stream, as the model has it for one: what a sample begins with.
  xgrad::Array<float> first_stream() const;
  std::int64_t chars_per_step() const { return std::int64_t{windows_.batch()} * windows_.seq_len(); }
  xgrad::Size steps_per_pass() const { return windows_.per_pass(); }
  xgrad::Index threads() const { return shards_.threads(); }
  /// The Euclidean norm of all parameters together.
  double parameter_norm() const;
  /// Pre: a step has been made.
  TrainingMemory memory();

 private:
  StepResult attempt(std::int64_t total);
  float record(xgrad::Index shard, const xgrad::Window& window);
  void take_step(StepResult& result);
  std::string first_not_finite();
  [[noreturn]] void explain(const xgrad::Window& window, double loss);

  Settings settings_;
  xgrad::BpttWindows windows_;
  xgrad::WindowParts parts_;
  xgrad::ParamStore<float> store_;
  Model model_;
  xgrad::Optimizer<float> optimizer_;
  xgrad::Schedule schedule_;
  xgrad::Shards<float> shards_;
  struct Shard {
    const xgrad::Array<float>& begin(const xgrad::Window& window) const;
    xgrad::Array<float> zeros;  // what the text begins with
    xgrad::Array<float> state;  // of its streams, after the last window
    xgrad::Array<float> last;   // what it will be if the step is taken
    xgrad::Rng rng, before;     // and as it was before the step, to replay what goes wrong
    xgrad::TapeMemory memory{};
  };
  std::vector<Shard> own_;
  std::int64_t steps_ = 0;
};

}  // namespace char_rnn
