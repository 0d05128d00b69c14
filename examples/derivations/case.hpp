// A small worked case: weights, three characters of one stream, and the derivatives by hand, step by step.
//
// The vocabulary is a, b, c, and the text "abbc": the model reads a b b and is to predict b b c. So b's row of the
// input weights is used twice, and c's never.
#pragma once
#include <by_hand/by_hand.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "table.hpp"

namespace derivations {

inline constexpr std::size_t vocabulary = 3, hidden = 2, steps = 3;
inline constexpr const char* letters[] = {"a", "b", "c"};

/// Values in double, which both sides take: the same points to the last bit.
Matrix matrix(std::size_t rows, std::size_t columns, const std::vector<double>& values);

using Bptt = by_hand::Result (*)(const by_hand::Weights&, const by_hand::Window&, const by_hand::State&);

struct Case {
  Bptt bptt;
  std::vector<std::string> names;  // of the weights, then of the parts of the first state
  by_hand::Weights weights;        // the cell's, then the output layer's
  by_hand::State first;
  by_hand::Window window{{0, 1, 1}, {1, 1, 2}};

  const Matrix& output_weight() const { return weights[weights.size() - 2]; }
  const Matrix& output_bias() const { return weights.back(); }
};

/// What one step computes and is owed, t = 1 .. 3. All of it comes from examples/by_hand, by asking it for parts of
/// the window: the state after the first t characters, and what the loss of the characters after t owes to that state.
struct HandStep {
  by_hand::State state;   // after the step
  Real loss;              // L_t
  Matrix p, dy;           // (1, V)
  Matrix from_output;     // dy_t W^T (1, H)
  by_hand::State future;  // what the steps after t owe to the state
  Matrix dh;              // both together (1, H)
};

/// steps[0] is before the first step and has a state only.
std::vector<HandStep> steps_by_hand(const Case& c);

/// The central difference of sixth order of the loss along `at`, a number of the case.
Real difference(const Case& c, Real& at);
/// Throws std::runtime_error where a difference quotient does not agree with a gradient to 1e-12.
void check_by_differences(Case c, const by_hand::Result& gradients);

/// The weights of the case as a table.
void print_weights(std::ostream& out, const Case& c);
/// The name of an element of m: "W_hh(0, 1)", "W_ih(b, 1)", or where there is one row "b(1)".
std::string element(const std::string& name, const Matrix& m, std::size_t i, std::size_t k);

}  // namespace derivations
