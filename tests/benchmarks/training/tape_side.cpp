#include "models.hpp"
#include "side.hpp"

namespace bench {

namespace {

using T = float;

Size bytes(const TapeMemory& m) { return m.values + m.gradients + m.nodes; }

template <class M>
class OnTape final : public TapeSide {
 public:
  OnTape(const Workload& w, std::unique_ptr<ParamStore<T>> store, M model)
      : store_(std::move(store)),
        model_(std::move(model)),
        update_(*store_, training_of(w)),
        text_(w),
        state_(model_.initial_state(w.batch)) {}

  float step() override {
    tape_.clear();
    store_->zero_grad();
    const auto [loss, last] = model_.loss(text_.inputs, text_.targets, constant(state_));
    backward(loss);
    update_.step();
    std::copy_n(last.data(), last.size(), state_.data());
    return loss.item();
  }
  std::span<const T> weights() const override { return store_->values(); }
  std::span<const T> gradients() override { return store_->gradients().flat(); }
  Index nodes() const override { return tape_.size(); }
  Size memory() const override { return bytes(tape_.memory()); }

 private:
  std::unique_ptr<ParamStore<T>> store_;
  M model_;
  Update<T> update_;
  Text text_;
  Array<T> state_;
  Tape<T> tape_;
};

// The same as one trains on several threads: a shard of the batch, and its state, for each.
template <class M>
class OnTapes final : public TapeSide {
 public:
  OnTapes(const Workload& w, std::unique_ptr<ParamStore<T>> store, M model, int threads)
      : store_(std::move(store)),
        model_(std::move(model)),
        update_(*store_, training_of(w)),
        text_(w),
        parts_(w.batch, threads),
        tapes_(std::size_t(threads)),
        shards_(*store_, threads, threads) {
    for (Index shard = 0; shard < threads; ++shard) states_.push_back(model_.initial_state(parts_.streams(shard)));
  }

  float step() override {
    const Window window{text_.inputs, text_.targets};
    const float sum = shards_.run([&](Index shard) {
      const Window mine = parts_.cut(window, shard);
      Array<T>& state = states_[std::size_t(shard)];
      const auto [loss, last] =
          model_.loss(mine.inputs, mine.targets, constant(state), {.average_over = parts_.batch()});
      backward(loss);
      std::copy_n(last.data(), last.size(), state.data());
      tapes_[std::size_t(shard)] = Tape<T>::current();
      return loss.item();
    });
    update_.step(shards_);
    return sum;
  }
  std::span<const T> weights() const override { return store_->values(); }
  std::span<const T> gradients() override { return store_->gradients().flat(); }
  Index nodes() const override {
    Index all = 0;
    for (const Tape<T>* tape : tapes_) all += tape ? tape->size() : 0;
    return all;
  }
  Size memory() const override {
    Size all = 0;
    for (const Tape<T>* tape : tapes_) all += tape ? bytes(tape->memory()) : 0;
    return all;
  }

 private:
  std::unique_ptr<ParamStore<T>> store_;
  M model_;
  Update<T> update_;
  Text text_;
  WindowParts parts_;
  std::vector<Array<T>> states_;       // of each shard
  std::vector<const Tape<T>*> tapes_;  // of each shard, after a step
  Shards<T> shards_;
};

}  // namespace

std::unique_ptr<TapeSide> make_tape_side(const Workload& w, int threads) {
  return with_model<T>(w, [&]<class M>(std::unique_ptr<ParamStore<T>> store, M model) -> std::unique_ptr<TapeSide> {
    if (threads > 1) return std::make_unique<OnTapes<M>>(w, std::move(store), std::move(model), threads);
    return std::make_unique<OnTape<M>>(w, std::move(store), std::move(model));
  });
}

}  // namespace bench
