// Numbers as the pages write them.
#pragma once
#include <string>

#include "../units.hpp"

namespace char_rnn {

/// An integer with its thousands apart: 1,003,854.
std::string grouped(long long value);
/// Three or four digits of any size: 57.25, 12,345, 2.69e10.
std::string brief(double value);
/// 3.2 s, 11 min 11 s, 1 h 6 min, 5 d 18 h.
std::string duration(double seconds);

}  // namespace char_rnn
