// Losses are nats per character; people also ask for bits.
#pragma once

namespace char_rnn {

inline constexpr double bits_per_nat = 1.4426950408889634;  // 1 / ln 2

}  // namespace char_rnn
