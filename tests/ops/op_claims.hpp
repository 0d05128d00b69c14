// What an op says of itself (ops/op_info.hpp), held against what it does.
#pragma once
#include <string>
#include <vector>
#include <xgrad/ops/ops.hpp>

namespace checks {

/// A line for each gradient at a kink that is not exactly the documented one, by the sweep with kernels, the sweep
/// without, and the recorded gradient.
template <class T>
std::vector<std::string> kink_errors(const xgrad::OpInfo<T>& op);

/// A line for each sample on which the op can be differentiated twice and says it cannot, or the other way round, or
/// refuses with another message than it says.
template <class T>
std::vector<std::string> double_backward_errors(const xgrad::OpInfo<T>& op);

/// A line for each call that must fail and throws something else than it should.
template <class T>
std::vector<std::string> message_errors(const xgrad::OpInfo<T>& op);

}  // namespace checks
