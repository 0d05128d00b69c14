// The peers: training steps of the same models in other libraries, as sides that can be held against the tape. Who
// wants them installs Debian's libtorch-dev and python3-numpy; nothing of xgrad needs them.
//
// Each does what one would write with it who has read models/char_rnn.cpp: inputs of all time steps at once, the
// recurrent products in a loop, one output layer and one loss. All on one thread.
#pragma once
#include "../training/side.hpp"

namespace bench {

enum class TorchModel {
  ops,     // from single ops, as xgrad's models are
  modules  // torch::nn::RNN or LSTM, whose loop over time is inside, and Linear
};

/// PyTorch's C++ library. The modules have two biases where the model has one: the second is held at zero.
std::unique_ptr<Side> make_torch_side(const Workload& w, TorchModel model);
/// Which instruction set libtorch's own kernels use: "AVX2".
std::string torch_isa();

enum class NumpyType { float32, float64 };

/// A Python process that takes its steps when it is told to.
class NumpySide : public Side {
 public:
  /// Seconds of CPU time of one step, of so many.
  virtual double timed_steps(int count) = 0;
};

/// numpy_step.py, in which forward and backward pass are written by hand. What is compared is rounded to float.
/// Throws std::runtime_error where it cannot be started, and, like all its functions, where it ends; SIGPIPE must be
/// ignored for that.
std::unique_ptr<NumpySide> make_numpy_side(const Workload& w, NumpyType type);

}  // namespace bench
