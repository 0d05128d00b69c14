// Memory that runs out, at every place where the engine asks for some.
#include <boost/test/unit_test.hpp>
#include <new>
#include <xgrad/ops/ops.hpp>

#include "../heap.hpp"

using namespace xgrad;

namespace {

// A graph that takes every way through the engine: parameters, deferred products, parts, lists, a rule without a
// kernel.
Var<double> record_all(const Parameter<double>& w, const Parameter<double>& b) {
  const Var<double> x = leaf(Array<double>{{1, 2}, {3, 4}, {5, 6}});
  std::vector<Var<double>> states;
  states.reserve(3);
  Var<double> h = constant(Array<double>{{0.5, 0.25}});
  for (const Var<double> row : unstack(reshape(affine(x, w, b), {3, 1, 2})))
    states.push_back(h = tanh(affine(h, w, row)));
  const std::vector<Index> targets{0, 1, 1};
  const Var<double> first = softmax_cross_entropy(stack(states), targets);
  return first + sum(grad(first, {x})[0]);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(exceptions)

BOOST_AUTO_TEST_CASE(every_failing_allocation_is_an_exception_and_nothing_worse) {
  ParamStore<double> store;
  const auto w = store.add(Array<double>{{0.1, 0.2}, {0.3, 0.4}}), b = store.add(Array<double>{0.5, 0.6});
  const auto run = [&] {
    Tape<double> tape;
    store.zero_grad();
    backward(record_all(w, b));
  };
  run();
  const Array<double> wanted = w.grad();
  int failures = 0;
  for (long k = 1;; ++k) {
    bool failed = false;
    heap::fail_after(k);
    try {
      run();
    } catch (const std::bad_alloc&) {
      failed = true;
    }
    heap::fail_after(0);
    if (!failed) break;
    ++failures;
    run();  // all is as if nothing had happened
    for (std::size_t i = 0; i < wanted.size(); ++i) BOOST_TEST(w.grad().data()[i] == wanted.data()[i]);
  }
  BOOST_TEST(failures > 10);
}

BOOST_AUTO_TEST_CASE(a_tape_that_ran_out_of_memory_can_be_used_again) {
  ParamStore<double> store;
  const auto w = store.add(Array<double>{{0.1, 0.2}, {0.3, 0.4}}), b = store.add(Array<double>{0.5, 0.6});
  std::vector<double> wanted;
  for (long k = 1; k < 60; ++k) {
    Tape<double> tape;
    heap::fail_after(k);
    try {
      backward(record_all(w, b));
    } catch (const std::bad_alloc&) {
    }
    heap::fail_after(0);
    tape.clear();
    store.zero_grad();
    backward(record_all(w, b));
    const Array<double> g = w.grad();
    if (wanted.empty()) wanted.assign(g.begin(), g.end());
    for (std::size_t i = 0; i < wanted.size(); ++i) BOOST_TEST(g.data()[i] == wanted[i]);
  }
}

BOOST_AUTO_TEST_SUITE_END()
