// Recording: values, handles, memory, the pause guard.
#include <boost/test/unit_test.hpp>
#include <thread>
#include <xgrad/ops/ops.hpp>

#include "../heap.hpp"
#include "../thrown.hpp"

using namespace xgrad;

BOOST_AUTO_TEST_SUITE(tape)

BOOST_AUTO_TEST_CASE(values_are_views_of_tape_memory) {
  Tape<double> t;
  const Var<double> x = leaf(Array<double>{{1, 2, 3}, {4, 5, 6}});
  const Var<double> y = x * 2;
  BOOST_TEST(y.shape() == (Shape{2, 3}));
  BOOST_TEST(y.rank() == 2);
  BOOST_TEST(y.size() == 6);
  BOOST_TEST(y.value()(1, 2) == 12);
  BOOST_TEST(y.value<2>()(0, 1) == 4);
  BOOST_TEST(y.value().data() == y.data());
  BOOST_TEST(reinterpret_cast<std::uintptr_t>(y.data()) % 64 == 0);
}

BOOST_AUTO_TEST_CASE(ops_record_on_the_innermost_tape) {
  Tape<double> outer;
  {
    Tape<double> inner;
    constant(1.0);
    BOOST_TEST(inner.size() == 1);
    BOOST_TEST(outer.size() == 0);
  }
  constant(1.0);
  BOOST_TEST(outer.size() == 1);
}

BOOST_AUTO_TEST_CASE(tapes_of_both_types_live_side_by_side) {
  Tape<double> d;
  Tape<float> f;
  const Var<double> x = leaf(Array<double>{2});
  const Var<float> y = leaf(Array<float>{3});
  backward(sum(x * x));
  backward(sum(y * y));
  BOOST_TEST(x.grad()(0) == 4);
  BOOST_TEST(y.grad()(0) == 6.0f);
}

BOOST_AUTO_TEST_CASE(a_tape_on_the_heap_may_end_before_an_inner_one) {
  auto first = std::make_unique<Tape<double>>();
  Tape<double> second;
  first.reset();
  const Var<double> x = constant(3.0);
  BOOST_TEST(x.item() == 3);
}

BOOST_AUTO_TEST_CASE(a_tape_out_of_scope_is_current_within_a_tape_scope_alone) {
  Tape<double> tape(out_of_scope), outer;
  BOOST_TEST(Tape<double>::current() == &outer);
  Var<double> x;
  {
    const TapeScope<double> scope(tape);
    BOOST_TEST(Tape<double>::current() == &tape);
    x = leaf(Array<double>{2});
    {
      const Tape<double> inner;
      BOOST_TEST(Tape<double>::current() == &inner);
    }
    backward(sum(x * x));
    BOOST_TEST(x.grad()(0) == 4);
    BOOST_TEST(thrown<TapeError>([&] { const TapeScope<double> again(tape); }) ==
               "[tape] the tape is in scope already");
    BOOST_TEST(Tape<double>::current() == &tape);
  }
  BOOST_TEST(Tape<double>::current() == &outer);
  BOOST_TEST(outer.size() == 0);
  BOOST_TEST(thrown<TapeError>([&] { x.grad(); }) == "[grad] the Var's tape is gone or belongs to another thread");
  BOOST_TEST(thrown<TapeError>([&] { const TapeScope<double> mine(outer); }) == "[tape] the tape is in scope already");
}

BOOST_AUTO_TEST_CASE(a_tape_out_of_scope_goes_from_thread_to_thread) {
  auto tape = std::make_unique<Tape<double>>(out_of_scope);
  Var<double> x;
  std::thread([&] {
    const TapeScope<double> scope(*tape);
    x = leaf(Array<double>{3});
  }).join();
  std::thread([&] {
    {
      const TapeScope<double> scope(*tape);
      backward(sum(x * x));
      const double g = x.grad()(0);
      x = leaf(Array<double>{g});
    }
    Tape<double>* const none = Tape<double>::current();
    if (none) x = {};
  }).join();
  {
    const TapeScope<double> scope(*tape);
    BOOST_TEST(x.item() == 6);
  }
  tape.reset();
  BOOST_TEST(!Tape<double>::current());
}

BOOST_AUTO_TEST_CASE(what_needs_no_gradient_keeps_nothing_but_its_value) {
  Tape<double> t;
  const Var<double> a = constant(2.0), b = a * a;
  BOOST_TEST(!b.requires_grad());
  BOOST_TEST((t.node(1).rule == nullptr));
  BOOST_TEST(t.node(0).uses == 0);
}

BOOST_AUTO_TEST_CASE(a_paused_tape_computes_and_records_no_history) {
  Tape<double> t;
  const Var<double> x = leaf(Array<double>{2});
  Var<double> y;
  {
    const PauseGuard<double> pause(t);
    y = x * x;
    BOOST_TEST(y.value()(0) == 4);
    BOOST_TEST(!y.requires_grad());
    { const PauseGuard<double> again(t); }
    BOOST_TEST(!(x * x).requires_grad());
  }
  backward(sum(x * y));
  BOOST_TEST(x.grad()(0) == 4);  // y counts as a number
}

BOOST_AUTO_TEST_CASE(detach_cuts_the_history) {
  Tape<double> t;
  const Var<double> x = leaf(Array<double>{3});
  const Var<double> y = (x * x).detach();
  BOOST_TEST(y.value()(0) == 9);
  backward(sum(x * y));
  BOOST_TEST(x.grad()(0) == 9);
}

