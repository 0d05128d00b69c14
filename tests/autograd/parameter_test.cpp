// Parameters and their store.
#include <boost/test/unit_test.hpp>
#include <thread>
#include <xgrad/ops/ops.hpp>

using namespace xgrad;

BOOST_AUTO_TEST_SUITE(parameter)

BOOST_AUTO_TEST_CASE(a_parameter_is_a_var_to_every_op) {
  ParamStore<float> store;
  const auto a = store.add(Array<float>{{1, 2}, {3, 4}}), b = store.add(Array<float>{{5, 6}, {7, 8}});
  Tape<float> t;
  const Var<float> sliced = a;
  const Var<float> y = sliced * 2 + 1 - 0.5 * b + tanh(a) - a / b + (-a);
  BOOST_TEST(y.shape() == (Shape{2, 2}));
  BOOST_TEST(a.value()(1, 0) == 3);
  const Var<float> either = y.size() > 3 ? a : y;
  BOOST_TEST(either.value()(0, 1) == 2);
  BOOST_TEST(stack({a, b}).shape() == (Shape{2, 2, 2}));
}

BOOST_AUTO_TEST_CASE(one_node_a_tape_whatever_the_number_of_uses) {
  ParamStore<float> store;
  const auto w = store.add(Shape{3});
  Tape<float> t;
  Var<float> y = w;
  for (int i = 0; i < 5; ++i) y = y + w;
  BOOST_TEST(t.size() == 6);
}

BOOST_AUTO_TEST_CASE(copies_alias) {
  ParamStore<float> store;
  const auto w = store.add(Shape{2});
  const Parameter<float> copy = w;
  copy.mutable_value()[1] = 7;
  BOOST_TEST(w.value()(1) == 7);
}

BOOST_AUTO_TEST_CASE(flat_buffers_share_one_layout_and_keep_gaps_at_zero) {
  ParamStore<float> store;
  const auto a = store.add(Array<float>{1, 2, 3}), b = store.add(Array<float>{4});
  Tape<float> t;
  backward(sum(a * a) + sum(b * b));
  const auto values = store.values();
  const auto grads = store.gradients().flat();
  BOOST_REQUIRE_EQUAL(values.size(), grads.size());
  float dot = 0;
  for (std::size_t i = 0; i < values.size(); ++i) dot += values[i] * grads[i];
  BOOST_TEST(dot == 2 * (1 + 4 + 9 + 16));
  float total = 0;
  for (const float v : values) total += v;
  BOOST_TEST(total == 10);
}

BOOST_AUTO_TEST_CASE(a_growing_store_keeps_values_and_handles) {
  ParamStore<double> store;
  std::vector<Parameter<double>> all;
  for (int i = 0; i < 100; ++i) all.push_back(store.add(Array<double>{double(i), double(i)}));
  for (int i = 0; i < 100; ++i) BOOST_TEST(all[std::size_t(i)].value()(1) == i);
  Tape<double> t;
  backward(sum(all[3] * all[97]));
  BOOST_TEST(all[97].grad()(0) == 3);
}

BOOST_AUTO_TEST_CASE(two_stores_on_one_tape) {
  ParamStore<double> a, b;
  const auto x = a.add(Array<double>{2}), y = b.add(Array<double>{5});
  Tape<double> t;
  backward(sum(x * y));
  BOOST_TEST(x.grad()(0) == 5);
  BOOST_TEST(y.grad()(0) == 2);
}

BOOST_AUTO_TEST_CASE(keys_of_dead_stores_do_not_confuse_a_tape) {
  Tape<double> t;
  for (int i = 1; i < 4; ++i) {
    ParamStore<double> store;
    const auto w = store.add(Array<double>{double(i)});
    BOOST_TEST((w * 1).value()(0) == i);
  }
}

BOOST_AUTO_TEST_CASE(threads_share_values_and_never_gradients) {
  ParamStore<double> store;
  const auto w = store.add(Array<double>{3});
  std::vector<std::unique_ptr<GradientBuffer<double>>> buffers;
  for (int i = 0; i < 2; ++i) buffers.push_back(std::make_unique<GradientBuffer<double>>(store));
  const auto work = [&](int i) {
    Tape<double> t;
    t.gradients_into(*buffers[std::size_t(i)]);
    for (int step = 0; step < 1000; ++step) {
      t.clear();
      buffers[std::size_t(i)]->zero_grad();
      backward(sum(w * w * double(i + 1)));
    }
  };
  std::thread one(work, 0), two(work, 1);
  one.join();
  two.join();
  BOOST_TEST(buffers[0]->of(w)[0] == 6);
  BOOST_TEST(buffers[1]->of(w)[0] == 12);
}

BOOST_AUTO_TEST_CASE(what_is_detached_does_not_change_with_the_parameter) {
  for (const Index n : {3, 8}) {  // 8 fill a line of the store: its parameters are then neighbours
    ParamStore<double> store;
    const auto a = store.add(Shape{n}), b = store.add(Shape{n});
    Tape<double> tape;
    const Var<double> both = stack({Var<double>(a), Var<double>(b)}), one = stack({Var<double>(b)}),
                      view = reshape(a, Shape{n, 1});
    const Var<double> kept[] = {both.detach(), one.detach(), view.detach(), Var<double>(a).detach()};
    for (double& v : a.mutable_value()) v = 7;
    for (double& v : b.mutable_value()) v = 7;
    for (const Var<double>& x : kept)
      for (Size i = 0; i < x.size(); ++i) BOOST_TEST(x.data()[i] == 0);
  }
}

BOOST_AUTO_TEST_SUITE_END()
