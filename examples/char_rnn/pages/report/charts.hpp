// The charts of a run's page: its losses, and beneath them what else its log has of every step.
#pragma once
#include <string>

#include "history.hpp"

namespace char_rnn {

std::string charts(const RunHistory& h);

}  // namespace char_rnn
