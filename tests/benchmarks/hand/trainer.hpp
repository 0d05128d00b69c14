// A training step around a hand-written model: forward and backward, clipping, the update, and the state carried on.
// With several threads the batch is split; each has buffers of its own, and then each sums, clips and updates a range
// of the parameters.
#pragma once
#include <cmath>
#include <memory>
#include <xgrad/ops/kernels/update.hpp>
#include <xsimd/xsimd.hpp>

#include "output.hpp"
#include "pool.hpp"

namespace hand {

/// Where the parameters of a model lie in one flat buffer, in the order of its visit; gaps hold zeros.
struct Layout {
  std::vector<Size> offsets;
  Size size;
};

enum class Optimizer { adagrad, adam };

struct Training {
  Optimizer optimizer = Optimizer::adagrad;
  double rate = 0.1, eps = 1e-8, bound = 5, b1 = 0.9, b2 = 0.999;
};

template <class T, class Model>
class Trainer {
  using Flat = std::vector<T, xsimd::aligned_allocator<T, 64>>;

 public:
  /// Throws nothing of its own; pre: 0 < threads <= batch.
  Trainer(const Sizes& s, int layers, const Plan& plan, const Layout& layout, std::span<const T> weights,
          const Training& training, int threads)
      : s_(s),
        training_(training),
        pool_(threads),
        weights_(weights.begin(), weights.end()),
        m_(weights.size()),
        v_(training.optimizer == Optimizer::adam ? weights.size() : 0) {
    for (const Size at : layout.offsets) w_.push_back(weights_.data() + at);
    for (Index i = 0, first = 0; i < threads; ++i) {
      Sizes own = s;
      own.batch = s.batch / threads + (i < s.batch % threads ? 1 : 0);
      shards_.push_back(std::make_unique<Shard>(own, first, layers, plan, layout));
      first += own.batch;
    }
  }

  /// One step on a window of all streams, time-major. Returns the loss in nats, summed over time and averaged over
  /// streams.
  T step(const Index* inputs, const Index* targets) {
    ++steps_;
    pool_.run([&](int i) {
      Shard& shard = *shards_[std::size_t(i)];
      shard.take(s_.batch, inputs, targets);
      shard.loss = shard.model.step(w_, {shard.inputs.data(), shard.targets.data(), T(1) / T(s_.batch)}, shard.g);
      shard.model.carry();
    });
    pool_.run([&](int i) { update(i); });
    T loss = 0;
    for (const auto& shard : shards_) loss += shard->loss;
    return loss;
  }

  std::span<const T> weights() const { return weights_; }
  /// Of the last step, not clipped.
  std::span<const T> gradients() const { return shards_[0]->gradients; }

 private:
  struct Shard {
    Model model;
    Sizes s;
    Index first;  // stream
    Flat gradients;
    std::vector<T*> g;
    std::vector<Index> inputs, targets;
    T loss = 0;

    Shard(const Sizes& own, Index first_stream, int layers, const Plan& plan, const Layout& layout)
        : model(own, layers, plan),
          s(own),
          first(first_stream),
          gradients(std::size_t(layout.size)),
          inputs(size(own.steps, own.batch)),
          targets(inputs.size()) {
      for (const Size at : layout.offsets) g.push_back(gradients.data() + at);
    }
    void take(Index batch, const Index* x, const Index* y) {
      for (Index t = 0; t < s.steps; ++t) {
        std::copy_n(x + t * batch + first, s.batch, inputs.data() + t * s.batch);
        std::copy_n(y + t * batch + first, s.batch, targets.data() + t * s.batch);
      }
    }
  };

  void update(int i) {
    const Size n = Size(weights_.size()), part = (n / pool_.size() + 63) / 64 * 64;  // whole cache lines
    const Size begin = std::min(n, i * part), count = std::min(n, begin + part) - begin;
    const auto of = [&](Flat& x) { return x.data() + begin; };
    T* const g = of(shards_[0]->gradients);
    for (std::size_t k = 1; k < shards_.size(); ++k) kernels::add_values<T>(count, of(shards_[k]->gradients), g);
    const auto& o = training_;
    if (o.optimizer == Optimizer::adagrad)
      return kernels::adagrad_update<T>(count, T(o.rate), T(o.eps), T(o.bound), g, of(m_), of(weights_));
    const double first = 1 - std::pow(o.b1, steps_), second = 1 - std::pow(o.b2, steps_);
    kernels::adam_update<T>(
        count,
        {T(o.b1), T(1 - o.b1), T(o.b2), T(1 - o.b2), T(o.rate / first), T(1 / std::sqrt(second)), T(o.eps), T(o.bound)},
        g, of(m_), of(v_), of(weights_));
  }

  Sizes s_;
  Training training_;
  Pool pool_;
  Flat weights_, m_, v_;
  std::vector<const T*> w_;
  std::vector<std::unique_ptr<Shard>> shards_;
  int steps_ = 0;
};

}  // namespace hand
