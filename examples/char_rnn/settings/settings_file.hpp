// The settings of a run as a file that `--config` takes.
#pragma once
#include <string>

#include "settings.hpp"

namespace char_rnn {

/// A line for each setting that has a value, `hidden = 128` or `model = "lstm"`, in the order of visit_settings.
std::string settings_as_toml(const Settings& settings);

}  // namespace char_rnn
