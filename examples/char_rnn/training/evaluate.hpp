// How well a model predicts a text: the loss of every symbol, each given those before it.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "../model/model.hpp"

namespace char_rnn {

struct Score {
  xgrad::Size chars = 0;  // that were scored
  double nats = 0;        // per character; NaN for none
  double bits() const;    // per character
  double perplexity() const;
};

/// Scores ranges of a text. The model has read each range's context, and begins that with zeros. `threads` share the
/// ranges out in two groups, so no digit depends on their number. `sink`, where there is one, is given the place of
/// every target in the text and its nats, range by range in the order of reading; then there is one thread, and no
/// score where it says no. `go_on` is told the part that is done, after every window and by one thread at a time:
/// where it says no, there is no score.
std::optional<Score> evaluate(const Model& model, xgrad::IdsView ids, const std::vector<xgrad::ScoredRange>& ranges,
                              xgrad::Index threads, const std::function<bool(double)>& go_on,
                              const std::function<bool(xgrad::Size, double)>& sink = {});

}  // namespace char_rnn
