// Backpropagation through time as it falls out of the tape, against BPTT derived by hand in examples/by_hand; and the
// hand formulas against differences of their own loss, which know nothing of the tape.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <by_hand/by_hand.hpp>
#include <cmath>
#include <ostream>
#include <xgrad/models/models.hpp>

using namespace xgrad;
namespace bdata = boost::unit_test::data;

namespace {

using D = double;
using Rnn = CharRnn<D>;
using Lstm = CharLstm<D>;
using Gru = CharGru<D>;
using ByHand = by_hand::Result (*)(const by_hand::Weights&, const by_hand::Window&, const by_hand::State&);

struct Config {
  Index steps, batch;
  double spread;
  Index vocabulary = 5, hidden = 7;  // few characters, so that they repeat
};

std::ostream& operator<<(std::ostream& out, const Config& c) {
  return out << "T " << c.steps << " B " << c.batch << " spread " << c.spread << " V " << c.vocabulary << " H "
             << c.hidden;
}

std::vector<Config> make_configs() {
  std::vector<Config> all;
  for (const Index steps : {1, 2, 3, 25})
    for (const Index batch : {1, 3})
      for (const double spread : {0.01, 0.5}) all.push_back({steps, batch, spread});
  // One hidden unit; fewer than a SIMD register, whole registers, and a size in earnest.
  all.insert(all.end(), {{3, 2, 0.5, 2, 1}, {7, 1, 0.5, 2, 3}, {5, 4, 0.3, 9, 16}, {25, 1, 0.1, 67, 33}});
  return all;
}
const std::vector<Config> configs = make_configs();

// What the tape and the hand formulas start from: the biases and the first state are not zero either.
template <class M>
struct Case {
  ParamStore<D> store;
  M model;
  std::vector<Index> inputs, targets;
  std::vector<Array<D>> first;

  explicit Case(const Config& c) : model(store, {.vocabulary = c.vocabulary, .hidden = c.hidden}) {
    Rng rng(17);
    for (const auto& p : named_parameters(model)) rng.fill_normal(p.parameter.mutable_value(), c.spread);
    for (Index i = 0; i < c.steps * c.batch; ++i) {
      inputs.push_back(rng.below(c.vocabulary));
      targets.push_back(rng.below(c.vocabulary));
    }
    for (Index i = 0; i < model.state_parts(); ++i) first.push_back(rng.normal_array<D>({c.batch, c.hidden}, 0.5));
  }
};

struct FromTape {
  D loss;
  std::vector<Array<D>> gradients, state_gradients, state;
};

template <class M>
FromTape from_tape(const Case<M>& c) {
  Tape<D> tape;
  std::vector<Var<D>> first;
  for (const auto& a : c.first) first.push_back(leaf(a));
  const auto [loss, state] = c.model.loss(c.inputs, c.targets, stack_state(first));
  backward(loss);
  FromTape r{loss.item(), {}, {}, {}};
  for (const auto& p : named_parameters(c.model)) r.gradients.push_back(p.parameter.grad());
  for (const auto& v : first) r.state_gradients.push_back(v.grad());
  for (const Var<D> v : unstack_state(state)) r.state.push_back(Array<D>(v.value()));
  return r;
}

by_hand::Matrix matrix(const D* data, const Shape& s) {
  by_hand::Matrix m(s.rank() == 2 ? std::size_t(s[0]) : 1, std::size_t(s[s.rank() - 1]));
  std::copy_n(data, s.size(), m.v.begin());
  return m;
}

template <class M>
by_hand::Result from_hand(ByHand bptt, const Case<M>& c) {
  by_hand::Weights weights;
  for (const auto& p : named_parameters(c.model)) weights.push_back(matrix(p.parameter.data(), p.parameter.shape()));
  by_hand::State first;
  for (const auto& a : c.first) first.push_back(matrix(a.data(), shape_of(a)));
  return bptt(weights, {{c.inputs.begin(), c.inputs.end()}, {c.targets.begin(), c.targets.end()}}, first);
}

// Relative distance in the 2-norm.
D distance(const Array<D>& got, const by_hand::Matrix& want) {
  long double d = 0, n = 0;
  for (std::size_t i = 0; i < want.v.size(); ++i) {
    d += (got.data()[i] - want.v[i]) * (got.data()[i] - want.v[i]);
    n += want.v[i] * want.v[i];
  }
  return D(d == 0 ? 0 : std::sqrt(d / n));
}

// By the norm, and element by element: there a difference may be cancellation, which is measured by the largest.
void check_close(const std::vector<Array<D>>& got, const std::vector<by_hand::Matrix>& want) {
  BOOST_REQUIRE_EQUAL(got.size(), want.size());
  for (std::size_t k = 0; k < want.size(); ++k) BOOST_TEST_CONTEXT("array " << k) {
      BOOST_REQUIRE_EQUAL(got[k].size(), want[k].v.size());
      BOOST_TEST(distance(got[k], want[k]) <= 1e-12);
      long double largest = 0;
      for (const auto v : want[k].v) largest = std::max(largest, std::abs(v));
      for (std::size_t i = 0; i < want[k].v.size(); ++i) {
        const auto b = want[k].v[i];
        BOOST_TEST(std::abs(got[k].data()[i] - b) <= 1e-10L * std::abs(b) + 1e-14L * largest);
      }
    }
}

template <class M>
void check_gradients(ByHand bptt, const Config& config) {
  const Case<M> c(config);
  const FromTape got = from_tape(c);
  const by_hand::Result want = from_hand(bptt, c);
  check_close(got.gradients, want.gradients);
  check_close(got.state_gradients, want.state_gradients);
}

template <class M>
void check_loss_and_state(ByHand bptt) {
  for (const Config& config : configs) BOOST_TEST_CONTEXT(config) {
      const Case<M> c(config);
      const FromTape got = from_tape(c);
      const by_hand::Result want = from_hand(bptt, c);
      BOOST_TEST(std::abs(got.loss - want.loss) <= 1e-13L * want.loss);
      BOOST_REQUIRE_EQUAL(got.state.size(), want.state.size());
      for (std::size_t k = 0; k < got.state.size(); ++k) BOOST_TEST(distance(got.state[k], want.state[k]) <= 1e-14);
    }
}

// ---- the hand formulas alone

struct Problem {
  by_hand::Weights weights;
  by_hand::Window window{{0, 2, 2, 1, 0, 2}, {1, 2, 0, 0, 2, 1}};  // T = 3, B = 2
  by_hand::State first;

