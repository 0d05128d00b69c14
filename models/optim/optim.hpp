// Optimisers and clipping: one pass over the flat buffers of a store.
#pragma once
#include "../../autograd/tape/parameter.hpp"

namespace xgrad {

/// Limits every element of the gradients to [-bound, bound]. Throws ValueError unless bound > 0.
template <class T>
void clip_by_value(GradientBuffer<T>& gradients, double bound);

/// Scales the gradients so that their 2-norm over all parameters is at most `bound`; returns the norm before.
/// Throws ValueError unless bound > 0.
template <class T>
double clip_by_norm(GradientBuffer<T>& gradients, double bound);

/// w -= rate g.
template <class T>
class Sgd {
 public:
  struct Options {
    double learning_rate = 1e-3;
  };
  Sgd(ParamStore<T>& store, const Options& options) : store_(store), options_(options) {}
  void step();

 private:
  ParamStore<T>& store_;
  Options options_;
};

/// m += g^2, w -= rate g / sqrt(m + eps): Duchi, Hazan and Singer 2011, with eps inside the root as min-char-rnn has
/// it.
template <class T>
class Adagrad {
 public:
  struct Options {
    double learning_rate = 0.1;
    double eps = 1e-8;
  };
  Adagrad(ParamStore<T>& store, const Options& options) : store_(store), options_(options) {}
  void step();

  /// The sums of squares, in the layout of the store; for checkpoints.
  std::span<T> accumulators();

 private:
  ParamStore<T>& store_;
  Options options_;
  std::vector<T, xsimd::aligned_allocator<T, 64>> sums_;
};

extern template class Sgd<float>;
extern template class Sgd<double>;
extern template class Adagrad<float>;
extern template class Adagrad<double>;

}  // namespace xgrad
