// What is timed: training steps of character models. One step is forward, backward, clipping every element of the
// gradient to [-5, 5] and the update; the state is carried from step to step; the loss is summed over time and averaged
// over streams.
#pragma once
#include <array>
#include <string>
#include <vector>
#include <xgrad/autograd/core/rng.hpp>

namespace bench {

using xgrad::Index;
using xgrad::Size;

struct Workload {
  const char* name;
  Index hidden, steps, batch;
  int lstm_layers = 0;  // none: a tanh RNN, trained by Adagrad; LSTMs are trained by Adam
  Index vocabulary = 67;

  bool lstm() const { return lstm_layers > 0; }
  std::string str() const {
    const std::string model = lstm() ? std::to_string(lstm_layers) + "-layer LSTM" : "tanh RNN";
    return model + " V " + std::to_string(vocabulary) + " H " + std::to_string(hidden) + " T " + std::to_string(steps) +
           " B " + std::to_string(batch);
  }
};

inline constexpr std::array<Workload, 5> workloads{{
    {"W1", 10, 25, 1},
    {"W2", 100, 25, 1},
    {"W3", 128, 50, 50},
    {"W4", 512, 50, 64},
    {"W5", 256, 50, 50, 2},
}};

/// The window of characters that every step reads, drawn at random.
struct Text {
  std::vector<Index> inputs, targets;  // time-major: inputs[t * B + b]

  explicit Text(const Workload& w) {
    xgrad::Rng rng(7);
    for (Index i = 0; i < w.steps * w.batch; ++i) {
      inputs.push_back(rng.below(w.vocabulary));
      targets.push_back(rng.below(w.vocabulary));
    }
  }
};

}  // namespace bench
