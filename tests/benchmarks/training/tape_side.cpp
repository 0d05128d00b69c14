#include "models.hpp"
#include "side.hpp"

namespace bench {

namespace {

using T = float;

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
  Size memory() const override {
    const TapeMemory m = tape_.memory();
    return m.values + m.gradients + m.nodes;
  }

 private:
  std::unique_ptr<ParamStore<T>> store_;
  M model_;
  Update<T> update_;
  Text text_;
  Array<T> state_;
  Tape<T> tape_;
};

}  // namespace

std::unique_ptr<TapeSide> make_tape_side(const Workload& w) {
  return with_model<T>(w, [&]<class M>(std::unique_ptr<ParamStore<T>> store, M model) -> std::unique_ptr<TapeSide> {
    return std::make_unique<OnTape<M>>(w, std::move(store), std::move(model));
  });
}

}  // namespace bench