BOOST_AUTO_TEST_CASE(clear_keeps_the_memory) {
  Tape<float> t;
  const Array<float> big = make_array<float>({300, 1000});  // more than a chunk
  const auto step = [&] {
    t.clear();
    const Var<float> x = leaf(big);
    Var<float> y = x;
    for (int i = 0; i < 5; ++i) y = tanh(y * x);
    backward(sum(y));
  };
  step(), step();  // the second makes one chunk of many
  const TapeMemory before = t.memory();
  for (int i = 0; i < 3; ++i) step();
  BOOST_TEST(t.memory().heap_allocations == before.heap_allocations);
  BOOST_TEST(t.memory().reserved == before.reserved);
  BOOST_TEST(t.memory().values == before.values);
  t.clear();
  BOOST_TEST(t.memory().values == 0);
  BOOST_TEST(t.memory().reserved == before.reserved);
}

BOOST_AUTO_TEST_CASE(arrays_of_a_repeated_step_are_neighbours) {
  Tape<float> t;
  for (const bool repeated : {false, true}) {
    t.clear();
    std::vector<Var<float>> x;
    for (int i = 0; i < 40; ++i) x.push_back(t.filled({100, 160}, 1));  // 2.4 MiB
    bool neighbours = true;
    for (std::size_t i = 1; i < x.size(); ++i) neighbours &= x[i].data() == x[i - 1].data() + x[i - 1].size();
    BOOST_TEST(neighbours == repeated);
    const Var<float> all = stack(x);  // no copy of what lies like a stack
    BOOST_TEST((all.data() == x[0].data()) == repeated);
    BOOST_TEST(all.data()[all.size() - 1] == 1);
  }
}

BOOST_AUTO_TEST_CASE(no_digit_depends_on_what_the_tape_held_before) {
  // Of more than a chunk: where the states of the loop lie differs from the first recording to the next ones.
  enum Kind { independent, composed, fused, backwards };
  const auto random = [](const Shape& shape, double stddev) {
    Rng rng(8);
    Array<float> a = make_array<float>(shape);
    for (float& v : a) v = float(stddev * rng.normal());
    return a;
  };
  const auto run = [&](Tape<float>& t, Kind kind, Index rows) {
    const TapeScope<float> scope(t);
    t.clear();
    const Var<float> w = leaf(random({60, 60}, 0.1));
    Var<float> h = constant(random({rows, 60}, 1));
    std::vector<Var<float>> states;
    const auto step = [&](double at) {
      if (kind == independent) return affine(tanh(h * at), w, h);
      return h = kind == fused ? affine_tanh(h, w, h * 0.1) : tanh(affine(h, w, h * 0.1));
    };
    const Index count = 9000 / rows;
    const Vars<float> parts = unstack(leaf(random({count, rows, 60}, 1)));
    for (Index i = 0; i < count; ++i)
      states.push_back(kind == backwards ? tanh(matmul(parts[count - 1 - i], w)) : step(0.1 + 1e-4 * i));
    backward(sum(square(stack(states))));
    const Array<float> g = w.grad();
    return std::vector<float>(g.begin(), g.end());
  };
  for (const Index rows : {1, 30})
    for (const Kind kind : {independent, composed, fused, backwards}) {
      Tape<float> fresh(out_of_scope), used(out_of_scope);
      const std::vector<float> want = run(fresh, kind, rows);
      for (const Index n : {700'000, 100, 30'000}) {
        {
          const TapeScope<float> scope(used);
          used.clear();
          backward(sum(leaf(make_array<float>({n}))));
        }
        for (int again = 0; again < 2; ++again) BOOST_TEST((run(used, kind, rows) == want));
      }
    }
}

BOOST_AUTO_TEST_CASE(a_repeated_step_takes_nothing_from_the_heap) {
  ParamStore<float> store;
  const Parameter<float> w = store.add(Shape{8, 8}), b = store.add(Shape{8});
  Tape<float> t;
  const Array<float> x = make_array<float>({4, 8});
  const std::vector<Index> targets = {0, 1, 2, 3};
  std::vector<Var<float>> states;
  const auto step = [&] {
    t.clear();
    store.zero_grad();
    states.clear();
    Var<float> h = constant(x);
    for (int i = 0; i < 6; ++i) states.push_back(h = tanh(affine(h, w, b)));
    const Vars<float> parts = unstack(stack(states));
    backward(softmax_cross_entropy(parts[0] * parts[3] + parts[5], targets));
  };
  step();
  step();
  const long before = heap::allocations();
  for (int i = 0; i < 100; ++i) step();
  BOOST_TEST(heap::allocations() - before == 0);
}

BOOST_AUTO_TEST_CASE(scalars_of_any_arithmetic_type_mix_with_vars) {
  Tape<float> t;
  const Var<float> x = leaf(Array<float>{2});
  const Var<float> y = 1 + 2 * x - 0.5 + x / 4u - (3.0f - x) + 6 / x - x * 1.5L;
  BOOST_TEST(y.value()(0) == 1 + 4 - 0.5f + 0.5f - 1 + 3 - 3);
}

BOOST_AUTO_TEST_CASE(no_public_type_holds_an_xtensor_expression) {
  static_assert(std::is_same_v<decltype(std::declval<Var<float>>().value()), View<float>>);
  static_assert(std::is_same_v<decltype(std::declval<Var<float>>().grad()), Array<float>>);
  static_assert(std::is_same_v<decltype(std::declval<Var<float>>() + std::declval<Var<float>>()), Var<float>>);
  static_assert(sizeof(Var<double>) == 16 && sizeof(Node<double>) == 64);
}

BOOST_AUTO_TEST_SUITE_END()
