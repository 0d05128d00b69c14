// What an op says of itself, so that its checks can be generated: inputs to try it on, calls that must fail, points
// without a derivative, and whether it can be differentiated twice.
//
// A rule carries them as static members `samples`, `error_samples`, `kinks` and `double_backward`; ops that differ in
// their function alone are listed by `samples::unary_op` and `samples::binary_op`. `all_ops()` (op_list.hpp) lists them
// all; the tests build every check from that list. Nothing here has a default: what was forgotten does not compile.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "../autograd/core/rng.hpp"
#include "../autograd/rules/table.hpp"
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

/// Said in so many words where no call must fail beyond those that a helper already lists.
inline std::vector<ErrorSample> no_errors() { return {}; }

/// A point where f has no derivative, or an infinite one, and what is documented to be returned there: the gradient of
/// sum(f) by each input, to the last digit. Smooth elements may stand beside the others, to show that they are.
template <class T>
struct Kink {
  std::string label;
  std::vector<Array<T>> inputs;
  std::function<Var<T>(std::span<const Var<T>>)> f;
  std::vector<Array<T>> gradients;  // of the inputs' shapes
};

/// Of an op that is differentiable wherever it is defined.
template <class T>
std::vector<Kink<T>> no_kinks() {
  return {};
}

/// Whether gradients of the op can be differentiated again; where not, the message that the attempt throws.
struct DoubleBackward {
  const char* refusal;  // nullptr: they can
};
inline constexpr DoubleBackward twice_differentiable{nullptr};
constexpr DoubleBackward once_differentiable(const char* refusal) { return {refusal}; }

/// An op as the checks see it.
template <class T>
struct OpInfo {
  OpInfo(std::string op, std::function<std::vector<Sample<T>>(Rng&)> some, std::vector<ErrorSample> errors,
         std::vector<Kink<T>> points, DoubleBackward again)
      : name(std::move(op)),
        samples(std::move(some)),
        error_samples(std::move(errors)),
        kinks(std::move(points)),
        double_backward(again) {}
  std::string name;
  std::function<std::vector<Sample<T>>(Rng&)> samples;
  std::vector<ErrorSample> error_samples;
  std::vector<Kink<T>> kinks;
  DoubleBackward double_backward;
};

// clang-format off
template <class D, class T> concept HasSamples = requires(Rng& rng) { { D::samples(rng) } -> std::same_as<std::vector<Sample<T>>>; };
template <class D> concept HasErrorSamples = requires { { D::error_samples() } -> std::same_as<std::vector<ErrorSample>>; };
template <class D, class T> concept HasKinks = requires { { D::kinks() } -> std::same_as<std::vector<Kink<T>>>; };
template <class D> concept HasDoubleBackward = requires { { D::double_backward } -> std::convertible_to<DoubleBackward>; };
// clang-format on

/// The entry of a rule, or of any struct with these static members.
template <class T, class D>
requires HasName<D> && HasSamples<D, T> && HasErrorSamples<D> && HasKinks<D, T> && HasDoubleBackward<D> OpInfo<T>
op_info() {
  return {D::name, &D::samples, D::error_samples(), D::kinks(), D::double_backward};
}

}  // namespace xgrad
