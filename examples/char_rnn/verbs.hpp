// What the program can do, a file each; both return the exit code or throw Failure.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <xgrad/models/models.hpp>

#include "options.hpp"

namespace char_rnn {

int train(const TrainOptions& options);
int sample(const SampleOptions& options);

/// Draws `length` symbols after `prime`, or after a line end where that is empty, and hands each to `sink` until it
/// returns false. Throws Failure where the model's output is not finite.
void draw(const xgrad::CharRnn<float>& model, const xgrad::Vocabulary& vocabulary, std::span<const xgrad::Index> prime,
          std::int64_t length, double temperature, xgrad::Rng& rng, const std::function<bool(xgrad::Index)>& sink);

}  // namespace char_rnn
