// What training, and the verbs that look at it, begin with: the text, and first weights.
#pragma once
#include <xgrad/models/models.hpp>

#include "../options/options.hpp"

namespace char_rnn {

/// Reads and encodes the text, with a run's vocabulary if there is one; what is to be said of it goes to stderr. Throws
/// Failure where it cannot be read, or has not the symbols for one window of `options`.
xgrad::Text read_text(const TrainOptions& options, const xgrad::Vocabulary* known = nullptr);

/// Weights three times (values, gradients, sums of squares), and on the tape about ten arrays of hidden size
/// and four of the vocabulary's per character; so that an absurd size is refused before anything is allocated.
/// Throws Failure with Exit::usage.
void check_memory(const TrainOptions& options, xgrad::Index vocabulary);

/// The weights that training starts from.
void init_weights(const TrainOptions& options, const xgrad::CharRnn<float>& model);

}  // namespace char_rnn
