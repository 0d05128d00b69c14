// What hidden units did while a model read a text, and which of them are worth a look.
#pragma once
#include <cstdint>
#include <string>
#include <vector>
#include <xgrad/models/models.hpp>

namespace char_rnn {

struct Activations {
  struct Guess {
    xgrad::Index symbol;  // in the alphabet
    float probability;    // of being the next character
  };

  std::string title;
  std::string run;                   // one line on where the model is from
  std::vector<std::string> symbols;  // the characters of the text: UTF-8, or one byte each; raw
  xgrad::Index layers = 0, units = 0;
  std::vector<std::int8_t> values;    // (characters, layers, units): 127 times the activation, which is in [-1, 1]
  std::vector<Guess> guesses;         // (characters, top): for the character after each, most probable first
  std::vector<std::string> alphabet;  // the symbols that guesses name
  std::vector<float> surprise;        // nats of each character, given those before it; NaN for the first

  /// The guesses for each character. Precondition: checked().
  std::size_t top() const { return guesses.size() / symbols.size(); }
};

/// Throws xgrad::ValueError where the parts do not fit together.
void check(const Activations& a);

/// A unit and what it scored.
struct RankedUnit {
  xgrad::Index layer, unit;
  double score;
};

/// The best units by three measures over the text, best first, at most `count` each.
struct RankedUnits {
  std::vector<RankedUnit> lively;    // standard deviation, 0 to 1
  std::vector<RankedUnit> switches;  // Sarle's bimodality coefficient, (skewness^2 + 1) / kurtosis: 1 for two values,
                                     // 5/9 for an even spread, 1/3 for a bell; only of units that move by 0.1 and more
  std::vector<RankedUnit> slow;      // correlation with itself a character later: what is held for long; likewise
};

/// Precondition: check(a) does not throw.
RankedUnits ranked_units(const Activations& a, std::size_t count);

}  // namespace char_rnn
