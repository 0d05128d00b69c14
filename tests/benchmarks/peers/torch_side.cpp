#include <torch/torch.h>

#include "sides.hpp"
#include "start.hpp"

namespace bench {

namespace {

using torch::Tensor;

// ---- parameters

// A parameter of ours, and what torch's model keeps it in: transposed where it is a module's matrix.
struct Kept {
  Start::Array ours;
  Tensor tensor;
  bool transposed;

  Tensor seen(Tensor t) const { return transposed ? t.t() : t; }
  Tensor read(const std::vector<float>& flat) const {
    return torch::from_blob(const_cast<float*>(flat.data() + ours.offset), ours.shape);
  }
  void write(const Tensor& t, std::vector<float>& flat) const {
    torch::from_blob(flat.data() + ours.offset, ours.shape).copy_(seen(t));
  }
};

Tensor ids(const std::vector<Index>& all) {
  return torch::tensor(std::vector<std::int64_t>(all.begin(), all.end()), torch::kInt64);
}

// ---- models

using State = std::vector<Tensor>;  // of RNNs h, of LSTMs h and c; modules have all layers in one

// What a model tells of a window: (T * B, V), and the state after it, of the same shapes as the one before.
struct Forward {
  Tensor logits;
  State state;
};

// From single ops.
class OpsModel {
 public:
  OpsModel(const Workload& w, const Start& start) : w_(w) {
    for (const auto& array : start.arrays)
      kept_.push_back({array, torch::empty(array.shape, torch::requires_grad()), false});
  }
  const std::vector<Kept>& kept() const { return kept_; }
  State first_state() const {
    return State(std::size_t(w_.lstm() ? 2 * w_.lstm_layers : 1), torch::zeros({w_.batch, w_.hidden}));
  }
  Forward operator()(const Tensor& inputs, const State& first) const {
    State state = first;
    // As models/layers/layers.hpp: the bias goes to the rows of whichever of table and text has fewer.
    Tensor x = inputs.size(0) > w_.vocabulary ? torch::embedding(weight(0) + weight(2), inputs)
                                              : torch::embedding(weight(0), inputs) + weight(2);
    x = w_.lstm() ? lstm(x, 0, state) : rnn(x, state);
    for (Index layer = 1; layer < w_.lstm_layers; ++layer)
      x = lstm(torch::addmm(weight(3 * layer + 2), x, weight(3 * layer)), layer, state);
    const Index output = Index(kept_.size()) - 2;
    return {torch::addmm(weight(output + 1), x, weight(output)), state};
  }

 private:
  const Tensor& weight(Index i) const { return kept_[std::size_t(i)].tensor; }
  std::vector<Tensor> steps(const Tensor& rows) const { return rows.view({w_.steps, w_.batch, -1}).unbind(); }
  Tensor joined(const std::vector<Tensor>& states) const { return torch::stack(states).view({-1, w_.hidden}); }

  Tensor rnn(const Tensor& rows, State& state) const {  // (T * B, H) both
    std::vector<Tensor> states;
    for (const Tensor& x : steps(rows))
      states.push_back(torch::tanh(torch::addmm(x, states.empty() ? state[0] : states.back(), weight(1))));
    state[0] = states.back();
    return joined(states);
  }
  Tensor lstm(const Tensor& rows, Index layer, State& state) const {  // (T * B, 4 * H) to (T * B, H)
    std::vector<Tensor> states;
    Tensor &h = state[std::size_t(2 * layer)], &c = state[std::size_t(2 * layer + 1)];
    for (const Tensor& x : steps(rows)) {
      const std::vector<Tensor> gate = torch::addmm(x, h, weight(3 * layer + 1)).chunk(4, 1);
      c = torch::sigmoid(gate[1]) * c + torch::sigmoid(gate[0]) * torch::tanh(gate[2]);
      h = torch::sigmoid(gate[3]) * torch::tanh(c);
      states.push_back(h);
    }
    return joined(states);
  }

  Workload w_;
  std::vector<Kept> kept_;
};

// From torch's modules, which take the inputs as one-hot rows.
class ModulesModel {
 public:
  ModulesModel(const Workload& w, const Start& start) : w_(w), head_(w.hidden, w.vocabulary) {
    if (w.lstm()) lstm_ = torch::nn::LSTM(torch::nn::LSTMOptions(w.vocabulary, w.hidden).num_layers(w.lstm_layers));
    else rnn_ = torch::nn::RNN(w.vocabulary, w.hidden);
    const auto keep = [&](const torch::nn::Module& module) {
      for (const auto& p : module.named_parameters())
        if (p.key().find("bias_hh") != std::string::npos) p.value().set_requires_grad(false).zero_();
        else kept_.push_back({start.arrays[kept_.size()], p.value(), p.value().dim() == 2});
    };
    if (w.lstm()) keep(*lstm_);
    else keep(*rnn_);
    keep(*head_);
  }
  const std::vector<Kept>& kept() const { return kept_; }
  State first_state() const {
    return State(w_.lstm() ? 2 : 1, torch::zeros({std::max<Index>(w_.lstm_layers, 1), w_.batch, w_.hidden}));
  }
  Forward operator()(const Tensor& inputs, const State& first) {
    const Tensor x = torch::one_hot(inputs, w_.vocabulary).to(torch::kFloat).view({w_.steps, w_.batch, -1});
    if (w_.lstm()) {
      const auto [h, last] = lstm_->forward(x, std::make_tuple(first[0], first[1]));
      return {head_->forward(h.view({-1, w_.hidden})), {std::get<0>(last), std::get<1>(last)}};
    }
    const auto [h, last] = rnn_->forward(x, first[0]);
    return {head_->forward(h.view({-1, w_.hidden})), {last}};
  }

