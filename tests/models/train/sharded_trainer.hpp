// A training run of a recurrent model, in shards and without, that keeps the bits of all it computes.
#pragma once
#include <vector>
#include <xgrad/models/models.hpp>

/// What a run is made of: the same seed gives the same text and the same first weights.
struct Setting {
  xgrad::Index vocabulary = 7, hidden = 16, steps = 9, batch = 8;
  double clip = 1;
};

template <class M>
class ShardedTrainer {
 public:
  using T = typename M::Value;

  /// As many states and parts of the batch as there are shards.
  explicit ShardedTrainer(const Setting& s, xgrad::Index shards = 1)
      : model_(store_, {.vocabulary = s.vocabulary, .hidden = s.hidden}),
        text_(text_of(s)),
        windows_(text_, s.batch, s.steps),
        parts_(s.batch, shards),
        adagrad_(store_, {.learning_rate = 0.1}),
        clip_(s.clip) {
    xgrad::Rng rng(5);
    for (const auto& p : named_parameters(model_)) rng.fill_normal(p.parameter.mutable_value(), 0.3);
    for (xgrad::Index shard = 0; shard < shards; ++shard)
      states_.push_back(model_.initial_state(parts_.streams(shard)));
  }

  /// One shard of a window: records, sweeps, carries the state. Returns the shard's part of the loss.
  T shard(const xgrad::Window& window, xgrad::Index shard) {
    const xgrad::Window mine = parts_.cut(window, shard);
    xgrad::Array<T>& carried = states_[std::size_t(shard)];
    if (mine.starts_over) carried.fill(0);
    const auto [loss, last] =
        model_.loss(mine.inputs, mine.targets, xgrad::constant(carried), {.average_over = parts_.batch()});
    backward(loss);
    std::copy_n(last.data(), last.size(), carried.data());
    return loss.item();
  }

  T step(xgrad::Shards<T>& shards) {
    const xgrad::Window window = windows_.next();
    const T loss = shards.run([&](xgrad::Index s) { return shard(window, s); });
    adagrad_.step({.clip_by_value = clip_}, shards);
    return loss;
  }
  /// The same for one shard, as one trains without Shards.
  T step(xgrad::Tape<T>& tape) {
    tape.clear();
    store_.zero_grad();
    const T loss = shard(windows_.next(), 0);
    adagrad_.step({.clip_by_value = clip_});
    return loss;
  }

  /// Losses, and after each step all gradients and weights.
  std::vector<T> run(int count, auto& by) {
    std::vector<T> all;
    for (int i = 0; i < count; ++i) {
      all.push_back(step(by));
      for (const std::span<const T> flat : {std::span<const T>(store_.gradients().flat()), store_.values()})
        all.insert(all.end(), flat.begin(), flat.end());
    }
    return all;
  }

  xgrad::ParamStore<T>& store() { return store_; }
  const M& model() const { return model_; }
  xgrad::BpttWindows& windows() { return windows_; }

 private:
  static xgrad::Ids text_of(const Setting& s) {
    xgrad::Rng rng(3);
    std::vector<xgrad::Index> ids(std::size_t(7 * s.steps * s.batch + 2));  // seven windows a pass
    for (auto& id : ids) id = rng.below(s.vocabulary);
    return {ids, s.vocabulary};
  }

  xgrad::ParamStore<T> store_;
  M model_;
  xgrad::Ids text_;
  xgrad::BpttWindows windows_;
  xgrad::WindowParts parts_;
  xgrad::Adagrad<T> adagrad_;
  double clip_;
  std::vector<xgrad::Array<T>> states_;  // of each shard
};
