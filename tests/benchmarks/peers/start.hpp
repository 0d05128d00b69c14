// What a peer is told, so that it does the same: first weights and where they lie, the window, and the update.
#pragma once
#include "../training/models.hpp"

namespace bench {

struct Start {
  struct Array {
    Size offset;  // of its first element in `weights`
    std::vector<std::int64_t> shape;
  };
  std::vector<Array> arrays;   // of each layer W_ih, W_hh and b, then W and b of the output
  std::vector<float> weights;  // flat, with zeros in gaps
  hand::Training training;
  Text text;

  explicit Start(const Workload& w) : training(training_of(w)), text(w) {
    with_model<float>(w, [&](auto store, const auto& model) {
      for (const auto& p : named_parameters(model)) {
        arrays.push_back({p.parameter.slot().offset, {}});
        const xgrad::Shape shape = p.parameter.shape();
        for (Index axis = 0; axis < shape.rank(); ++axis) arrays.back().shape.push_back(shape[axis]);
      }
      const auto values = store->values();
      weights.assign(values.begin(), values.end());
    });
  }
};

}  // namespace bench
