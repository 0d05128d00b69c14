// What an op says of itself, so that its checks can be generated: inputs to try it on, and calls that must fail.
//
// A rule carries them as static members `samples` and `error_samples`; ops that differ in their function alone are
// listed by `samples::unary_op` and `samples::binary_op`. `all_ops()` (op_list.hpp) lists them all; the tests build
// every check from that list.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "../autograd/core/rng.hpp"
#include "../autograd/tape/var.hpp"

namespace xgrad {

/// One way to call an op: f on these inputs. f must be differentiable at them.
template <class T>
struct Sample {
  std::string label;  // "(3, 1) with (1, 4)"
  std::vector<Array<T>> inputs;
  std::function<Var<T>(std::span<const Var<T>>)> f;
};

/// A call that must throw, and its message.
struct ErrorSample {
  std::function<void()> call;  // on a fresh tape
  std::string message;
};

/// An op as the checks see it. No default: an op without samples does not compile.
template <class T>
struct OpInfo {
  OpInfo(std::string op, std::function<std::vector<Sample<T>>(Rng&)> some, std::vector<ErrorSample> errors)
      : name(std::move(op)), samples(std::move(some)), error_samples(std::move(errors)) {}
  std::string name;
  std::function<std::vector<Sample<T>>(Rng&)> samples;
  std::vector<ErrorSample> error_samples;
};

// clang-format off
template <class D, class T> concept HasSamples = requires(Rng& rng) { { D::samples(rng) } -> std::same_as<std::vector<Sample<T>>>; };
template <class D> concept HasErrorSamples = requires { { D::error_samples() } -> std::same_as<std::vector<ErrorSample>>; };
// clang-format on

/// The entry of a rule, or of any struct with its `name`, `samples` and `error_samples`.
template <class T, class D>
requires HasSamples<D, T> && HasErrorSamples<D> OpInfo<T> op_info() {
  return {D::name, &D::samples, D::error_samples()};
}

}  // namespace xgrad
