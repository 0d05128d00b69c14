// Defects that were met, each with the program that showed it.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <xgrad/ops/ops.hpp>

#include "../thrown.hpp"

using namespace xgrad;

namespace {

using D = double;

// A user's rule whose vjp forgets to transpose: the size is right, the shape is not.
struct Transposed {
  static constexpr const char* name = "transposed";
  static constexpr int arity = 1;
  Shape shape(const Inputs<D>& x) const { return {x.shape(0)[1], x.shape(0)[0]}; }
  void forward(const Inputs<D>& x, const Output<D>& y) {
    for (Index i = 0; i < y.shape()[0]; ++i)
      for (Index k = 0; k < y.shape()[1]; ++k) y.data()[i * y.shape()[1] + k] = x[0][k * y.shape()[0] + i];
  }
  Var<D> vjp(const Context<D>&, int, const Var<D>& y_bar) const { return y_bar; }
  Var<D> jvp(const Context<D>&, int, const Var<D>& x_dot) const { return x_dot; }
};

// A user's rule that defers a product and has nothing to flush it with.
struct NoFlush {
  static constexpr const char* name = "no_flush";
  static constexpr int arity = 2;
  Shape shape(const Inputs<D>& x) const { return x.shape(0); }
  void forward(const Inputs<D>& x, const Output<D>& y) { std::copy_n(x[0], y.size(), y.data()); }
  Var<D> vjp(const Context<D>&, int, const Var<D>& y_bar) const { return y_bar; }
  Var<D> jvp(const Context<D>&, int, const Var<D>& x_dot) const { return x_dot; }
  void accumulate(Pullback<D>& p) const { p.product(1, 0, p.y_bar(), 1); }
};

// A user's rule whose vjp throws.
struct Thrower {
  static constexpr const char* name = "thrower";
  static constexpr int arity = 1;
  Shape shape(const Inputs<D>& x) const { return x.shape(0); }
  void forward(const Inputs<D>& x, const Output<D>& y) { std::copy_n(x[0], y.size(), y.data()); }
  Var<D> vjp(const Context<D>&, int, const Var<D>&) const { throw Error("on purpose"); }
  Var<D> jvp(const Context<D>&, int, const Var<D>& x_dot) const { return x_dot; }
};

template <class P>
concept CanAddInPlace = requires(P p, Var<D> v) {
  p += v;
}
|| requires(P p, Var<D> v) { p -= v; };
template <class A>
concept CanBeLeaf = requires(A a) {
  leaf(a);
};
template <class S>
concept CanBeSeed = requires(Var<D> y, S s) {
  backward(y, s);
};

}  // namespace

BOOST_AUTO_TEST_SUITE(engine_regressions)

// w -= 0.1 * w compiled for a Parameter and turned its handle into a recorded Var.
BOOST_AUTO_TEST_CASE(a_parameter_is_not_assigned_to_in_place) {
  static_assert(CanAddInPlace<Var<D>&> && !CanAddInPlace<Parameter<D>&>);
  ParamStore<D> store;
  Parameter<D> w = store.add(Array<D>{1});
  Tape<D> tape;
  Var<D>& base = w;
  base = w * 2;
  BOOST_TEST(thrown<TapeError>([&] { w.mutable_value(); }) ==
             "[parameter] a Var was assigned to this Parameter; it no longer names its value");
}

// y's buffer had been adopted by x and added to: 24 46 68 was read for 4 6 8.
BOOST_AUTO_TEST_CASE(retain_after_the_sweep_comes_too_late) {
  Tape<D> tape;
  const Var<D> x = leaf(Array<D>{1, 2, 3}), q = x * x * 10.0, y = x + 1.0;
  const Var<D> loss = sum(y * y) + sum(q);
  backward(loss, {.retain_graph = true});
  y.retain();
  BOOST_TEST(
      thrown<TapeError>([&] { y.grad(); }) ==
      "[grad] the gradient of this intermediate (shift, (3)) was not kept\nhint: call retain() on it before backward");
  backward(loss);
  BOOST_TEST((y.grad() == Array<D>{4, 6, 8}));
}

