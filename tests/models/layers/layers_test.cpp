// One and several recurrent layers, of every cell: the window against the loop, all ways to sweep, states, what does
// not fit. The gradients by ten methods: tests/gradcheck/suite_test.cpp.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <xgrad/models/models.hpp>

#include "../../heap.hpp"
#include "../../thrown.hpp"

using namespace xgrad;
namespace tt = boost::test_tools;

namespace {

using D = double;

// Few characters, so that they repeat; all weights and the first state away from zero.
template <template <class> class Cell, class T = D>
struct Case {
  static constexpr Index vocabulary = 5, hidden = 6;
  Index steps, batch;
  ParamStore<T> store;
  CharRnn<T, Cell> model;
  std::vector<Index> inputs, targets;
  Array<T> first;

  Case(Index layers, Index steps_, Index batch_, Index embedding = 0)
      : steps(steps_), batch(batch_), model(store, {vocabulary, hidden, layers, embedding}) {
    Rng rng(11);
    for (const auto& p : named_parameters(model)) rng.fill_normal(p.parameter.mutable_value(), 0.4);
    for (Index i = 0; i < steps * batch; ++i) {
      inputs.push_back(rng.below(vocabulary));
      targets.push_back(rng.below(vocabulary));
    }
    first = rng.normal_array<T>(model.state_shape(batch), 0.5);
  }
  std::span<const Index> at(const std::vector<Index>& ids, Index t, Index count = 1) const {
    return std::span<const Index>(ids).subspan(std::size_t(t * batch), std::size_t(count * batch));
  }
};

struct Outcome {
  D loss;
  Array<D> last, first_gradient;
  std::vector<D> gradients;
};

// What `record` makes of a case: it returns the loss and the last state, given the first.
template <class C, class F>
Outcome outcome(C& c, const F& record) {
  Tape<D> tape;
  c.store.zero_grad();
  const Var<D> first = leaf(c.first);
  const auto [loss, last] = record(first);
  backward(loss);
  const auto g = c.store.gradients().flat();
  return {loss.item(), Array<D>(last.value()), first.grad(), {g.begin(), g.end()}};
}

void check_close(const auto& got, const auto& want, D tolerance) {
  D scale = 0;
  for (const D v : want) scale = std::max(scale, std::abs(v));
  BOOST_REQUIRE_EQUAL(got.size(), want.size());
  BOOST_TEST(scale > 0);
  for (std::size_t i = 0; i < want.size(); ++i)
    BOOST_TEST(std::abs(got.data()[i] - want.data()[i]) <= tolerance * scale, "element " << i);
}

void check_same(const Outcome& got, const Outcome& want) {
  BOOST_TEST(got.loss == want.loss, tt::tolerance(1e-14));
  check_close(got.last, want.last, 1e-14);
  check_close(got.gradients, want.gradients, 1e-13);
  check_close(got.first_gradient, want.first_gradient, 1e-12);
}

using LossAndState = std::pair<Var<D>, Var<D>>;

// The loss of a window at once, step by step, and in two windows, between which the state keeps its history.
template <template <class> class Cell>
void check_window(Index layers, Index batch, Index embedding) {
  Case<Cell> c(layers, 6, batch, embedding);
  const auto window = [&](Index from, Index steps, const Var<D>& state) {
    const auto [loss, last] = c.model.loss(c.at(c.inputs, from, steps), c.at(c.targets, from, steps), state);
    return LossAndState(loss, last);
  };
  const auto by_steps = [&](const Var<D>& first) {
    LossAndState sum(constant(0.0), first);
    for (Index t = 0; t < c.steps; ++t) {
      const auto [logits, next] = c.model.step(c.at(c.inputs, t), sum.second);
      sum = {sum.first + softmax_cross_entropy(logits, c.at(c.targets, t), 1.0 / batch), next};
    }
    return sum;
  };
  const auto in_two = [&](const Var<D>& first) {
    const auto [one, middle] = window(0, 4, first);
    const auto [two, last] = window(4, 2, middle);
    return LossAndState(one + two, last);
  };
  const Outcome at_once = outcome(c, [&](const Var<D>& first) { return window(0, 6, first); });
  check_same(outcome(c, by_steps), at_once);
  check_same(outcome(c, in_two), at_once);
}

template <template <class> class Cell>
void check_windows() {
  for (const Index layers : {1, 2, 3})
    for (const Index batch : {1, 3, 200, 600})  // all steps at once, two at a time, and one
      for (const Index embedding : {0, 4})
        BOOST_TEST_CONTEXT(layers << " layers, " << batch << " streams, embedding " << embedding)
  check_window<Cell>(layers, batch, embedding);
}

template <template <class> class Cell>
void check_sweeps() {
  for (const Index layers : {1, 2})
    for (const Index batch : {1, 3}) {
      Case<Cell> c(layers, 20, batch);
      const auto swept = [&](const BackwardOptions& options) {
        Tape<D> tape;
        c.store.zero_grad();
        backward(c.model.loss(c.inputs, c.targets, constant(c.first)).loss, options);
        const auto g = c.store.gradients().flat();
        return std::vector<D>(g.begin(), g.end());
      };
      const std::vector<D> fast = swept({});
      check_close(swept({.defer = false}), fast, 1e-13);
      check_close(swept({.use_kernels = false}), fast, 1e-13);
      check_close(swept({.use_kernels = false, .defer = false}), fast, 1e-13);
    }
}

// One step of two layers, put together of cells.
template <template <class> class Cell>
void check_by_cells() {
  Case<Cell> c(2, 1, 3);
  Tape<D> tape;
  std::vector<Var<D>> parts;
  for (const Var<D> part : unstack_state(constant(c.first))) parts.push_back(part);
  const std::size_t n = parts.size() / 2;  // of one layer: h, and perhaps c
  std::vector<Var<D>> low, high;
  for (std::size_t k = 0; k < n; ++k) low.push_back(parts[2 * k]), high.push_back(parts[2 * k + 1]);
  using State = typename Cell<D>::State;
  const State below = c.model.cells[0](c.model.cells[0].project(c.inputs), state_from<State>(low));
  const Cell<D>& top = c.model.cells[1];
  const State above = top(top.project(parts_of(below)[0]), state_from<State>(high));
  const auto [logits, state] = c.model.step(c.inputs, constant(c.first));
  check_close(logits.value(), c.model.head(parts_of(above)[0]).value(), 1e-15);
  const Vars<D> got = unstack_state(state);
  for (std::size_t k = 0; k < n; ++k) {
    check_close(got[Index(2 * k)].value(), parts_of(below)[k].value(), 1e-15);
    check_close(got[Index(2 * k + 1)].value(), parts_of(above)[k].value(), 1e-15);
  }
}

template <template <class> class Cell>
void check_heap(Index layers, Index batch) {
  Case<Cell, float> c(layers, 25, batch);
  Adam<float> adam(c.store, {});
  Tape<float> tape;
  Array<float> state = c.first;
  const auto step = [&] {
    tape.clear();
    c.store.zero_grad();
    const auto [loss, last] = c.model.loss(c.inputs, c.targets, constant(state));
    backward(loss);
    adam.step({.clip_by_value = 5});
    std::copy_n(last.data(), last.size(), state.data());
  };
  step();
  const long before = heap::allocations();
  for (int i = 0; i < 100; ++i) step();
  BOOST_TEST(heap::allocations() - before == 0);
}

template <class M>
Shape initial_shape(Index layers) {
  ParamStore<D> store;
  return shape_of(M(store, {.vocabulary = 5, .hidden = 6, .layers = layers}).initial_state(4));
}

// A sampler reads a text as a window does.
template <template <class> class Cell>
void check_sampler() {
  Case<Cell> c(2, 6, 1);
  Rng rng(1);
  Sampler sampler(c.model, rng);
  sampler.set_state(c.first);
  for (const Index id : c.inputs) sampler.feed(id);
  Tape<D> tape;
  const auto last = c.model.loss(c.inputs, c.targets, constant(c.first)).state;
  check_close(sampler.state(), last.value(), 1e-14);
  Rng same(1);
  const Var<D> p = softmax(c.model.step(c.at(c.inputs, 5), constant(c.first)).logits);
  sampler.set_state(c.first);
  sampler.feed(c.inputs[5]);
  BOOST_TEST(sampler.next() == same.choice({p.data(), std::size_t(p.size())}));
}

// A model over embedded characters is one over one-hot ones whose input matrix is the product of the two.
template <template <class> class Cell>
void check_embedding() {
  Case<Cell> c(2, 6, 3, 4), plain(2, 6, 3);
  BOOST_TEST(named_parameters(c.model).front().name == "embed.weight");
  BOOST_TEST((named_parameters(c.model).front().parameter.shape() == Shape{5, 4}));
  const auto to = named_parameters(plain.model), from = named_parameters(c.model);
  for (std::size_t i = 0; i < to.size(); ++i) {
    Tape<D> tape;
    const Var<D> w = from[i + 1].parameter, value = i == 0 ? matmul(Var<D>(c.model.embed->weight), w) : w;
    std::copy_n(value.data(), value.size(), to[i].parameter.mutable_value().data());
  }
  const auto run = [&](auto& model) {
    Tape<D> tape;
    return model.loss(c.inputs, c.targets, constant(c.first)).loss.item();
  };
  BOOST_TEST(run(c.model) == run(plain.model), tt::tolerance(1e-13));
}

template <template <class> class Cell>
void check_logits() {
  Case<Cell> c(2, 6, 3, 4);
  Tape<D> tape;
  const auto [all, last] = c.model.logits(c.inputs, constant(c.first));
  BOOST_TEST((all.shape() == Shape{6, 3, 5}));
  Var<D> state = constant(c.first);
  for (Index t = 0; t < c.steps; ++t) {
    const auto [logits, next] = c.model.step(c.at(c.inputs, t), state);
    check_close(std::span(all.data() + t * logits.size(), std::size_t(logits.size())),
                std::span(logits.data(), std::size_t(logits.size())), 1e-13);
    state = next;
  }
  check_close(last.value(), state.value(), 1e-13);
}

// The gradient by differences with the same draws, and whom a draw reaches: the lowest layer's state it does not.
template <template <class> class Cell>
void check_dropout() {
  Case<Cell> c(2, 4, 3);
  const auto loss = [&](double p, std::uint32_t seed, Array<D>* last = nullptr) {
    Tape<D> tape;
    Rng rng(seed);
    c.store.zero_grad();
    const auto [nats, state] = c.model.loss(c.inputs, c.targets, constant(c.first), {.dropout = p, .rng = &rng});
    backward(nats);
    if (last) *last = state.value();
    if (p == 0) BOOST_TEST((rng == Rng(seed)));
    return nats.item();
  };
  Array<D> with, without;
  const double plain = loss(0, 1, &without), dropped = loss(0.4, 1, &with);
  BOOST_TEST(plain != dropped);
  BOOST_TEST(dropped == loss(0.4, 1));
  BOOST_TEST(dropped != loss(0.4, 2));
  const std::ptrdiff_t part = 3 * 6;
  BOOST_TEST(std::equal(with.begin(), with.begin() + part, without.begin()));
  BOOST_TEST(!std::equal(with.begin() + part, with.begin() + 2 * part, without.begin() + part));

  loss(0.4, 1);
  const auto flat = c.store.gradients().flat();
  const std::vector<D> g(flat.begin(), flat.end());
  for (std::size_t i = 0; i < g.size(); i += 7) {
    const D before = c.store.values()[i], h = 1e-5;
    const auto at = [&](D w) {
      c.store.mutable_values()[i] = w;
      return loss(0.4, 1);
    };
    const D above = at(before + h), below = at(before - h);
    at(before);
    BOOST_TEST(std::abs((above - below) / (2 * h) - g[i]) < 1e-8);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(char_rnn_layers)

BOOST_AUTO_TEST_CASE(the_window_equals_the_loop_of_an_rnn) { check_windows<RnnCell>(); }
BOOST_AUTO_TEST_CASE(the_window_equals_the_loop_of_an_lstm) { check_windows<LstmCell>(); }
BOOST_AUTO_TEST_CASE(the_window_equals_the_loop_of_a_gru) { check_windows<GruCell>(); }

BOOST_AUTO_TEST_CASE(all_ways_to_sweep_agree) {
  check_sweeps<RnnCell>();
  check_sweeps<LstmCell>();
  check_sweeps<GruCell>();
}

BOOST_AUTO_TEST_CASE(a_stack_is_its_cells) {
  check_by_cells<RnnCell>();
  check_by_cells<LstmCell>();
  check_by_cells<GruCell>();
}

BOOST_AUTO_TEST_CASE(a_state_has_an_h_and_perhaps_a_c_for_each_layer) {
  BOOST_TEST(initial_shape<CharRnn<D>>(1) == (Shape{4, 6}));
  BOOST_TEST(initial_shape<CharRnn<D>>(3) == (Shape{3, 4, 6}));
  BOOST_TEST(initial_shape<CharGru<D>>(2) == (Shape{2, 4, 6}));
  BOOST_TEST(initial_shape<CharLstm<D>>(1) == (Shape{2, 4, 6}));
  BOOST_TEST(initial_shape<CharLstm<D>>(3) == (Shape{6, 4, 6}));
}

BOOST_AUTO_TEST_CASE(a_training_step_takes_nothing_from_the_heap) {
  for (const Index layers : {1, 2, 3})
    for (const Index batch : {1, 3}) {
      check_heap<RnnCell>(layers, batch);
      check_heap<LstmCell>(layers, batch);
      check_heap<GruCell>(layers, batch);
    }
}

BOOST_AUTO_TEST_CASE(an_embedding_is_a_factor_of_the_input_matrix) {
  check_embedding<RnnCell>();
  check_embedding<LstmCell>();
  check_embedding<GruCell>();
}

BOOST_AUTO_TEST_CASE(dropout_is_on_the_way_up_alone) {
  check_dropout<RnnCell>();
  check_dropout<LstmCell>();
  check_dropout<GruCell>();
}

BOOST_AUTO_TEST_CASE(logits_of_a_window_are_those_of_its_steps) {
  check_logits<RnnCell>();
  check_logits<LstmCell>();
  check_logits<GruCell>();
}

BOOST_AUTO_TEST_CASE(samplers) {
  check_sampler<RnnCell>();
  check_sampler<LstmCell>();
  check_sampler<GruCell>();
}

BOOST_AUTO_TEST_CASE(what_does_not_fit) {
  ParamStore<D> store;
  BOOST_TEST(thrown<ValueError>([&] { CharLstm<D>(store, {.vocabulary = 5, .hidden = 6, .layers = 0}); }) ==
             "[char_rnn] the number of layers must be >= 1, it is 0");
  BOOST_TEST(thrown<ValueError>([&] { CharLstm<D>(store, {.vocabulary = 5, .hidden = 6, .embedding = -1}); }) ==
             "[char_rnn] the width of the embedding must be >= 0, it is -1");
  Tape<D> tape;
  const std::vector<Index> ids{0, 1, 2, 3};
  const auto error = [&](const auto& model, const Shape& s) {
    const Var<D> state = tape.filled(s, 0.0);
    const std::string of_loss = thrown<ShapeError>([&] { model.loss(ids, ids, state); });
    BOOST_TEST(thrown<ShapeError>([&] { model.step(ids, state); }) == of_loss);
    return of_loss;
  };
  const CharRnn<D> rnn(store, {.vocabulary = 5, .hidden = 6});
  const CharLstm<D> lstm(store, {.vocabulary = 5, .hidden = 6, .layers = 2});
  BOOST_TEST(error(rnn, {4, 7}) == "[char_rnn] the state is (4, 7), it should be (streams, 6)");
  BOOST_TEST(error(rnn, {1, 4, 6}) == "[char_rnn] the state is (1, 4, 6), it should be (streams, 6)");
  BOOST_TEST(error(rnn, {}) == "[char_rnn] the state is (), it should be (streams, 6)");
  BOOST_TEST(error(lstm, {4, 6}) == "[char_rnn] the state is (4, 6), it should be (4, streams, 6)");
  BOOST_TEST(error(lstm, {2, 4, 6}) == "[char_rnn] the state is (2, 4, 6), it should be (4, streams, 6)");
  BOOST_TEST(thrown<ValueError>([&] {
               rnn.loss(ids, ids, tape.filled({4, 6}, 0.0), {.dropout = 0.5});
             }) == "[char_rnn] dropout needs an Rng");
  BOOST_TEST(thrown<ShapeError>([&] {
               lstm.step(ids, tape.filled({4, 3, 6}, 0.0));
             }) == "[char_rnn] 4 inputs for 3 streams");
  BOOST_TEST(thrown<ShapeError>([&] {
               lstm.cells[1].project(tape.filled({4, 5}, 0.0));
             }) == "[affine] inner dimensions differ: x is (4, 5), w is (6, 24)");
}

BOOST_AUTO_TEST_SUITE_END()
