// The generated checks that belong to no op: recurrent models in four ways, and random programs; and models under
// gradcheck, with their parameters by name.
#include <boost/test/unit_test.hpp>
#include <xgrad/models/gradcheck.hpp>

#include "program.hpp"
#include "suite.hpp"

using namespace xgrad;

namespace {

// A model whose first state is among its parameters.
template <class M>
struct WithState {
  using Value = typename M::Value;
  ParamStore<Value> store;
  M model;
  Parameter<Value> state;

  WithState(Index layers, Index batch)
      : model(store, {.vocabulary = 3, .hidden = 2, .layers = layers}), state(store.add(model.state_shape(batch))) {}
  void visit(auto&& f) const {
    model.visit(f);
    f("state", state);
  }
};

// By all weights of all layers and by the first state, in all methods. The loss is that of two windows, the second of
// which begins where the first ends, so that the last state has a gradient too.
template <template <class> class M>
void check_stack(Index layers, Index batch) {
  using Z = std::complex<double>;
  const WithState<M<double>> stack(layers, batch);
  const WithState<M<float>> narrow(layers, batch);
  const WithState<M<Z>> complex(layers, batch);
  Rng rng(2);
  for (const auto& p : named_parameters(stack)) {
    // What leads up is large, or the lowest layers' gradients are too small for differences of the loss.
    const bool up = p.name == "head.weight" || (p.name.starts_with("rnn.weight_ih") && p.name.back() != '0');
    rng.fill_normal(p.parameter.mutable_value(), up ? 2 : 0.4);
  }
  const std::vector<Index> ids{0, 2, 1, 0, 2, 2, 1, 1, 0};
  const auto loss = [&](const auto& m) {
    const auto part = [&](Index from, Index steps) {
      return std::span<const Index>(ids).subspan(std::size_t(from), std::size_t(steps * batch));
    };
    const auto one = m.model.loss(part(0, 3), part(1, 3), m.state);
    return one.loss + m.model.loss(part(1, 1), part(2, 1), one.state).loss;
  };
  GradcheckOptions options;
  options.exact = Rtol{1e-12};
  const GradcheckReport report = gradcheck(loss, stack, narrow, complex, options);
  BOOST_TEST(report.passed(), report);
  BOOST_TEST(report.count(Verdict::agree) == 13, report);
}

template <class T>
using Rnn = CharRnn<T>;  // of one argument, as the other two

template <template <class> class M>
void check_stacks() {
  for (const Index layers : {2, 3})
    for (const Index batch : {1, 2})
      BOOST_TEST_CONTEXT(layers << " layers, " << batch << " streams") check_stack<M>(layers, batch);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(gradcheck_suite)

BOOST_AUTO_TEST_CASE(stacks_of_rnns) { check_stacks<Rnn>(); }
BOOST_AUTO_TEST_CASE(stacks_of_lstms) { check_stacks<CharLstm>(); }
BOOST_AUTO_TEST_CASE(stacks_of_grus) { check_stacks<CharGru>(); }

BOOST_AUTO_TEST_CASE(four_gradients_of_recurrent_models_agree) {
  const auto found = suite::check_recurrent(1);
  BOOST_TEST(found.size() == 36u);  // three models, three windows, three other ways and the loss
  for (const suite::Finding& f : found)
    BOOST_TEST(f.agrees, f.what << ", " << f.method << ": " << f.error << ", " << f.worst);
}

BOOST_AUTO_TEST_CASE(random_programs) {
  const suite::Totals totals = suite::check_programs(5000, 300 / XGRAD_CHECK_FRACTION);
  BOOST_TEST(totals.failed == 0);
  for (const std::string& failure : totals.failures) BOOST_ERROR(failure);
}

BOOST_AUTO_TEST_CASE(a_program_is_a_function_of_its_seed) {
  Rng one(7), same(7), other(8);
  const suite::Program program(one, 30);
  BOOST_TEST(program.code.size() == 30u);
  BOOST_TEST(program.str() == suite::Program(same, 30).str());
  BOOST_TEST(program.str() != suite::Program(other, 30).str());
}

BOOST_AUTO_TEST_CASE(a_model_is_checked_by_the_names_of_its_parameters) {
  using Z = std::complex<double>;
  ParamStore<double> store;
  ParamStore<float> narrow_store;
  ParamStore<Z> complex_store;
  const CharRnn<double> model(store, {.vocabulary = 3, .hidden = 4});
  const CharRnn<float> narrow(narrow_store, {.vocabulary = 3, .hidden = 4});
  const CharRnn<Z> complex(complex_store, {.vocabulary = 3, .hidden = 4});
  Rng rng(2);
  init_normal(model, 0.5, rng);
  const std::vector<double> before(store.values().begin(), store.values().end());
  const std::vector<Index> inputs{0, 2, 1, 0, 2, 2}, targets{2, 1, 0, 2, 2, 0};
  const auto loss = [&](const auto& m) { return m.loss(inputs, targets, constant(m.initial_state(2))).loss; };
  GradcheckOptions options;
  options.exact = Rtol{1e-12};
  const GradcheckReport report = gradcheck(loss, model, narrow, complex, options);
  BOOST_TEST(report.passed(), report);
  BOOST_TEST(report.count(Verdict::agree) == 13, report);
  const std::string& place = report.lines[0].worst.place;  // which of them is for round-off to say
  BOOST_TEST((place.starts_with("rnn.weight_") || place.starts_with("rnn.bias_") || place.starts_with("head.")),
             report);
  BOOST_TEST(std::equal(before.begin(), before.end(), store.values().begin()));

  const GradcheckReport in_double = gradcheck(loss, model);
  BOOST_TEST(in_double.passed(), in_double);
  BOOST_TEST(in_double.count(Verdict::not_applicable) == 5, in_double);
}

BOOST_AUTO_TEST_SUITE_END()