  // V = 3, H = 2; `blocks` stand side by side in the cell's weights.
  Problem(std::size_t blocks, std::size_t biases, std::size_t states) {
    weights = {{3, 2 * blocks}, {2, 2 * blocks}};
    weights.insert(weights.end(), biases, {1, 2 * blocks});
    weights.insert(weights.end(), {{2, 3}, {1, 3}});
    first.assign(states, {2, 2});
    Rng rng(5);
    for (auto* all : {&weights, &first})
      for (auto& m : *all)
        for (auto& v : m.v) v = 0.7L * rng.normal();
  }
};

// Central differences of sixth order. With this step, what the series leaves out is below the round-off of the loss
// over the step, 1e-16.
by_hand::Real difference(ByHand bptt, const Problem& p, by_hand::Real& at) {
  const by_hand::Real before = at, step = 1e-3L;
  const auto slope = [&](int k) {
    at = before + by_hand::Real(k) * step;
    const auto above = bptt(p.weights, p.window, p.first).loss;
    at = before - by_hand::Real(k) * step;
    const auto below = bptt(p.weights, p.window, p.first).loss;
    return above - below;
  };
  const auto d = (45 * slope(1) - 9 * slope(2) + slope(3)) / (60 * step);
  at = before;
  return d;
}

void check_by_differences(ByHand bptt, Problem p) {
  const by_hand::Result r = bptt(p.weights, p.window, p.first);
  const auto check = [&](std::vector<by_hand::Matrix>& all, const std::vector<by_hand::Matrix>& gradients) {
    BOOST_REQUIRE_EQUAL(all.size(), gradients.size());
    for (std::size_t k = 0; k < all.size(); ++k) BOOST_TEST_CONTEXT("array " << k) {
        for (std::size_t i = 0; i < all[k].v.size(); ++i)
          BOOST_TEST(std::abs(difference(bptt, p, all[k].v[i]) - gradients[k].v[i]) <= 1e-15L);
      }
  };
  check(p.weights, r.gradients);
  check(p.first, r.state_gradients);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bptt)

BOOST_DATA_TEST_CASE(rnn, bdata::make(configs), config) { check_gradients<Rnn>(by_hand::rnn, config); }
BOOST_DATA_TEST_CASE(lstm, bdata::make(configs), config) { check_gradients<Lstm>(by_hand::lstm, config); }
BOOST_DATA_TEST_CASE(gru, bdata::make(configs), config) { check_gradients<Gru>(by_hand::gru, config); }

BOOST_AUTO_TEST_CASE(losses_and_last_states) {
  check_loss_and_state<Rnn>(by_hand::rnn);
  check_loss_and_state<Lstm>(by_hand::lstm);
  check_loss_and_state<Gru>(by_hand::gru);
}

BOOST_AUTO_TEST_CASE(the_hand_formulas_by_differences) {
  BOOST_TEST_CONTEXT("rnn") check_by_differences(by_hand::rnn, {1, 1, 1});
  BOOST_TEST_CONTEXT("lstm") check_by_differences(by_hand::lstm, {4, 1, 2});
  BOOST_TEST_CONTEXT("gru") check_by_differences(by_hand::gru, {3, 2, 1});
}

BOOST_AUTO_TEST_CASE(the_hand_softmax_does_not_overflow) {
  Problem p(1, 1, 1);
  p.weights.back().v = {-30000, 0, 30000};  // e^30000 is beyond long double
  const by_hand::Result r = by_hand::rnn(p.weights, p.window, p.first);
  BOOST_TEST(std::isfinite(r.loss));
  for (const auto& g : r.gradients)
    for (const auto v : g.v) BOOST_TEST(std::isfinite(v));
}

BOOST_AUTO_TEST_SUITE_END()
