// Optimisers and clipping: one pass over the flat buffers of a store.
#pragma once
#include <cstdint>
#include <limits>

#include "../../autograd/tape/parameter.hpp"
#include "../../ops/kernels/update.hpp"

namespace xgrad {

/// Scales the gradients so that their 2-norm over all parameters is at most `bound`; returns the norm before.
/// Throws ValueError unless bound > 0.
template <class T>
double clip_by_norm(GradientBuffer<T>& gradients, double bound);

/// What is done to a gradient on its way into a step: `adagrad.step({.clip_by_value = 5})`.
struct StepOptions {
  /// Every element g is taken as limited to [-clip_by_value, clip_by_value]; NaN stays NaN. That is part of the pass
  /// which updates: the gradient buffer keeps what the sweep left there. Must be > 0; infinity does not clip.
  double clip_by_value = std::numeric_limits<double>::infinity();
};

/// The whole of a loop over flat buffers as one range: what `step` does unless it is given something else.
struct OneRange {
  template <class F>
  void for_ranges(Size n, F&& f) const {
    f(Size(0), n);
  }
};

// In each optimiser, `step` updates all parameters of the store by its own gradient buffer. It throws ValueError unless
// clip_by_value > 0, and TapeError after a sweep that was cut short; then nothing has changed.
//
// `ranges` says who does it: `adam.step(how, shards)` updates on all threads of a Shards (train/shards.hpp). It is
// anything with for_ranges(n, f), which calls f(begin, end) for ranges that together are [0, n) once, in any order and
// on any threads, and returns when all are done. Each element is treated by itself, so where ranges begin on 64-byte
// lines, as those of Shards do, the bits are the same; within a line a vector would be cut, and compilers may fuse the
// products of whole vectors and of parts in another way. What for_ranges throws before the first call leaves everything
// as it was.

/// w -= rate g.
template <class T>
class Sgd {
 public:
  struct Options {
    double learning_rate = 1e-3;
  };
  Sgd(ParamStore<T>& store, const Options& options) : store_(store), options_(options) {}
  template <class Ranges = OneRange>
  void step(const StepOptions& how = {}, Ranges&& ranges = Ranges()) {
    ranges.for_ranges(static_cast<Size>(store_.values().size()), pass(how));
  }

 private:
  struct Pass {
    T rate, bound;
    const T* g;
    T* w;
    void operator()(Size begin, Size end) const;
  };
  Pass pass(const StepOptions& how);

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
  template <class Ranges = OneRange>
  void step(const StepOptions& how = {}, Ranges&& ranges = Ranges()) {
    ranges.for_ranges(static_cast<Size>(store_.values().size()), pass(how));
  }

  /// The sums of squares, in the layout of the store; for checkpoints.
  std::span<T> accumulators();

 private:
  struct Pass {
    T rate, eps, bound;
    const T* g;
    T *m, *w;
    void operator()(Size begin, Size end) const;
  };
  Pass pass(const StepOptions& how);

  ParamStore<T>& store_;
  Options options_;
  std::vector<T, xsimd::aligned_allocator<T, 64>> sums_;
};

/// Kingma and Ba 2015, algorithm 1. In step t, counted from 1:
///
///   m = beta1 m + (1 - beta1) g,  v = beta2 v + (1 - beta2) g^2,
///   w -= rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)
///
/// with eps outside the root, as in the paper and in PyTorch.
template <class T>
class Adam {
 public:
  struct Options {
    double learning_rate = 1e-3;
    double beta1 = 0.9, beta2 = 0.999;
    double eps = 1e-8;
  };
  /// Throws ValueError unless both betas are in [0, 1) and eps is > 0 as a T: what has never had a gradient would
  /// become 0 / 0.
  Adam(ParamStore<T>& store, const Options& options);
  template <class Ranges = OneRange>
  void step(const StepOptions& how = {}, Ranges&& ranges = Ranges()) {
    ranges.for_ranges(static_cast<Size>(store_.values().size()), pass(how));
    ++steps_;
  }

  /// The state, to be saved, and written to in order to restore it: m and v, in the layout of the store, and t.
  std::span<T> first_moments();
  std::span<T> second_moments();
  std::int64_t steps() const { return steps_; }
  /// Throws ValueError for a negative number.
  void set_steps(std::int64_t steps);

 private:
  struct Pass {
    kernels::AdamStep<T> step;
    const T* g;
    T *m, *v, *w;
    void operator()(Size begin, Size end) const;
  };
  Pass pass(const StepOptions& how);

  ParamStore<T>& store_;
  Options options_;
  std::vector<T, xsimd::aligned_allocator<T, 64>> first_, second_;
  std::int64_t steps_ = 0;
};

extern template class Sgd<float>;
extern template class Sgd<double>;
extern template class Adagrad<float>;
extern template class Adagrad<double>;
extern template class Adam<float>;
extern template class Adam<double>;

}  // namespace xgrad
