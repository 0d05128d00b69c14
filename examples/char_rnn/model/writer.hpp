// A model that writes.
#pragma once
#include <functional>
#include <optional>

#include "model.hpp"

namespace char_rnn {

/// `state` (for one stream) is one that training has seen, and the text begins on a new line: zeros and a line end are
/// a pair that no text contains but at its very beginning, and a net that meets it there may never find back to words
/// (with some seeds, 40 of 40 samples did not).
class Writer {
 public:
  Writer(const Model& model, const xgrad::Vocabulary& vocabulary, const xgrad::Array<float>& state, xgrad::Rng& rng,
         const xgrad::Sampling& how);
  /// Draws `length` symbols after `prime` and hands each to `sink` until that returns false. A long `prime` is told of
  /// on stderr. Throws Failure where the model's output is not finite.
  void write(xgrad::IdsView prime, std::int64_t length, const std::function<bool(xgrad::Index)>& sink);

 private:
  xgrad::Sampler<Model> sampler_;
  std::optional<xgrad::Index> line_end_;
};

}  // namespace char_rnn