// w^3 recorded at 2 and differentiated after w became 3 gave 22, which is neither derivative.
BOOST_AUTO_TEST_CASE(an_overwritten_weight_stops_the_recorded_sweeps_too) {
  ParamStore<D> store;
  const auto w = store.add(Array<D>{2});
  Tape<D> tape;
  const Var<D> loss = sum(w * w * w), one = constant(Array<D>{1});
  w.assign({3});
  const std::string text =
      " a parameter of shape (1) was overwritten after this tape used it\nhint: clear() the tape after a step";
  BOOST_TEST(thrown<TapeError>([&] { grad(loss, {w}); }) == "[backward]" + text);
  BOOST_TEST(thrown<TapeError>([&] { jvp(loss, {w}, {one}); }) == "[jvp]" + text);
}

BOOST_AUTO_TEST_CASE(leaves_of_a_sweep_cut_short_are_not_read) {
  Tape<D> tape;
  const Var<D> x = leaf(Array<D>{1});
  const Var<D> loss = sum(record<D>(Thrower{}, x)) + sum(x * x);
  BOOST_TEST(thrown([&] { backward(loss); }) == "on purpose");
  BOOST_TEST(thrown<TapeError>([&] { x.grad(); }) == "[grad] the last backward was cut short by an exception");
  tape.clear();
  const Var<D> z = leaf(Array<D>{1});
  backward(sum(z * z));
  BOOST_TEST(z.grad()(0) == 2);
}

BOOST_AUTO_TEST_CASE(a_sweep_cut_short_marks_only_the_buffer_it_wrote_to) {
  ParamStore<D> store;
  const auto w = store.add(Array<D>{1});
  GradientBuffer<D> mine(store);
  Tape<D> tape;
  tape.gradients_into(mine);
  BOOST_TEST(thrown([&] { backward(sum(record<D>(Thrower{}, w * 2))); }) == "on purpose");
  BOOST_TEST(w.grad()(0) == 0);
  BOOST_TEST(thrown<TapeError>([&] { mine.flat(); }).starts_with("[gradients] the last backward was cut short"));
}

BOOST_AUTO_TEST_CASE(derivatives_of_the_right_size_and_the_wrong_shape) {
  Tape<D> tape;
  const Var<D> x = leaf(Array<D>{{1, 2, 3}, {4, 5, 6}}), loss = sum(record<D>(Transposed{}, x));
  const std::string text = "[transposed] vjp returned shape (3, 2) for an input of shape (2, 3)";
  BOOST_TEST(thrown<ShapeError>([&] { backward(loss, create_graph); }) == text);
  BOOST_TEST(thrown<ShapeError>([&] { jvp(loss, {x}, {x}); }) ==
             "[transposed] jvp returned shape (2, 3) for an output of shape (3, 2)");
  BOOST_TEST(thrown<ShapeError>([&] { backward(loss); }) == text);
}

BOOST_AUTO_TEST_CASE(recorded_gradients_of_a_cleared_tape) {
  Tape<D> tape;
  const Var<D> x = leaf(Array<D>{1});
  const auto g = backward(sum(x * x), create_graph);
  tape.clear();
  const Var<D> y = leaf(Array<D>{1});
  BOOST_TEST(thrown<TapeError>([&] { g[y]; }).starts_with("[grad] the Var is stale"));
}

BOOST_AUTO_TEST_CASE(sizes_beyond_all_memory) {
  BOOST_TEST(thrown<ShapeError>([] {
               Shape({1 << 30, 1 << 30, 2});
             }) == "[shape] (1073741824, 1073741824, 2) has more than 2^48 elements");
  BOOST_TEST(Shape({1 << 30, 1 << 30, 0}).size() == 0);
  Tape<D> tape;
  const Index n = 1 << 30;
  BOOST_CHECK_THROW(tape.allocate(Size(n) * n * 2), std::bad_alloc);
}

