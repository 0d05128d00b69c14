// Wall time of the program.
#pragma once
#include <string>

namespace char_rnn {

/// Since the program began.
double seconds_since_start();

/// "0:07", "1:02:03", "12 days".
std::string clock_text(double seconds);

}  // namespace char_rnn
