// The step of training that train repeats and bench times. Start reading at Trainer::step: it is all there is to
// training.
#pragma once
#include <variant>
#include <xgrad/models/models.hpp>

#include "../options/options.hpp"

namespace char_rnn {

/// What training holds, in bytes.
struct TrainingMemory {
  xgrad::TapeMemory tape;  // of the last step
  xgrad::Size parameters, gradients, optimizer;
};

/// The model and what trains it.
class Trainer {
 public:
  /// `text` must outlive this object. Throws FormatError where it is too short for a window.
  Trainer(const TrainOptions& options, const xgrad::Text& text);

  /// One step of BPTT, truncated to the window. Returns the loss in nats per character; where that is not finite,
  /// the weights stay as they are.
  double step();

  const xgrad::CharRnn<float>& model() const { return model_; }
  /// Of the first stream, (1, H).
  xgrad::Array<float> state() const;
  std::int64_t chars_per_step() const { return std::int64_t{windows_.batch()} * windows_.seq_len(); }
  xgrad::Size steps_per_pass() const { return windows_.per_pass(); }
  /// Pre: a step has been made.
  TrainingMemory memory();

 private:
  xgrad::BpttWindows windows_;
  xgrad::ParamStore<float> store_;
  xgrad::CharRnn<float> model_;
  std::variant<xgrad::Sgd<float>, xgrad::Adagrad<float>> optimizer_;
  double clip_;
  xgrad::Array<float> state_;  // (B, H)
  xgrad::Tape<float> tape_;
};

}  // namespace char_rnn
