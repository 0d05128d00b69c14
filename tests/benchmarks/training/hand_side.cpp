#include "../hand/lstm.hpp"
#include "../hand/rnn.hpp"
#include "models.hpp"
#include "side.hpp"

namespace bench {

namespace {

using T = float;

template <class Model>
class ByHand final : public Side {
 public:
  ByHand(const Workload& w, const hand::Plan& plan, const hand::Layout& layout, std::span<const T> weights, int threads)
      : trainer_({w.vocabulary, w.hidden, w.steps, w.batch}, w.lstm_layers, plan, layout, weights, training_of(w),
                 threads),
        text_(w) {}
  float step() override { return trainer_.step(text_.inputs.data(), text_.targets.data()); }
  std::span<const T> weights() const override { return trainer_.weights(); }
  std::span<const T> gradients() override { return trainer_.gradients(); }

 private:
  hand::Trainer<T, Model> trainer_;
  Text text_;
};

}  // namespace

std::unique_ptr<Side> make_hand_side(const Workload& w, const HandOptions& options) {
  const hand::Plan fastest = hand::fastest_plan({w.vocabulary, w.hidden, w.steps, w.batch});
  const hand::Plan plan{options.block.value_or(fastest.block), options.transposed.value_or(fastest.transposed)};
  return with_model<T>(w, [&](auto store, const auto& model) -> std::unique_ptr<Side> {
    const hand::Layout layout = layout_of(model);
    if (w.lstm()) return std::make_unique<ByHand<hand::Lstm<T>>>(w, plan, layout, store->values(), options.threads);
    return std::make_unique<ByHand<hand::Rnn<T>>>(w, plan, layout, store->values(), options.threads);
  });
}

}  // namespace bench
