// The hand-written side of the benchmarks computes the right gradients: against the formulas of examples/by_hand in
// long double, and where those have no counterpart against the tape.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <by_hand/by_hand.hpp>
#include <cmath>
#include <ostream>

#include "../hand/lstm.hpp"
#include "../hand/rnn.hpp"
#include "../training/models.hpp"

using namespace xgrad;
namespace bdata = boost::unit_test::data;

namespace {

using D = double;
using Flat = std::vector<D>;

struct Config {
  hand::Sizes sizes;
  hand::Plan plan;
};

std::ostream& operator<<(std::ostream& out, const Config& c) {
  return out << "V " << c.sizes.vocabulary << " H " << c.sizes.hidden << " T " << c.sizes.steps << " B "
             << c.sizes.batch << " block " << c.plan.block << " transposed " << c.plan.transposed;
}

// Hidden sizes below a SIMD register, with a tail, and of whole registers; blocks that divide T and that do not.
std::vector<Config> make_configs() {
  std::vector<Config> all;
  const hand::Sizes sizes[] = {{5, 7, 1, 1}, {5, 7, 4, 3}, {2, 1, 3, 2}, {9, 16, 5, 4}, {67, 33, 7, 1}, {3, 20, 6, 50}};
  for (const hand::Sizes& s : sizes)
    for (const Index block : {Index(1), Index(3), s.steps})
      for (const bool transposed : {false, true}) all.push_back({s, {block, transposed}});
  return all;
}
const std::vector<Config> configs = make_configs();

struct Results {
  D loss;
  std::vector<Flat> gradients, state;  // in the order of visit; h and c of each layer
};

// Weights, window and first state; nothing is zero.
struct Case {
  hand::Sizes s;
  int layers;  // of an LSTM; 0 is a tanh RNN
  std::vector<Flat> weights, first;
  std::vector<Shape> shapes;
  std::vector<Index> inputs, targets;

  Case(const hand::Sizes& sizes, int lstm_layers) : s(sizes), layers(lstm_layers) {
    const Index v = s.vocabulary, h = s.hidden, gates = layers ? 4 * h : h;
    for (int i = 0; i < std::max(1, layers); ++i) {
      shapes.insert(shapes.end(), {{i == 0 ? v : h, gates}, {h, gates}, {gates}});
      first.resize(first.size() + (layers ? 2 : 1), Flat(hand::size(s.batch, h)));
    }
    shapes.insert(shapes.end(), {{h, v}, {v}});
    for (const Shape& shape : shapes) weights.emplace_back(std::size_t(shape.size()));
    Rng rng(17);
    for (Flat& w : weights) rng.fill_normal(std::span<D>(w), 0.4);
    for (Flat& x : first) rng.fill_normal(std::span<D>(x), 0.5);
    for (Index i = 0; i < s.steps * s.batch; ++i) {
      inputs.push_back(rng.below(v));
      targets.push_back(rng.below(v));
    }
  }
};

// Two steps from the same state, so that the second finds what the first has left in the buffers.
template <class Model>
Results by_hand_written(const Case& c, const hand::Plan& plan) {
  Model model(c.s, c.layers, plan);
  Results r{0, c.weights, c.first};
  for (Flat& g : r.gradients) std::fill(g.begin(), g.end(), std::nan(""));
  std::vector<const D*> w;
  std::vector<D*> g;
  for (const Flat& x : c.weights) w.push_back(x.data());
  for (Flat& x : r.gradients) g.push_back(x.data());
  const auto states = model.first_state();
  BOOST_REQUIRE_EQUAL(states.size(), c.first.size());
  for (int i = 0; i < 2; ++i) {
    for (std::size_t k = 0; k < states.size(); ++k) std::copy(c.first[k].begin(), c.first[k].end(), states[k]);
    r.loss = model.step(w, {c.inputs.data(), c.targets.data(), D(1) / D(c.s.batch)}, g);
  }
  model.carry();
  for (std::size_t k = 0; k < states.size(); ++k) std::copy_n(states[k], r.state[k].size(), r.state[k].begin());
  return r;
}

Results by_formulas(const Case& c, decltype(by_hand::rnn) formulas) {
  const auto matrix = [](const Flat& x, std::size_t rows) {
    by_hand::Matrix m(rows, x.size() / rows);
    std::copy(x.begin(), x.end(), m.v.begin());
    return m;
  };
  by_hand::Weights weights;
  for (std::size_t i = 0; i < c.weights.size(); ++i)
    weights.push_back(matrix(c.weights[i], c.shapes[i].rank() == 2 ? std::size_t(c.shapes[i][0]) : 1));
  by_hand::State first;
  for (const Flat& x : c.first) first.push_back(matrix(x, std::size_t(c.s.batch)));
  const by_hand::Result r =
      formulas(weights, {{c.inputs.begin(), c.inputs.end()}, {c.targets.begin(), c.targets.end()}}, first);
  Results out{D(r.loss), {}, {}};
  for (const auto& g : r.gradients) out.gradients.emplace_back(g.v.begin(), g.v.end());
  for (const auto& x : r.state) out.state.emplace_back(x.v.begin(), x.v.end());
  return out;
}

Results by_tape(const Case& c) {
  const bench::Workload w{"", c.s.hidden, c.s.steps, c.s.batch, c.layers, c.s.vocabulary};
  return bench::with_model<D>(w, [&](const auto& /*store*/, const auto& model) -> Results {
    const auto parameters = named_parameters(model);
    BOOST_REQUIRE_EQUAL(parameters.size(), c.weights.size());
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      BOOST_REQUIRE_EQUAL(parameters[i].parameter.shape(), c.shapes[i]);
      std::copy(c.weights[i].begin(), c.weights[i].end(), parameters[i].parameter.mutable_value().begin());
    }
    Tape<D> tape;
    Array<D> first = model.initial_state(c.s.batch);  // h of each layer, then c of each
    const std::size_t layers = std::size_t(c.layers), part = c.first[0].size();
    BOOST_REQUIRE_EQUAL(first.size(), part * c.first.size());
    const auto place = [&](std::size_t k) { return part * (k % 2 * layers + k / 2); };
    for (std::size_t k = 0; k < c.first.size(); ++k)
      std::copy(c.first[k].begin(), c.first[k].end(), first.data() + place(k));
    const auto [loss, last] = model.loss(c.inputs, c.targets, constant(first));
    backward(loss);
    Results r{loss.item(), {}, {}};
    for (const auto& p : parameters) {
      const auto g = p.parameter.grad();
      r.gradients.emplace_back(g.begin(), g.end());
    }
    for (std::size_t k = 0; k < c.first.size(); ++k)
      r.state.emplace_back(last.data() + place(k), last.data() + place(k) + part);
    return r;
  });
}

