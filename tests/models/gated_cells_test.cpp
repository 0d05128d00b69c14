// The LSTM and the GRU. Their gradients against BPTT derived by hand: bptt_test.cpp.
#include <array>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <xgrad/models/models.hpp>

#include "../heap.hpp"
#include "../thrown.hpp"
#include "recurrent.hpp"

using namespace xgrad;

namespace {

template <class T, template <class> class Cell>
struct Case {
  using Model = Recurrent<T, Cell>;
  ParamStore<T> store;
  Model model{store, {.vocabulary = 5, .hidden = 6}};
  std::vector<Index> inputs, targets;
  std::vector<Array<T>> first;

  Case(Index steps, Index batch) {
    Rng rng(11);
    for (const auto& p : named_parameters(model)) rng.fill_normal(p.parameter.mutable_value(), 0.4);
    for (Index i = 0; i < steps * batch; ++i) inputs.push_back(rng.below(5)), targets.push_back(rng.below(5));
    for (int i = 0; i < 2; ++i) first.push_back(rng.normal_array<T>({batch, 6}, 0.5));
  }

  Var<T> loss() const {
    const std::array<Var<T>, 2> state{constant(first[0]), constant(first[1])};
    return model.loss(inputs, targets, state_from<typename Model::State>(state)).loss;
  }
  std::vector<T> gradients(const BackwardOptions& options) {
    Tape<T> tape;
    store.zero_grad();
    backward(loss(), options);
    const auto flat = store.gradients().flat();
    return {flat.begin(), flat.end()};
  }
};

template <template <class> class Cell>
void check_sweeps(Index batch) {
  Case<double, Cell> c(20, batch);
  const auto fast = c.gradients({});
  double largest = 0;
  for (const double v : fast) largest = std::max(largest, std::abs(v));
  for (const BackwardOptions& o : {BackwardOptions{.defer = false}, BackwardOptions{.use_kernels = false},
                                   BackwardOptions{.use_kernels = false, .defer = false}}) {
    const auto other = c.gradients(o);
    for (std::size_t i = 0; i < fast.size(); ++i) BOOST_TEST(std::abs(fast[i] - other[i]) <= 1e-13 * largest);
  }
}

template <template <class> class Cell>
void check_heap(Index batch) {
  Case<float, Cell> c(25, batch);
  Tape<float> tape;
  const auto step = [&] {
    tape.clear();
    c.store.zero_grad();
    backward(c.loss());
  };
  step();
  const long before = heap::allocations();
  for (int i = 0; i < 10; ++i) step();
  BOOST_TEST(heap::allocations() - before == 0);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(gated_cells)

BOOST_AUTO_TEST_CASE(all_ways_to_sweep_agree) {
  for (const Index batch : {1, 3}) {
    check_sweeps<LstmCell>(batch);
    check_sweeps<GruCell>(batch);
  }
}

BOOST_AUTO_TEST_CASE(a_training_step_takes_nothing_from_the_heap) {
  for (const Index batch : {1, 3}) {
    check_heap<LstmCell>(batch);
    check_heap<GruCell>(batch);
  }
}

BOOST_AUTO_TEST_CASE(the_template_of_the_tests_is_char_rnn_for_the_tanh_cell) {
  Case<double, RnnCell> c(6, 3);
  const auto got = c.gradients({});
  ParamStore<double> store;
  const CharRnn<double> model(store, {.vocabulary = 5, .hidden = 6});
  std::copy(c.store.values().begin(), c.store.values().end(), store.mutable_values().begin());
  Tape<double> tape;
  backward(model.loss(c.inputs, c.targets, constant(c.first[0])).loss);
  const std::span<const double> want = store.gradients().flat();
  BOOST_TEST(got == want, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_does_not_fit) {
  ParamStore<double> store;
  const LstmCell<double> lstm(store, 5, 3);
  const GruCell<double> gru(store, 5, 3);
  Tape<double> tape;
  const auto x = [&](const Shape& s) { return tape.filled(s, 0.0); };
  BOOST_TEST(thrown<ShapeError>([&] {
               lstm(x({2, 12}), {x({2, 4}), x({2, 3})});
             }) == "[affine] inner dimensions differ: x is (2, 4), w is (3, 12)");
  BOOST_TEST(thrown<ShapeError>([&] {
               lstm(x({2, 9}), {x({2, 3}), x({2, 3})});
             }) == "[affine] b, which is (2, 9), does not fit x w, which is (2, 12)");
  BOOST_TEST(thrown<ShapeError>([&] {
               lstm(x({2, 12}), {x({2, 3}), x({2, 4})});
             }) == "[fuse] shapes do not broadcast: a is (2, 3), b is (2, 4)");
  BOOST_TEST(thrown<ShapeError>([&] {
               gru(x({2, 12}), x({2, 3}));
             }) == "[reshape] x, which is (2, 12), does not fill the shape (2, 3, 3)");
  const std::vector<Index> ids{0, 5};
  BOOST_TEST(thrown<ValueError>([&] { gru.project(ids); }) == "[embedding] id 5 at position 1 is outside the 5 rows");
}

BOOST_AUTO_TEST_SUITE_END()