BOOST_AUTO_TEST_CASE(a_deferred_product_that_nobody_can_multiply) {
  Tape<D> tape;
  const Var<D> x = leaf(Array<D>{{1, 2}}), w = leaf(Array<D>{{1, 2}, {3, 4}});
  BOOST_TEST(thrown<TapeError>([&] { backward(sum(record<D>(NoFlush{}, x, w))); }) ==
             "[no_flush] product() needs a rule with a static flush, and a weight of 2 axes; the weight is (2, 2)");
}

BOOST_AUTO_TEST_CASE(logarithms_of_subnormal_numbers) {
  Tape<D> tape;
  const D tiny[] = {1e-310, 5e-324, 2.3e-308, 1, 0};
  const Var<D> y = log(constant(std::span<const D>(tiny), Shape{5}));
  for (int i = 0; i < 4; ++i) BOOST_TEST(y.data()[i] == std::log(tiny[i]), boost::test_tools::tolerance(1e-15));
  BOOST_TEST(y.data()[4] == -INFINITY);
}

BOOST_AUTO_TEST_CASE(a_refused_backward_leaves_the_recording_as_it_was) {
  Tape<D> tape;
  const Var<D> x = leaf(Array<D>{1}), loss = sum(x * x);
  backward(loss, {.retain_graph = true});
  BOOST_TEST(thrown<TapeError>([&] { backward(constant(1.0)); }).find("does not depend") != std::string::npos);
  BOOST_TEST(x.grad()(0) == 2);
  backward(loss);
}

BOOST_AUTO_TEST_CASE(the_hessian_of_a_linear_loss_is_zero) {
  Tape<D> tape;
  const Var<D> x = leaf(Array<D>{1, 2}), v = constant(Array<D>{1, 1});
  const std::vector<Var<D>> xs{x}, vs{v};
  hvp(sum(3 * x), xs, vs);
  BOOST_TEST((x.grad() == Array<D>{0, 0}));
}

BOOST_AUTO_TEST_CASE(division_by_a_number_is_a_division) {
  Tape<D> tape;
  BOOST_TEST((constant(49.0) / 49).item() == 1);
  BOOST_TEST((constant(1e-310) / 1e-310).item() == 1);
  Array<D> ones = make_array<D>({49});
  ones.fill(1);
  BOOST_TEST(mean(constant(ones)).item() == 1);
  BOOST_TEST(fuse([](auto x) { return x / 49; }, constant(49.0)).item() == 1);
}

BOOST_AUTO_TEST_CASE(a_detached_parameter_is_a_copy) {
  ParamStore<D> store;
  const auto w = store.add(Array<D>{2});
  Tape<D> tape;
  const Var<D> frozen = w.detach();
  w.assign({3});
  BOOST_TEST(frozen.value()(0) == 2);
}

BOOST_AUTO_TEST_CASE(the_gradient_of_a_maximum_that_is_nan) {
  for (const bool kernels : {true, false}) {
    Tape<D> tape;
    const Var<D> x = leaf(Array<D>{1, std::nan(""), 2});
    backward(max(x), {.use_kernels = kernels});
    for (int i = 0; i < 3; ++i) BOOST_TEST(std::isnan(x.grad()(i)));
  }
}

BOOST_AUTO_TEST_CASE(one_input_named_twice_in_jvp) {
  Tape<D> tape;
  const Var<D> x = leaf(Array<D>{1}), v = constant(Array<D>{1});
  BOOST_TEST(thrown<ValueError>([&] { jvp(sum(x), {x, x}, {v, v}); }) == "[jvp] input 1 is named twice");
}

BOOST_AUTO_TEST_CASE(a_refused_dropout_draws_nothing) {
  Tape<D> outer;
  const Var<D> x = leaf(Array<D>{1, 2, 3});
  Tape<D> inner;
  Rng rng(1), same(1);
  BOOST_TEST(thrown<TapeError>([&] { dropout(x, 0.5, rng); }).starts_with("[dropout] the Var, of shape (3)"));
  BOOST_TEST((rng == same));
}

