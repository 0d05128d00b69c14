// Every message that a user of the tape can meet.
#include <boost/test/unit_test.hpp>
#include <optional>
#include <thread>
#include <xgrad/ops/ops.hpp>

#include "../thrown.hpp"

using namespace xgrad;

namespace {

const Array<double> three{1, 2, 3};

void check(const std::string& got, const std::string& wanted) { BOOST_TEST(got == wanted); }

}  // namespace

BOOST_AUTO_TEST_SUITE(misuse)

BOOST_AUTO_TEST_CASE(no_tape_in_scope) {
  check(thrown<TapeError>([] { leaf(three); }), "[leaf] no tape in scope\nhint: declare Tape<double> tape; before it");
  ParamStore<float> store;
  const auto w = store.add(Shape{2, 2});
  check(thrown<TapeError>([&] { matmul(w, w); }),
        "[matmul] no tape in scope\nhint: declare Tape<float> tape; before it");
}

BOOST_AUTO_TEST_CASE(stale_handle) {
  Tape<double> t;
  const Var<double> x = leaf(three);
  t.clear();
  const std::string stale = "the Var is stale: it was node 0 of a tape that was cleared or has ended since";
  check(thrown<TapeError>([&] { x + x; }), "[add] " + stale);
  check(thrown<TapeError>([&] { x.value(); }), "[value] " + stale);
  check(thrown<TapeError>([&] { x.shape(); }), "[shape] " + stale);
  check(thrown<TapeError>([&] { x.grad(); }), "[grad] " + stale);
  check(thrown<TapeError>([&] { backward(x); }), "[backward] " + stale);
}

BOOST_AUTO_TEST_CASE(handle_of_another_tape) {
  Tape<double> outer;
  const Var<double> x = leaf(three);
  Tape<double> inner;
  check(thrown<TapeError>([&] { exp(x); }),
        "[exp] the Var, of shape (3), belongs to another tape of this thread\n"
        "hint: the current tape is the innermost in scope");
  BOOST_TEST(x.value()(1) == 2);  // reading is fine
}

BOOST_AUTO_TEST_CASE(handle_of_a_dead_tape_or_another_thread) {
  const std::string gone = "the Var's tape is gone or belongs to another thread";
  Tape<double> t;
  Var<double> x;
  {
    Tape<double> dead;
    x = leaf(three);
  }
  check(thrown<TapeError>([&] { x + x; }), "[add] " + gone);
  check(thrown<TapeError>([&] { x.value(); }), "[value] " + gone);
  const Var<double> mine = leaf(three);
  std::string there;
  std::thread([&] {
    Tape<double> other;
    there = thrown<TapeError>([&] { tanh(mine); });
  }).join();
  check(there, "[tanh] " + gone);
}

BOOST_AUTO_TEST_CASE(empty_handle) {
  Tape<double> t;
  check(thrown<TapeError>([] { Var<double>() + constant(1.0); }), "[add] an empty Var was passed");
  check(thrown<TapeError>([] { Var<double>().item(); }), "[item] an empty Var was passed");
}

BOOST_AUTO_TEST_CASE(backward_of_a_non_scalar_without_a_seed) {
  Tape<double> t;
  const Var<double> x = leaf(three);
  const std::string text =
      "[backward] the root must have one element, it is (3)\n"
      "hint: pass the cotangent y_bar, or sum the root first";
  check(thrown<ShapeError>([&] { backward(x * x); }), text);
  check(thrown<ShapeError>([&] { backward(x * x, create_graph); }), text);
  check(thrown<ShapeError>([&] {
          backward(x * x, Array<double>{1, 2});
        }),
        "[backward] y is (3), its cotangent y_bar is (2)");
  check(thrown<ShapeError>([&] { backward(x * x, constant(1.0), create_graph); }),
        "[backward] y is (3), its cotangent y_bar is ()");
}

BOOST_AUTO_TEST_CASE(second_backward_without_retain) {
  Tape<double> t;
  const Var<double> x = leaf(three), loss = sum(x * x);
  backward(loss);
  check(thrown<TapeError>([&] { backward(loss); }),
        "[backward] this recording was swept before\n"
        "hint: pass {.retain_graph = true} to the first backward, or clear() the tape and record again");
  t.clear();
  const Var<double> z = leaf(three), again = sum(z * z);
  backward(again, {.retain_graph = true});
  backward(again);
  BOOST_TEST(z.grad()(2) == 6);
}

BOOST_AUTO_TEST_CASE(backward_from_a_constant) {
  Tape<double> t;
  check(thrown<TapeError>([] { backward(constant(1.0) * 2); }),
        "[backward] the root of shape () does not depend on any leaf or parameter");
}

BOOST_AUTO_TEST_CASE(backward_while_paused) {
  Tape<double> t;
  const Var<double> loss = sum(leaf(three));
  const PauseGuard<double> pause(t);
  check(thrown<TapeError>([&] { backward(loss); }), "[backward] recording is paused on this tape");
}

BOOST_AUTO_TEST_CASE(weight_overwritten_between_forward_and_backward) {
  ParamStore<double> store;
  const auto w = store.add(Array<double>{2});
  Tape<double> t;
  const Var<double> loss = sum(w * w * w);
  w.mutable_value()[0] = 3;
  const std::string text =
      "[backward] a parameter of shape (1) was overwritten after this tape used it\n"
      "hint: clear() the tape after a step";
  check(thrown<TapeError>([&] { backward(loss); }), text);
  t.clear();
  const Var<double> again = sum(w * w);
  store.mutable_values()[0] = 4;
  check(thrown<TapeError>([&] { backward(again); }), text);
  t.clear();
  const Var<double> last = sum(w * w);
  for (int i = 0; i < 9; ++i) store.add(Shape{1000});  // the buffers move
  check(thrown<TapeError>([&] { backward(last); }), text);
}

