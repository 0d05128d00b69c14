// What a run has come to, in figures: the headlines of its page, and the losses as a table.
#pragma once
#include <string>

#include "history.hpp"

namespace char_rnn {

/// Cards with the losses, the steps and the time.
std::string headlines(const RunHistory& h);

/// The losses over time, for those who cannot point at a curve; nothing where there are none.
std::string table_of_losses(const RunHistory& h);

/// Nats or bits, with so many decimals, or as a power of ten where these would not matter.
std::string loss_text(double loss, int decimals);

extern const char figures_style[];

}  // namespace char_rnn
