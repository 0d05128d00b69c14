// The character RNN. Its gradients against BPTT derived by hand: bptt_test.cpp; the window against the loop step by
// step: layers_test.cpp.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <xgrad/models/models.hpp>

#include "../heap.hpp"
#include "../thrown.hpp"

using namespace xgrad;

namespace {

using D = double;

template <class T>
struct Case {
  ParamStore<T> store;
  CharRnn<T> model;
  std::vector<Index> inputs, targets;
  Array<T> h0;

  // Few characters, so that they repeat; weights away from zero; a first state that is not zero.
  Case(Index steps, Index batch, double spread, Index vocabulary = 5, Index hidden = 7)
      : model(store, {.vocabulary = vocabulary, .hidden = hidden}), h0(make_array<T>({batch, hidden})) {
    Rng rng(17);
    init_normal(model, spread, rng);
    rng.fill_normal(model.cells[0].bias.mutable_value(), spread);
    rng.fill_normal(model.head.bias.mutable_value(), spread);
    for (T& v : h0) v = static_cast<T>(0.5 * rng.normal());
    for (Index i = 0; i < steps * batch; ++i) {
      inputs.push_back(rng.below(vocabulary));
      targets.push_back(rng.below(vocabulary));
    }
  }
};

struct Gradients5 {
  D loss;
  std::vector<Array<D>> g;
  Array<D> h0, state;
};

Gradients5 from_tape(const Case<D>& c, const BackwardOptions& options = {}) {
  Tape<D> tape;
  const Var<D> h0 = leaf(c.h0);
  c.model.cells[0].weight_ih.slot().store->zero_grad();
  const auto [loss, state] = c.model.loss(c.inputs, c.targets, h0);
  backward(loss, options);
  Gradients5 r{loss.item(), {}, h0.grad(), make_array<D>(state.shape())};
  std::copy_n(state.data(), state.size(), r.state.data());
  for (const auto& p : named_parameters(c.model)) r.g.push_back(p.parameter.grad());
  return r;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(char_rnn)

BOOST_AUTO_TEST_CASE(all_ways_to_sweep_agree) {
  for (const Index batch : {1, 3}) {
    const Case<D> c(40, batch, 0.3);
    const auto fast = from_tape(c);
    for (const BackwardOptions& o : {BackwardOptions{.defer = false}, BackwardOptions{.use_kernels = false},
                                     BackwardOptions{.use_kernels = false, .defer = false}}) {
      const auto other = from_tape(c, o);
      for (std::size_t k = 0; k < fast.g.size(); ++k) {
        D scale = 0;
        for (const D v : fast.g[k]) scale = std::max(scale, std::abs(v));
        for (std::size_t i = 0; i < fast.g[k].size(); ++i)
          BOOST_TEST(std::abs(fast.g[k].data()[i] - other.g[k].data()[i]) <= 1e-13 * scale);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(an_embedding_row_is_the_product_with_a_one_hot_column) {
  const Case<D> c(3, 1, 0.5);
  Tape<D> tape;
  Array<D> one_hot = make_array<D>({3, 5});
  one_hot.fill(0);
  for (std::size_t t = 0; t < 3; ++t) one_hot(t, std::size_t(c.inputs[t])) = 1;
  const Var<D> product = matmul(constant(one_hot), c.model.cells[0].weight_ih) + c.model.cells[0].bias;
  const Var<D> rows = c.model.cells[0].project(c.inputs);
  for (Size i = 0; i < rows.size(); ++i) BOOST_TEST(rows.data()[i] == product.data()[i]);
}

BOOST_AUTO_TEST_CASE(float_against_double) {
  const Case<D> wide(25, 3, 0.3);
  const Case<float> narrow(25, 3, 0.3);
  // the same weights: those that float can hold
  const auto a = named_parameters(wide.model);
  const auto b = named_parameters(narrow.model);
  for (std::size_t k = 0; k < a.size(); ++k)
    std::copy_n(b[k].parameter.data(), b[k].parameter.size(), a[k].parameter.mutable_value().begin());
  const_cast<Array<D>&>(wide.h0) = Array<D>(narrow.h0);
  const auto want = from_tape(wide);
  Tape<float> tape;
  backward(narrow.model.loss(narrow.inputs, narrow.targets, constant(narrow.h0)).loss);
  for (std::size_t k = 0; k < a.size(); ++k) {
    D d = 0, n = 0;
    const Array<float> g = b[k].parameter.grad();
    for (std::size_t i = 0; i < g.size(); ++i) {
      d += std::pow(D(g.data()[i]) - want.g[k].data()[i], 2);
      n += std::pow(want.g[k].data()[i], 2);
    }
    BOOST_TEST(std::sqrt(d / n) < 5e-6);
  }
}

BOOST_AUTO_TEST_CASE(a_training_step_takes_nothing_from_the_heap) {
  Case<float> c(25, 1, 0.01, 67, 100);
  Adagrad<float> adagrad(c.store, {});
  Tape<float> tape;
  Array<float> state = c.model.initial_state(1);
  const auto step = [&] {
    tape.clear();
    c.store.zero_grad();
    const auto [loss, last] = c.model.loss(c.inputs, c.targets, constant(state));
    backward(loss);
    adagrad.step({.clip_by_value = 5});
    std::copy_n(last.data(), last.size(), state.data());
  };
  step();
  const long before = heap::allocations();
  for (int i = 0; i < 100; ++i) step();
  BOOST_TEST(heap::allocations() - before == 0);
}

BOOST_AUTO_TEST_CASE(ids_that_do_not_fill_whole_steps) {
  const Case<D> c(3, 2, 0.1);
  Tape<D> tape;
  const std::vector<Index> five{0, 1, 2, 3, 4}, six{0, 1, 2, 3, 4, 5};
  const Var<D> h = constant(c.h0);
  BOOST_TEST(thrown<ShapeError>([&] { c.model.loss(five, five, h); }) == "[char_rnn] 5 inputs for 2 streams");
  BOOST_TEST(thrown<ShapeError>([&] { c.model.loss(six, five, h); }) == "[char_rnn] 6 inputs and 5 targets");
  BOOST_TEST(thrown<ValueError>([&] { c.model.loss(six, six, h); }) ==
             "[char_rnn] input 5 at position 5 is outside the vocabulary of 5");
  const std::vector<Index> negative{0, 1, 2, -1}, good{0, 1, 2, 3}, none;
  BOOST_TEST(thrown<ValueError>([&] { c.model.loss(good, negative, h); }) ==
             "[char_rnn] target -1 at position 3 is outside the vocabulary of 5");
  BOOST_TEST(thrown<ShapeError>([&] { c.model.loss(none, none, h); }) == "[char_rnn] 0 inputs for 2 streams");
}

BOOST_AUTO_TEST_CASE(sampler_misuse) {
  const Case<D> c(3, 2, 0.1);
  Rng rng(1);
  for (const double t : {0.0, -1.0, std::nan(""), double(INFINITY)})
    BOOST_TEST(thrown<ValueError>([&] {
                 Sampler(c.model, rng, {.temperature = t});
               }).starts_with("[sample] the temperature must be a finite number > 0, it is "));
  BOOST_TEST(thrown<ValueError>([&] { Sampler(c.model, rng, {.top_k = -1}); }) ==
             "[sample] top_k must be >= 0, it is -1");
  Sampler sampler(c.model, rng);
  BOOST_TEST(thrown<ValueError>([&] { sampler.next(); }) == "[sample] feed a character first");
}

BOOST_AUTO_TEST_CASE(extreme_temperatures) {
  const Case<float> c(3, 2, 0.1);
  Rng rng(1);
  for (const double t : {1e-30, 1e30}) {
    Sampler sampler(c.model, rng, {.temperature = t});
    sampler.feed(0);
    for (int i = 0; i < 20; ++i) {
      const Index id = sampler.next();
      BOOST_TEST(id >= 0);
      BOOST_TEST(id < 5);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_distribution_is_cut_to_the_most_probable) {
  const std::vector<float> logits{0.0f, 2.0f, 1.0f, 2.0f, -1.0f, 1.0f};
  const auto frequencies = [&](const Sampling& how) {
    Rng rng(5);
    NextCharacter next(how);
    next.assign(std::span<const float>(logits));
    std::vector<int> counts(logits.size());
    for (int i = 0; i < 20000; ++i) ++counts[std::size_t(next.draw(rng))];
    return counts;
  };
  const auto check = [&](const Sampling& how, const std::vector<double>& weights) {
    double total = 0;
    for (const double w : weights) total += w;
    const std::vector<int> counts = frequencies(how);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const double p = weights[i] / total, deviation = std::sqrt(20000 * p * (1 - p));
      BOOST_TEST(std::abs(counts[i] - 20000 * p) <= 4 * deviation);  // zero where p is 0 or 1
    }
  };
  const double e = std::exp(1.0);
  check({}, {1, e * e, e, e * e, 1 / e, e});
  check({.temperature = 0.5}, {1, std::pow(e, 4), e * e, std::pow(e, 4), 1 / (e * e), e * e});
  check({.top_k = 6}, {1, e * e, e, e * e, 1 / e, e});
  check({.top_k = 4}, {0, e * e, e, e * e, 0, e});
  check({.top_k = 3}, {0, e * e, e, e * e, 0, 0});  // of the two that tie, the lower id
  check({.top_k = 1}, {0, 1, 0, 0, 0, 0});
  check({.argmax = true}, {0, 1, 0, 0, 0, 0});

  Rng rng(5), untouched(5);
  NextCharacter next({.argmax = true});
  next.assign(std::span<const float>(logits));
  next.draw(rng);
  BOOST_TEST((rng == untouched));
}

BOOST_AUTO_TEST_CASE(it_learns_a_sequence_by_heart) {
  ParamStore<float> store;
  CharRnn<float> model(store, {.vocabulary = 4, .hidden = 16});
  Rng rng(3);
  init_normal(model, 0.1, rng);
  Adagrad<float> adagrad(store, {.learning_rate = 0.1});
  const std::vector<Index> hell{0, 1, 2, 2}, ello{1, 2, 2, 3};
  Tape<float> tape;
  float loss = 0;
  for (int i = 0; i < 200; ++i) {
    tape.clear();
    store.zero_grad();
    const auto l = model.loss(hell, ello, constant(model.initial_state(1))).loss;
    backward(l);
    adagrad.step();
    loss = l.item();
  }
  BOOST_TEST(loss < 0.05f);
}

BOOST_AUTO_TEST_SUITE_END()
