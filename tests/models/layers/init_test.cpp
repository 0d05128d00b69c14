// Initialisers: ranges, moments, and the order of the draws.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <xgrad/models/models.hpp>

#include "../../thrown.hpp"

using namespace xgrad;
namespace tt = boost::test_tools;

namespace {

template <template <class> class Cell, class T>
struct Model {
  static constexpr Index vocabulary = 40, hidden = 25;
  ParamStore<T> store;
  CharRnn<T, Cell> model;
  explicit Model(Index layers) : model(store, {vocabulary, hidden, layers}) {}
  std::vector<NamedParameter<T>> parameters() const { return named_parameters(model); }
};

// Values in the order of the file: (out, in) where that is the layout.
template <class T>
std::vector<T> in_order(const NamedParameter<T>& p) {
  const Array<T> a =
      p.layout == Layout::transposed ? Array<T>(xt::transpose(p.parameter.value())) : Array<T>(p.parameter.value());
  return {a.begin(), a.end()};
}

// Uniform on [-bound, bound]: the extremes, the mean, and the variance bound^2 / 3, each within six standard deviations
// of what n such numbers have, or so.
template <class T>
void check_uniform(const std::vector<T>& values, double bound) {
  const double n = double(values.size());
  double sum = 0, squares = 0, largest = 0;
  for (const T x : values)
    sum += double(x), squares += double(x) * double(x), largest = std::max(largest, std::abs(double(x)));
  BOOST_TEST(largest <= double(T(bound)));
  BOOST_TEST(largest > bound * (1 - 20 / n));
  BOOST_TEST(std::abs(sum / n) < 6 * bound / std::sqrt(3 * n));
  BOOST_TEST(std::abs(squares / n / (bound * bound) - 1.0 / 3) < 6 * 0.3 / std::sqrt(n));
}

// The very numbers of the generator, parameter by parameter.
template <class T>
void check_draws(const std::vector<NamedParameter<T>>& parameters, Rng rng,
                 const std::function<double(const std::string&)>& bound) {
  for (const auto& p : parameters) {
    std::vector<T> want(static_cast<std::size_t>(p.parameter.size()));
    rng.fill_uniform(std::span<T>(want), -bound(p.name), bound(p.name));
    BOOST_TEST((in_order(p) == want), p.name);
    check_uniform(want, bound(p.name));
  }
}

template <template <class> class Cell, class T>
void check_model() {
  for (const Index layers : {1, 3}) {
    Model<Cell, T> m(layers);
    Rng rng(3);
    init_uniform(m.model, 0.08, rng);
    check_draws<T>(m.parameters(), Rng(3), [](const std::string&) { return 0.08; });
    Rng again(4);
    init_as_pytorch(m.model, again);  // the output layer's inputs are the hidden units, too
    check_draws<T>(m.parameters(), Rng(4), [](const std::string&) { return 1 / std::sqrt(25.0); });
  }
}

// A model of its own, whose layers have fans of their own.
template <class T>
struct Tagger {
  using Value = T;
  Embedding<T> table;
  LstmCell<T> cell;
  Linear<T> out;
  explicit Tagger(ParamStore<T>& store) : table(store, 50, 30), cell(store, 30, 16), out(store, 64, 40) {}
  void visit(auto&& f) const { f("table", table), f("cell", cell), f("out", out); }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(initialisers)

BOOST_AUTO_TEST_CASE(every_cell_and_depth) {
  check_model<RnnCell, float>(), check_model<RnnCell, double>();
  check_model<LstmCell, float>(), check_model<LstmCell, double>();
  check_model<GruCell, float>(), check_model<GruCell, double>();
}

BOOST_AUTO_TEST_CASE(each_layer_by_its_own_rule) {
  ParamStore<double> store;
  const Tagger<double> tagger(store);
  Rng rng(5), same(5);
  init_as_pytorch(tagger, rng);
  const auto parameters = named_parameters(tagger);
  std::vector<double> table(50 * 30);
  same.fill_normal(std::span<double>(table), 1);
  BOOST_TEST((in_order(parameters[0]) == table));
  check_draws<double>({parameters.begin() + 1, parameters.end()}, same,
                      [](const std::string& name) { return name.starts_with("cell") ? 0.25 : 0.125; });
  BOOST_TEST(parameters.size() == 6);
}

BOOST_AUTO_TEST_CASE(a_layer_alone) {
  ParamStore<float> store;
  const Linear<float> linear(store, 16, 300);
  const Embedding<float> embedding(store, 100, 20);
  const GruCell<float> cell(store, 20, 64);
  Rng rng(6);
  init_as_pytorch(linear, rng), init_as_pytorch(embedding, rng), init_as_pytorch(cell, rng);
  check_uniform(in_order(named_parameters(linear)[0]), 0.25);
  check_uniform(in_order(named_parameters(linear)[1]), 0.25);
  for (const auto& p : named_parameters(cell)) check_uniform(in_order(p), 0.125);
  double sum = 0, squares = 0;
  for (const float x : embedding.weight.value()) sum += double(x), squares += double(x) * double(x);
  BOOST_TEST(std::abs(sum / 2000) < 0.1);
  BOOST_TEST(std::abs(squares / 2000 - 1) < 0.15);
}

BOOST_AUTO_TEST_CASE(normal_matrices_and_vectors_at_zero) {
  Model<LstmCell, double> m(2);
  Rng rng(7), same(7);
  init_normal(m.model, 0.3, rng);
  for (const auto& p : m.parameters()) {
    std::vector<double> want(static_cast<std::size_t>(p.parameter.size()));
    if (p.parameter.rank() == 2) same.fill_normal(std::span<double>(want), 0.3);
    BOOST_TEST((in_order(p) == want), p.name);
  }
}

BOOST_AUTO_TEST_CASE(forget_bias_is_the_second_quarter) {
  ParamStore<float> store;
  const LstmCell<float> cell(store, 3, 2);
  Rng rng(8);
  init_uniform(cell, 0.08, rng);
  const Array<float> before = cell.bias.value(), weights = cell.weight_hh.value();
  set_forget_bias(cell, 1);
  for (std::size_t i = 0; i < 8; ++i) BOOST_TEST(cell.bias.value()(i) == (i == 2 || i == 3 ? 1 : before(i)));
  BOOST_TEST((cell.weight_hh.value() == weights));
  for (const double value : {double(INFINITY), std::nan("")})
    BOOST_TEST(thrown<ValueError>([&] { set_forget_bias(cell, value); }) ==
               "[set_forget_bias] the value must be finite, it is " + std::to_string(value));
}

// With all else at zero, i = o = 1/2, g = 0 and c' = sigmoid(f) c: it is the forget gate that the bias moves.
BOOST_AUTO_TEST_CASE(forget_bias_moves_the_forget_gate) {
  ParamStore<double> store;
  const LstmCell<double> cell(store, 3, 2);
  set_forget_bias(cell, 1.5);
  Tape<double> tape;
  const std::vector<Index> ids{1};
  const auto next = cell(cell.project(ids), {constant(Array<double>{{0, 0}}), constant(Array<double>{{4, -2}})});
  const double gate = 1 / (1 + std::exp(-1.5));
  BOOST_TEST(next.c.value()(0, 0) == 4 * gate, tt::tolerance(1e-15));
  BOOST_TEST(next.c.value()(0, 1) == -2 * gate, tt::tolerance(1e-15));
}

BOOST_AUTO_TEST_CASE(bounds_that_are_none) {
  ParamStore<double> store;
  const Linear<double> linear(store, 2, 3);
  Rng rng(9);
  for (const double bound : {-1.0, double(INFINITY), std::nan("")})
    BOOST_TEST(thrown<ValueError>([&] { init_uniform(linear, bound, rng); }) ==
               "[init_uniform] the bound must be finite and >= 0, it is " + std::to_string(bound));
  BOOST_TEST((rng == Rng(9)));
  init_uniform(linear, 0, rng);
  for (const double x : linear.weight.value()) BOOST_TEST(x == 0);
}

BOOST_AUTO_TEST_SUITE_END()
