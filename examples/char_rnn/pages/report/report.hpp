// A run on one page: how good it became, how it came there, what it wrote on the way, and what it was.
#pragma once
#include <string>

#include "history.hpp"

namespace char_rnn {

/// One HTML file without JavaScript that loads nothing, in light or dark as the reader's system is. Long curves are
/// thinned, and of many samples some are shown, so that it stays below 300 kB however long the run was.
std::string report_page(const RunHistory& history);

}  // namespace char_rnn
