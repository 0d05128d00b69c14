// A stack of LSTM layers over one-hot characters with a linear output layer, as model code: CharRnn with the LSTM for
// its cell and any number of layers. And Adam on a store.
#pragma once
#include <cmath>
#include <xgrad/models/models.hpp>

#include "../hand/loops.hpp"

namespace bench {

using namespace xgrad;

template <class T>
struct LstmStack {
  using Value = T;
  std::vector<LstmCell<T>> cells;
  Linear<T> head;
  mutable std::vector<Var<T>> states, last;  // of one call of loss, kept for their capacity

  LstmStack(ParamStore<T>& store, Index vocabulary, Index hidden, int layers)
      : cells(make(store, vocabulary, hidden, layers)), head(store, hidden, vocabulary) {}

  struct Loss {
    Var<T> loss, state;
  };
  /// As CharRnn::loss; the state is (2 * layers, B, H): h of each layer, then c of each.
  Loss loss(std::span<const Index> inputs, std::span<const Index> targets, const Var<T>& state) const {
    const Index batch = state.shape()[1], hidden = state.shape()[2], steps = Index(inputs.size()) / batch;
    const Index layers = Index(cells.size());
    const Vars<T> first = unstack(state);
    last.assign(std::size_t(2 * layers), first[0]);
    Var<T> below;
    for (Index k = 0; k < layers; ++k) {
      const LstmCell<T>& cell = cells[std::size_t(k)];
      const Var<T> projected = k == 0 ? cell.project(inputs) : affine(below, cell.weight_ih, cell.bias);
      const Vars<T> x = unstack(reshape(projected, Shape{steps, batch, 4 * hidden}));
      LstmState<T> s{first[k], first[layers + k]};
      states.clear();
      for (Index t = 0; t < steps; ++t) {
        s = cell(x[t], s);
        states.push_back(s.h);
      }
      below = stack(states);
      last[std::size_t(k)] = s.h, last[std::size_t(layers + k)] = s.c;
    }
    return {softmax_cross_entropy(head(below), targets, T(1) / T(batch)), stack(last)};
  }
  Array<T> initial_state(Index batch) const {
    const Shape s{Index(2 * cells.size()), batch, head.weight.shape()[0]};
    Array<T> state = make_array<T>(s);
    std::fill(state.begin(), state.end(), T(0));
    return state;
  }
  void visit(auto&& f) const {
    for (std::size_t k = 0; k < cells.size(); ++k) f("rnn" + std::to_string(k), cells[k]);
    f("head", head);
  }

 private:
  static std::vector<LstmCell<T>> make(ParamStore<T>& store, Index vocabulary, Index hidden, int layers) {
    std::vector<LstmCell<T>> all;
    for (int k = 0; k < layers; ++k) all.emplace_back(store, k == 0 ? vocabulary : hidden, hidden);
    return all;
  }
};

template <class T>
class Adam {
 public:
  explicit Adam(ParamStore<T>& store) : store_(store), m_(store.values().size()), v_(m_.size()) {}
  void step(double bound, double rate, double b1, double b2, double eps) {
    ++steps_;
    const double m_part = 1 - std::pow(b1, steps_), v_part = std::sqrt(1 - std::pow(b2, steps_));
    const auto g = store_.gradients().flat();
    hand::clip_and_adam(Size(g.size()), T(bound), T(rate * v_part / m_part), T(b1), T(b2), T(eps * v_part), g.data(),
                        m_.data(), v_.data(), store_.mutable_values().data());
  }

 private:
  ParamStore<T>& store_;
  std::vector<T, xsimd::aligned_allocator<T, 64>> m_, v_;
  int steps_ = 0;
};

}  // namespace bench
