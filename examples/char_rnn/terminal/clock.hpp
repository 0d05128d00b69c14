// Wall time of the program.
#pragma once

namespace char_rnn {

/// Since the program began.
double seconds_since_start();

}  // namespace char_rnn
