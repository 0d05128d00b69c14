// What training, and the verbs that look at it, begin with: the text, its parts, and first weights.
#pragma once
#include <string>
#include <vector>

#include "../model/model.hpp"
#include "../options/options.hpp"

namespace char_rnn {

/// Reads and encodes the text; what is to be said of it, and that it takes a while, goes to stderr. Throws Failure
/// where it cannot be read, or has more symbols than a model may have.
xgrad::Text read_text(const std::filesystem::path& file, EncodingChoice encoding);
/// The same in the symbols of a run.
xgrad::Text read_text(const std::filesystem::path& file, const xgrad::Vocabulary& vocabulary);

/// What is kept from training, to be scored.
struct HeldOut {
  std::vector<xgrad::ScoredRange> ranges;  // none where nothing is
  xgrad::Size chars = 0;
  std::string protocol = "none";  // how the loss is to be read: one clause
  std::string brief = "";         // the same in a few words
};

/// The windows to learn from, and what is validated on.
struct Parts {
  xgrad::BpttWindows windows;
  xgrad::Size learned = 0;  // symbols
  HeldOut validation;
};

/// Throws Failure where the text has not the symbols for one window.
Parts split_text(const TrainOptions& options, const xgrad::Text& text);
/// What a run of these settings kept from training of the text that it was trained on, for validation or for a test.
/// Throws Failure with Exit::usage where that is nothing.
HeldOut held_out(const Settings& settings, const xgrad::Text& text, bool test);

/// Symbols of context that a range of a text is given before it is scored, where it has so many before it.
inline constexpr xgrad::Size warm_up = 512;

/// Weights, gradients and the optimiser's arrays, and what the tape keeps for each character of a step; so that an
/// absurd size is refused before anything is allocated. `number`: bytes of one. Throws Failure with Exit::usage.
void check_memory(const Settings& settings, xgrad::Index vocabulary, double number = 4);

/// The weights that training starts from.
template <class T>
void init_weights(const Settings& settings, const BasicModel<T>& model);

}  // namespace char_rnn
