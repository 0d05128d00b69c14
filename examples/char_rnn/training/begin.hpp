// What train and gradcheck begin with: the text, and first weights.
#pragma once
#include <xgrad/models/models.hpp>

#include "../options/options.hpp"

namespace char_rnn {

/// Reads and encodes the text; what is to be said of it goes to stderr. Throws Failure where it cannot be read, or has
/// not the symbols for one window of `options`.
xgrad::Text read_text(const TrainOptions& options);

/// The weights that training starts from.
void init_weights(const TrainOptions& options, const xgrad::CharRnn<float>& model);

}  // namespace char_rnn