// By the norm, and element by element: there a difference may be cancellation, which is measured by the largest.
void check_close(const std::vector<Flat>& got, const std::vector<Flat>& want) {
  BOOST_REQUIRE_EQUAL(got.size(), want.size());
  for (std::size_t k = 0; k < want.size(); ++k) BOOST_TEST_CONTEXT("array " << k) {
      BOOST_REQUIRE_EQUAL(got[k].size(), want[k].size());
      D distance = 0, norm = 0, largest = 0;
      for (std::size_t i = 0; i < want[k].size(); ++i) {
        distance += (got[k][i] - want[k][i]) * (got[k][i] - want[k][i]);
        norm += want[k][i] * want[k][i];
        largest = std::max(largest, std::abs(want[k][i]));
      }
      BOOST_TEST(std::sqrt(distance) <= 1e-12 * std::sqrt(norm));
      for (std::size_t i = 0; i < want[k].size(); ++i) BOOST_TEST(std::abs(got[k][i] - want[k][i]) <= 1e-12 * largest);
    }
}

void check(const Results& got, const Results& want) {
  BOOST_TEST(std::abs(got.loss - want.loss) <= 1e-13 * want.loss);
  check_close(got.gradients, want.gradients);
  check_close(got.state, want.state);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(benchmarks)

BOOST_DATA_TEST_CASE(hand_rnn_gradients, bdata::make(configs), config) {
  const Case c(config.sizes, 0);
  check(by_hand_written<hand::Rnn<D>>(c, config.plan), by_formulas(c, by_hand::rnn));
}

BOOST_DATA_TEST_CASE(hand_lstm_gradients, bdata::make(configs), config) {
  const Case c(config.sizes, 1);
  check(by_hand_written<hand::Lstm<D>>(c, config.plan), by_formulas(c, by_hand::lstm));
}

BOOST_DATA_TEST_CASE(hand_lstm_stack_gradients, bdata::make(configs), config) {
  for (const int layers : {1, 2, 3}) BOOST_TEST_CONTEXT(layers << " layers") {
      const Case c(config.sizes, layers);
      check(by_hand_written<hand::Lstm<D>>(c, config.plan), by_tape(c));
    }
}

BOOST_AUTO_TEST_SUITE_END()