 private:
  Workload w_;
  torch::nn::RNN rnn_ = nullptr;
  torch::nn::LSTM lstm_ = nullptr;
  torch::nn::Linear head_;
  std::vector<Kept> kept_;
};

// ---- the update

// Adam is torch's own. Its Adagrad has eps outside the root, so ours is written in its ops:
// m += g^2; w -= rate g / sqrt(m + eps).
class TorchUpdate {
 public:
  TorchUpdate(std::vector<Tensor> parameters, const hand::Training& t)
      : parameters_(std::move(parameters)), training_(t) {
    if (t.optimizer == hand::Optimizer::adam)
      adam_ = std::make_unique<torch::optim::Adam>(
          parameters_, torch::optim::AdamOptions(t.rate).betas(std::make_tuple(t.b1, t.b2)).eps(t.eps));
    else
      for (const Tensor& p : parameters_) sums_.push_back(torch::zeros_like(p));
  }
  void step() {
    torch::nn::utils::clip_grad_value_(parameters_, training_.bound);
    if (adam_) return void(adam_->step());
    torch::NoGradGuard no_grad;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      const Tensor& g = parameters_[i].grad();
      sums_[i].addcmul_(g, g);
      parameters_[i].addcdiv_(g, (sums_[i] + training_.eps).sqrt_(), -training_.rate);
    }
  }
  void zero_grad() {
    for (Tensor& p : parameters_) p.mutable_grad() = Tensor();
  }

 private:
  std::vector<Tensor> parameters_, sums_;
  hand::Training training_;
  std::unique_ptr<torch::optim::Adam> adam_;
};

// ---- the side

template <class Model>
class OnTorch final : public Side {
 public:
  OnTorch(const Workload& w, const Start& start)
      : batch_(w.batch),
        model_(w, start),
        update_(parameters(), start.training),
        inputs_(ids(start.text.inputs)),
        targets_(ids(start.text.targets)),
        state_(model_.first_state()),
        flat_(start.weights.size()) {
    torch::NoGradGuard no_grad;
    for (const Kept& k : model_.kept()) k.seen(k.tensor).copy_(k.read(start.weights));
  }
  float step() override {
    update_.zero_grad();
    const Forward window = model_(inputs_, state_);
    const auto sum = torch::nn::functional::CrossEntropyFuncOptions().reduction(torch::kSum);
    const Tensor loss = torch::nn::functional::cross_entropy(window.logits, targets_, sum) / batch_;
    loss.backward();
    update_.step();
    for (std::size_t i = 0; i < state_.size(); ++i) state_[i] = window.state[i].detach();
    return loss.item<float>();
  }
  std::span<const float> weights() const override {
    torch::NoGradGuard no_grad;
    for (const Kept& k : model_.kept()) k.write(k.tensor, flat_);
    return flat_;
  }
  std::span<const float> gradients() override {
    for (const Kept& k : model_.kept()) k.write(k.tensor.grad(), flat_);
    return flat_;
  }

 private:
  std::vector<Tensor> parameters() const {
    std::vector<Tensor> all;
    for (const Kept& k : model_.kept()) all.push_back(k.tensor);
    return all;
  }

  Index batch_;
  Model model_;
  TorchUpdate update_;
  Tensor inputs_, targets_;
  State state_;
  mutable std::vector<float> flat_;  // what was asked for last, as the other sides have it
};

}  // namespace

std::unique_ptr<Side> make_torch_side(const Workload& w, TorchModel model) {
  at::set_num_threads(1);
  const Start start(w);
  if (model == TorchModel::ops) return std::make_unique<OnTorch<OpsModel>>(w, start);
  return std::make_unique<OnTorch<ModulesModel>>(w, start);
}

std::string torch_isa() {
  const std::string config = torch::show_config(), key = "CPU capability usage: ";
  const std::size_t at = config.find(key);
  if (at == std::string::npos) return "unknown";
  return config.substr(at + key.size(), config.find('\n', at) - at - key.size());
}

}  // namespace bench
