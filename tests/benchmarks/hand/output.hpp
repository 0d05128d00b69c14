// What the hand-written models share: their sizes, and the output layer with its loss, forward and backward in one go.
#pragma once
#include <algorithm>
#include <span>
#include <vector>
#include <xgrad/ops/kernels/products.hpp>
#include <xgrad/ops/kernels/rows.hpp>

#include "loops.hpp"

namespace hand {

namespace kernels = xgrad::kernels;

struct Sizes {
  Index vocabulary, hidden, steps, batch;
};

/// How many time steps go into one product of a weight gradient, and whether the recurrent weights are transposed once
/// a step, so that the backward products are plain row-major ones.
struct Plan {
  Index block;
  bool transposed;
};

/// What was fastest where it was tried.
inline Plan fastest_plan(const Sizes& s) { return {s.batch == 1 ? s.steps : 10, true}; }

/// A window of characters, time-major: inputs[t * B + b]. The loss is `scale` times the sum of all.
template <class T>
struct Window {
  const Index *inputs, *targets;
  T scale;
};

/// Pointers to all weights, or to all gradients, in the order in which a model's visit names them.
template <class P>
using Pointers = std::span<P* const>;

inline std::size_t size(Index a, Index b, Index c = 1) { return std::size_t(a) * std::size_t(b) * std::size_t(c); }

/// The linear layer on states and its softmax cross-entropy. The slope of the loss is known with the loss, so all that
/// hangs on it is done at once, while the states of a block are in the cache.
template <class T>
class OutputLayer {
 public:
  OutputLayer(Index rows, Index hidden, Index vocabulary)
      : h_(hidden),
        v_(vocabulary),
        logits_(size(rows, vocabulary)),
        slope_(logits_.size()),
        w_t_(size(hidden, vocabulary)) {}

  /// Once a step, before the first block.
  void begin(const T* w) { kernels::transpose(h_, v_, w, w_t_.data()); }

  struct Layer {
    const T *w, *b;  // (H, V), (V)
    T *w_bar, *b_bar;
  };
  /// Returns the loss of these rows. dh (rows, H) is assigned, and so are the gradients, unless they are to be added.
  T step(Index rows, const T* h, const Layer& l, const Index* targets, T scale, T* dh, bool add) {
    kernels::multiply_add<T>(rows, v_, h_, {h, h_}, {l.w, v_}, l.b, 0, logits_.data());
    const T loss = kernels::cross_entropy_rows<T>(rows, v_, logits_.data(), targets, scale, slope_.data());
    kernels::multiply<T>(h_, v_, rows, {h, h_, true}, {slope_.data(), v_}, l.w_bar, add);
    if (!add) std::fill_n(l.b_bar, v_, T(0));
    add_rows(rows, v_, slope_.data(), l.b_bar);
    kernels::multiply<T>(rows, h_, v_, {slope_.data(), v_}, {w_t_.data(), h_}, dh, false);
    return loss;
  }

 private:
  Index h_, v_;
  std::vector<T> logits_, slope_;  // (rows, V)
  std::vector<T> w_t_;             // (V, H)
};

}  // namespace hand
