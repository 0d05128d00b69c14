// What is to be said to a user who mistyped a name.
#pragma once
#include <string>
#include <vector>

namespace char_rnn {

/// "; did you mean '--hidden'?", or nothing where no name is near.
std::string did_you_mean(const std::string& given, const std::vector<std::string>& names);

/// A name without its dashes.
std::string bare(const std::string& name);

}  // namespace char_rnn