BOOST_AUTO_TEST_CASE(numbers_that_are_no_floating_point_are_no_leaves) {
  static_assert(CanBeLeaf<D> && !CanBeLeaf<int>);
  static_assert(CanBeSeed<Array<D>> && !CanBeSeed<bool>);
}

BOOST_AUTO_TEST_CASE(messages_name_the_shapes_that_were_passed) {
  Tape<D> tape;
  const auto x = [&](const Shape& s) { return tape.filled(s, 0.0); };
  BOOST_TEST(thrown<ShapeError>([&] {
               affine(x({4}), x({4, 2}), x({2}));
             }) == "[affine] x needs 2 axes or more, w 2: x is (4), w is (4, 2)");
  BOOST_TEST(thrown<ShapeError>([&] {
               matmul(x({2, 3, 4}), x({5, 2}));
             }) == "[matmul] inner dimensions differ: a is (2, 3, 4), b is (5, 2)");
  BOOST_TEST(thrown<ShapeError>([&] {
               affine(x({2, 3, 4}), x({5, 2}), x({2}));
             }) == "[affine] inner dimensions differ: x is (2, 3, 4), w is (5, 2)");
  BOOST_TEST(thrown<ShapeError>([&] { stack({x({2})}, 5); }) == "[stack] axis 5 is out of range for a stack of (2)");
  const Index before = tape.size();
  BOOST_CHECK_THROW(stack({Var<D>(tape.var(0))}, 5), ShapeError);
  BOOST_TEST(tape.size() == before);
}

BOOST_AUTO_TEST_CASE(fused_functions_with_numbers) {
  Tape<D> tape;
  const Var<D> x = leaf(Array<D>{-2, 0.5, 3});
  const auto f = [](auto v) { return maximum(v, 0) + minimum(v, 1.0) + pow(v, 3) + clip(v, -1, 1) + gelu(v); };
  const Var<D> fused = fuse(f, x);
  const Var<D> plain = maximum(x, 0) + minimum(x, 1.0) + pow(x, 3) + clip(x, -1, 1) + gelu(x);
  const Var<D> a = grad(sum(fused), {x})[0], b = grad(sum(plain), {x})[0];
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST(fused.value()(i) == plain.value()(i), boost::test_tools::tolerance(1e-14));
    BOOST_TEST(a.value()(i) == b.value()(i), boost::test_tools::tolerance(1e-14));
  }
  backward(sum(fused));
  for (int i = 0; i < 3; ++i) BOOST_TEST(x.grad()(i) == b.value()(i), boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(an_infinite_slope_in_a_fused_function_is_that_of_its_input_alone) {
  Tape<D> tape;
  const Var<D> a = leaf(Array<D>{0, 0, 0, 0, 0}), b = leaf(Array<D>{1, 2, 3, 4, 5});
  backward(sum(fuse([](auto x, auto y) { return sqrt(x) + 2 * y; }, a, b)));
  BOOST_TEST((b.grad() == Array<D>{2, 2, 2, 2, 2}));  // it was NaN: 0, the derivative of x by y, times infinity
}

BOOST_AUTO_TEST_CASE(constant_functions_at_zero_have_derivatives_of_higher_order) {
  // Of a^0 the second and of a^1 the third derivative by a: 0 times 0^-2 was NaN.
  for (const D exponent : {0.0, 1.0}) {
    Tape<D> tape;
    const Var<D> a = leaf(0.0), b = constant(exponent);
    Var<D> y = pow(a, b);
    for (int order = 0; order < 2 + int(exponent); ++order) y = grad(y, {a})[0];
    BOOST_TEST(y.item() == 0);
  }
  // 0 log b is 0 for every b: 0 / 0 was NaN.
  Tape<D> tape;
  const Var<D> b = leaf(0.0);
  backward(xlogy(constant(0.0), b));
  BOOST_TEST(b.grad()() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