BOOST_AUTO_TEST_CASE(gradients_that_were_not_kept) {
  Tape<double> t;
  const Var<double> x = leaf(three), y = x * x, c = constant(three);
  backward(sum(y + c));
  check(thrown<TapeError>([&] { y.grad(); }),
        "[grad] the gradient of this intermediate (mul, (3)) was not kept\nhint: call retain() on it before backward");
  check(thrown<TapeError>([&] { c.grad(); }), "[grad] this Var of shape (3) is a constant");
  check(thrown<TapeError>([&] { c.retain(); }), "[retain] this Var is a constant");
}

BOOST_AUTO_TEST_CASE(values_of_another_shape_or_rank) {
  Tape<double> t;
  const Var<double> x = leaf(three);
  check(thrown<ShapeError>([&] { x.item(); }), "[item] it takes a Var of one element, this one is (3)");
  check(thrown<ShapeError>([&] { x.value<2>(); }), "[value] rank 2 was asked for, the Var is (3)");
  const std::vector<double> five(5);
  check(thrown<ShapeError>([&] {
          leaf(std::span<const double>(five), Shape{2, 3});
        }),
        "[leaf] 5 values do not fill the shape (2, 3)");
  ParamStore<double> store;
  check(thrown<ShapeError>([&] { store.add(Shape{2}).assign(three); }),
        "[assign] the parameter is (2), the value is (3)");
  check(thrown<ShapeError>([] { Shape({1, 2, 3, 4, 5}); }), "[shape] (1, 2, 3, 4, 5) has more than 4 axes");
  check(thrown<ShapeError>([] { Shape({2, -1}); }), "[shape] an axis of (2, -1) is negative or longer than 2147483647");
}

BOOST_AUTO_TEST_CASE(derivatives_with_respect_to_a_constant) {
  Tape<double> t;
  const Var<double> x = leaf(three), c = constant(three), loss = sum(x * c);
  check(thrown<TapeError>([&] { grad(loss, {c}); }), "[grad] x, which is (3), is a constant");
  check(thrown<TapeError>([&] { jvp(loss, {c}, {c}); }), "[jvp] input 0, which is (3), is a constant");
  check(thrown<ShapeError>([&] { jvp(loss, {x}, {constant(1.0)}); }), "[jvp] input 0 is (3), its tangent is ()");
  check(thrown<ShapeError>([&] { jvp(loss, {x}, {}); }), "[jvp] 1 inputs, 0 tangents");
}

namespace {

struct WrongShape {  // a user's rule whose vjp has a shape that fits nothing
  static constexpr const char* name = "wrong_shape";
  static constexpr int arity = 1;
  Shape shape(const Inputs<double>& x) const { return x.shape(0); }
  void forward(const Inputs<double>& x, const Output<double>& y) { std::copy_n(x[0], y.size(), y.data()); }
  Var<double> vjp(const Context<double>&, int, const Var<double>&) const { return constant(Array<double>{1, 2}); }
  Var<double> jvp(const Context<double>&, int, const Var<double>& d) const { return d; }
};

struct Throws {  // a user's rule whose vjp throws
  static constexpr const char* name = "throws";
  static constexpr int arity = 1;
  Shape shape(const Inputs<double>& x) const { return x.shape(0); }
  void forward(const Inputs<double>& x, const Output<double>& y) { std::copy_n(x[0], y.size(), y.data()); }
  Var<double> vjp(const Context<double>&, int, const Var<double>&) const { throw Error("[throws] on purpose"); }
  Var<double> jvp(const Context<double>&, int, const Var<double>& d) const { return d; }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_vjp_of_the_wrong_shape) {
  Tape<double> t;
  const Var<double> loss = sum(record<double>(WrongShape{}, leaf(three)));
  check(thrown<ShapeError>([&] { backward(loss); }), "[wrong_shape] vjp returned shape (2) for an input of shape (3)");
}

BOOST_AUTO_TEST_CASE(half_a_gradient_does_not_pass_for_one) {
  ParamStore<double> store;
  const auto w = store.add(three);
  Tape<double> t;
  const Var<double> loss = sum(record<double>(Throws{}, tanh(w)) + w);
  check(thrown([&] { backward(loss); }), "[throws] on purpose");
  check(thrown<TapeError>([&] { w.grad(); }),
        "[gradients] the last backward was cut short by an exception\nhint: call zero_grad() first");
  BOOST_TEST(thrown<TapeError>([&] {
               backward(loss, {.retain_graph = true});
             }).starts_with("[backward] this recording was swept before"));
  t.clear();
  store.zero_grad();
  backward(sum(w * w));
  BOOST_TEST(w.grad()(2) == 6);
}

BOOST_AUTO_TEST_CASE(a_parameter_of_another_store) {
  ParamStore<double> a, b;
  const auto w = b.add(three);
  check(thrown<TapeError>([&] { a.gradients().of(w); }), "[gradients] the parameter belongs to another store");
}

BOOST_AUTO_TEST_CASE(parts_outside_a_block) {
  Tape<double> t;
  const auto parts = unstack(leaf(three));
  check(thrown<ValueError>([&] { parts[3]; }), "[unstack] part 3 was asked for, there are 3");
  check(thrown<ValueError>([&] { parts[-1]; }), "[unstack] part -1 was asked for, there are 3");
}

BOOST_AUTO_TEST_CASE(blas_threads) {
  check(thrown<ValueError>([] { set_blas_threads(0); }),
        "[set_blas_threads] at least 1 thread is needed, 0 were asked for");
}

BOOST_AUTO_TEST_SUITE_END()
