// Three character models with their backpropagation through time derived by hand: what xgrad spares you, and what it
// is tested against. Plain loops in long double, nothing of xgrad. Each model has a file, which opens with the
// derivation; the output layer and the loss, which they share, are in output_layer.hpp.
//
// A model reads one character a time step in each of B streams. Its inputs are one-hot, so a product with them is a
// row of the weight. On the state h_t stands a linear layer, and the loss is the softmax cross-entropy of the next
// character, summed over time and averaged over streams.
#pragma once
#include <cstddef>
#include <vector>

namespace by_hand {

using Real = long double;

/// Row-major. A bias is a matrix of one row.
struct Matrix {
  std::size_t rows = 0, columns = 0;
  std::vector<Real> v;
  Matrix() = default;
  Matrix(std::size_t r, std::size_t c) : rows(r), columns(c), v(r * c, 0) {}
  Real& operator()(std::size_t i, std::size_t k) { return v[i * columns + k]; }
  Real operator()(std::size_t i, std::size_t k) const { return v[i * columns + k]; }
};

/// T characters of B streams and what follows each, time-major: inputs[t * B + b], below the vocabulary's size V.
struct Window {
  std::vector<std::size_t> inputs, targets;
};

/// All weights of a model: the cell's in the order below, then those of the output layer, (H, V) and (1, V).
using Weights = std::vector<Matrix>;
/// What is carried from step to step: h (B, H), and of an LSTM also c (B, H).
using State = std::vector<Matrix>;

struct Result {
  Real loss = 0;          // nats
  Weights gradients;      // one for each weight
  State state_gradients;  // with respect to the state before the window
  State state;            // after the window
};

/// tanh RNN: W_ih (V, H), W_hh (H, H), b (1, H).
Result rnn(const Weights& weights, const Window& window, const State& first);
/// LSTM, gates in the order i, f, g, o: W_ih (V, 4H), W_hh (H, 4H), b (1, 4H).
Result lstm(const Weights& weights, const Window& window, const State& first);
/// GRU, gates in the order r, z, n: W_ih (V, 3H), W_hh (H, 3H), b_ih (1, 3H), b_hh (1, 3H).
Result gru(const Weights& weights, const Window& window, const State& first);

}  // namespace by_hand
