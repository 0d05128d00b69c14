// Optimisers: a step is one pass over the flat buffers of a store.
//
// Each is a class of its own, with the options that its formula has; optimizer.hpp holds any of them, chosen at run
// time. In each, `step` updates all parameters of the store by its own gradient buffer. It throws ValueError unless
// clip_by_value > 0, and TapeError after a sweep that was cut short; then nothing has changed. After the first step it
// allocates nothing.
//
// `ranges` says who does it: `adam.step(how, shards)` updates on all threads of a Shards (train/shards.hpp). It is
// anything with for_ranges(n, f), which calls f(begin, end) for ranges that together are [0, n) once, in any order and
// on any threads, and returns when all are done. Each element is treated by itself, so where ranges begin on 64-byte
// lines, as those of Shards do, the bits are the same; within a line a vector would be cut, and compilers may fuse the
// products of whole vectors and of parts in another way. What for_ranges throws before the first call leaves everything
// as it was.
//
// What an optimiser remembers, its state, is there to be saved, and written to in order to restore it: arrays in the
// layout of the store, zeros before the first step.
#pragma once
#include <cstdint>
#include <limits>

#include "../../autograd/tape/parameter.hpp"
#include "../../ops/kernels/update.hpp"

namespace xgrad {

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

namespace detail {

template <class T>
using FlatState = std::vector<T, xsimd::aligned_allocator<T, 64>>;

/// The rate. Throws ValueError unless it is, as a T, finite and >= 0.
template <class T>
double checked_rate(const char* op, double rate);

}  // namespace detail

// Every constructor, and set_learning_rate, throws ValueError unless the learning rate is finite and >= 0. A rate that
// is set holds from the next step on (schedule.hpp has some that change).

/// w -= rate g; with momentum mu, v = mu v + g and w -= rate v. This is PyTorch's form, in which v does not contain the
/// rate: where that changes, the whole of the next step does.
template <class T>
class Sgd {
 public:
  struct Options {
    double learning_rate = 1e-3;
    double momentum = 0;
  };
  /// Throws ValueError unless the momentum is in [0, 1).
  Sgd(ParamStore<T>& store, const Options& options);
  template <class Ranges = OneRange>
  void step(const StepOptions& how = {}, Ranges&& ranges = Ranges()) {
    ranges.for_ranges(static_cast<Size>(store_.values().size()), pass(how));
  }
  double learning_rate() const { return options_.learning_rate; }
  void set_learning_rate(double rate) { options_.learning_rate = detail::checked_rate<T>("sgd", rate); }

  /// The state: v, or nothing without momentum.
  std::span<T> momenta();

 private:
  struct Pass {
    T rate, momentum, bound;
    const T* g;
    T *v, *w;
    void operator()(Size begin, Size end) const;
  };
  Pass pass(const StepOptions& how);

  ParamStore<T>& store_;
  Options options_;
  detail::FlatState<T> momenta_;
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
  /// Throws ValueError unless eps is > 0 as a T: what has never had a gradient would become 0 / 0.
  Adagrad(ParamStore<T>& store, const Options& options);
  template <class Ranges = OneRange>
  void step(const StepOptions& how = {}, Ranges&& ranges = Ranges()) {
    ranges.for_ranges(static_cast<Size>(store_.values().size()), pass(how));
  }
  double learning_rate() const { return options_.learning_rate; }
  void set_learning_rate(double rate) { options_.learning_rate = detail::checked_rate<T>("adagrad", rate); }

  /// The state: m, the sums of squares.
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
  detail::FlatState<T> sums_;
};

/// m = decay m + (1 - decay) g^2, w -= rate g / (sqrt(m) + eps): Tieleman and Hinton 2012, lecture 6.5 of "Neural
/// Networks for Machine Learning", with eps outside the root as in Torch and PyTorch. As there, m begins at zero and is
/// not corrected for that, so first steps are larger, by up to 1 / sqrt(1 - decay).
template <class T>
class RmsProp {
 public:
  struct Options {
    double learning_rate = 1e-2;
    double decay = 0.99;  // char-rnn has 0.95
    double eps = 1e-8;
  };
  /// Throws ValueError unless the decay is in [0, 1) and eps is > 0 as a T.
  RmsProp(ParamStore<T>& store, const Options& options);
  template <class Ranges = OneRange>
  void step(const StepOptions& how = {}, Ranges&& ranges = Ranges()) {
    ranges.for_ranges(static_cast<Size>(store_.values().size()), pass(how));
  }
  double learning_rate() const { return options_.learning_rate; }
  void set_learning_rate(double rate) { options_.learning_rate = detail::checked_rate<T>("rmsprop", rate); }

  /// The state: m.
  std::span<T> mean_squares();

 private:
  struct Pass {
    kernels::RmsPropStep<T> step;
    const T* g;
    T *m, *w;
    void operator()(Size begin, Size end) const;
  };
  Pass pass(const StepOptions& how);

  ParamStore<T>& store_;
  Options options_;
  detail::FlatState<T> means_;
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
  /// Throws ValueError unless both betas are in [0, 1) and eps is > 0 as a T.
  Adam(ParamStore<T>& store, const Options& options) : Adam("adam", store, options, 0) {}
  template <class Ranges = OneRange>
  void step(const StepOptions& how = {}, Ranges&& ranges = Ranges()) {
    ranges.for_ranges(static_cast<Size>(store_.values().size()), pass(how));
    ++steps_;
  }
  double learning_rate() const { return options_.learning_rate; }
  void set_learning_rate(double rate) { options_.learning_rate = detail::checked_rate<T>(name_, rate); }

  /// The state: m, v and t.
  std::span<T> first_moments();
  std::span<T> second_moments();
  std::int64_t steps() const { return steps_; }
  /// Throws ValueError for a negative number.
  void set_steps(std::int64_t steps);

 protected:
  Adam(const char* name, ParamStore<T>& store, const Options& options, double weight_decay);

 private:
  struct Pass {
    kernels::AdamStep<T> step;
    const T* g;
    T *m, *v, *w;
    void operator()(Size begin, Size end) const;
  };
  Pass pass(const StepOptions& how);

  const char* name_;  // in messages
  ParamStore<T>& store_;
  Options options_;
  double weight_decay_;
  detail::FlatState<T> first_, second_;
  std::int64_t steps_ = 0;
};

/// Adam with decoupled weight decay, Loshchilov and Hutter 2019 in PyTorch's form: w -= rate decay w before Adam's
/// step, which sees nothing of it. All parameters decay, biases as well.
template <class T>
class AdamW : public Adam<T> {
 public:
  struct Options {
    double learning_rate = 1e-3;
    double beta1 = 0.9, beta2 = 0.999;
    double eps = 1e-8;
    double weight_decay = 0.01;
  };
  /// Throws as Adam does, and ValueError unless the weight decay is finite and >= 0.
  AdamW(ParamStore<T>& store, const Options& o)
      : Adam<T>("adamw", store, {o.learning_rate, o.beta1, o.beta2, o.eps}, o.weight_decay) {}
};

extern template class Sgd<float>;
extern template class Sgd<double>;
extern template class Adagrad<float>;
extern template class Adagrad<double>;
extern template class RmsProp<float>;
extern template class RmsProp<double>;
extern template class Adam<float>;
extern template class Adam<double>;
extern template class AdamW<float>;
extern template class AdamW<double>;

}  // namespace xgrad
