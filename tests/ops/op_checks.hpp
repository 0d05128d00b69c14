// The checks that every op must pass, generated from what it says of itself (ops/op_info.hpp). Each compares two
// independent ways to the same numbers; the first disagreement is thrown as a std::runtime_error that names op, sample
// and check.
//
//   VJP against central differences of six points, every element          1e-8
//   VJP against JVP along random directions                                1e-12
//   accumulate against vjp; deferred products against immediate ones       1e-13
//   leaf inputs against computed ones (adopted and strided gradients)      1e-13
//   the op once against twice on one input                                 1e-13
//   the recorded gradient against the sweep                                1e-13
//   second order: u H v = v H u, reverse over reverse against reverse over forward 1e-12, against differences 1e-7
//   float against double, value and gradient                               16 eps sqrt(n)
#pragma once
#include <utility>
#include <xgrad/ops/ops.hpp>

namespace checks {

/// All but the last line, on every sample; returns their number.
int check_in_double(const xgrad::OpInfo<double>& op);

/// The last line.
void check_in_float(const xgrad::OpInfo<float>& in_float, const xgrad::OpInfo<double>& in_double);

/// For every error sample, the message thrown and the one wanted.
template <class T>
std::vector<std::pair<std::string, std::string>> messages(const xgrad::OpInfo<T>& op);

}  // namespace checks
