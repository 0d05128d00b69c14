// What the program can do, a file each; all return the exit code or throw Failure.
#pragma once
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <xgrad/models/models.hpp>

#include "../options/options.hpp"

namespace char_rnn {

int train(const TrainOptions& options);
int sample(const SampleOptions& options);
/// Four gradients of one window; throws Failure with Exit::gradient where they differ.
int gradcheck(const GradcheckOptions& options);
/// Times the steps of train. Throws Failure with Exit::numerical where a loss is not finite.
int bench(const BenchOptions& options);
int info(const InfoOptions& options);

/// A model that writes. `state` (1, hidden) is one that training has seen, and the text begins on a new line: zeros
/// and a line end are a pair that no text contains but at its very beginning, and a net that meets it there may never
/// find back to words (with some seeds, 40 of 40 samples did not).
class Writer {
 public:
  Writer(const xgrad::CharRnn<float>& model, const xgrad::Vocabulary& vocabulary, const xgrad::Array<float>& state,
         xgrad::Rng& rng, double temperature);
  /// Draws `length` symbols after `prime` and hands each to `sink` until that returns false. Throws Failure where the
  /// model's output is not finite.
  void write(std::span<const xgrad::Index> prime, std::int64_t length, const std::function<bool(xgrad::Index)>& sink);

 private:
  xgrad::Sampler<float> sampler_;
  std::optional<xgrad::Index> line_end_;
};

}  // namespace char_rnn
