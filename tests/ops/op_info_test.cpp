// An op that leaves something out of what it must say does not compile; what it says and does not do is found out.
#include <boost/test/unit_test.hpp>
#include <xgrad/ops/ops.hpp>
#include <xgrad/ops/samples.hpp>

#include "op_claims.hpp"

using namespace xgrad;

namespace {

using D = double;

// ---- op_info: one part missing, or of the wrong type

struct Named {
  static constexpr const char* name = "named";
};
struct Tried {
  static std::vector<Sample<D>> samples(Rng&) { return {}; }
};
struct Failing {
  static std::vector<ErrorSample> error_samples() { return no_errors(); }
};
struct Smooth {
  static std::vector<Kink<D>> kinks() { return no_kinks<D>(); }
};
struct Twice {
  static constexpr DoubleBackward double_backward = twice_differentiable;
};
template <class... Parts>
struct Op : Parts... {};

template <class R>
concept Registers = requires {
  op_info<D, R>();
};
static_assert(Registers<Op<Named, Tried, Failing, Smooth, Twice>>);
static_assert(!Registers<Op<Tried, Failing, Smooth, Twice>>);
static_assert(!Registers<Op<Named, Failing, Smooth, Twice>>);
static_assert(!Registers<Op<Named, Tried, Smooth, Twice>>);
static_assert(!Registers<Op<Named, Tried, Failing, Twice>>);
static_assert(!Registers<Op<Named, Tried, Failing, Smooth>>);

struct SmoothInFloat {
  static std::vector<Kink<float>> kinks() { return no_kinks<float>(); }
};
struct Perhaps {
  static constexpr bool double_backward = true;
};
static_assert(!Registers<Op<Named, Tried, Failing, SmoothInFloat, Twice>>);
static_assert(!Registers<Op<Named, Tried, Failing, Smooth, Perhaps>>);

// The concept that the compiler names is that of the missing part.
static_assert(HasKinks<Smooth, D> && !HasKinks<Twice, D> && HasDoubleBackward<Twice> && !HasDoubleBackward<Smooth>);
static_assert(HasSamples<Tried, D> && !HasSamples<Smooth, D>);
static_assert(HasErrorSamples<Failing> && !HasErrorSamples<Smooth>);

// ---- the constructor and the helpers: no argument has a default

using Some = std::function<std::vector<Sample<D>>(Rng&)>;
using Errors = std::vector<ErrorSample>;
using Kinks = std::vector<Kink<D>>;
static_assert(std::is_constructible_v<OpInfo<D>, std::string, Some, Errors, Kinks, DoubleBackward>);
static_assert(!std::is_constructible_v<OpInfo<D>, std::string, Some, Errors, Kinks>);
static_assert(!std::is_constructible_v<OpInfo<D>, std::string, Some, Errors>);
static_assert(!std::is_constructible_v<OpInfo<D>, std::string, Some>);
static_assert(!std::is_default_constructible_v<OpInfo<D>>);

using One = Var<D> (*)(const Var<D>&);
using Two = Var<D> (*)(const Var<D>&, const Var<D>&);
template <class F, class... A>
concept Unary = requires(F f, samples::Draw<D> draw, A... a) {
  samples::unary_op<D>("op", f, draw, a...);
};
template <class F, class... A>
concept Binary = requires(F f, samples::Draw<D> draw, A... a) {
  samples::binary_op<D>("op", f, draw, draw, a...);
};
static_assert(Unary<One, Errors, Kinks, DoubleBackward> && !Unary<One, Errors, Kinks> && !Unary<One, Errors> &&
              !Unary<One>);
static_assert(Binary<Two, Kinks, DoubleBackward> && !Binary<Two, Kinks> && !Binary<Two>);

// ---- claims that do not hold

// relu with what its two derivatives return at 0.
struct Relu {
  static constexpr const char* name = "relu_at_0";
  static constexpr int arity = 1;
  D by_vjp, by_kernel;
  Shape shape(const Inputs<D>& x) const { return x.shape(0); }
  void forward(const Inputs<D>& x, const Output<D>& y) {
    for (Size i = 0; i < y.size(); ++i) y.data()[i] = std::max(x[0][i], 0.0);
  }
  Var<D> vjp(const Context<D>& c, int, const Var<D>& y_bar) const {
    const Var<D> x = c.x(0);
    return y_bar * (heaviside(x) + by_vjp * (1 - square(sign(x))));
  }
  Var<D> jvp(const Context<D>& c, int i, const Var<D>& x_dot) const { return vjp(c, i, x_dot); }
  void accumulate(Pullback<D>& p) const {
    if (const Acc<D> x_bar = p.into(0))
      for (Size i = 0; i < p.size(); ++i) {
        const D x = p.x(0)[i], slope = x > 0 ? 1 : x == 0 ? by_kernel : 0;
        x_bar.data()[i] = (x_bar.add() ? x_bar.data()[i] : 0) + p.y_bar()[i] * slope;
      }
  }
};

std::vector<std::string> at_zero(D by_vjp, D by_kernel) {
  const auto f = [=](const Var<D>& x) { return record<D>(Relu{by_vjp, by_kernel}, x); };
  const auto kink = samples::unary_kink<D>("zero", f, {-1, 0, 1}, {0, 0, 1});
  return checks::kink_errors(
      samples::unary_op<D>("relu_at_0", f, samples::off_zero<D>(0.2, 1), no_errors(), {kink}, twice_differentiable));
}

// 2 x, whose gradient refuses to be differentiated.
constexpr const char* refusal = "[double] differentiated once";
struct Refusing {
  static constexpr const char* name = "double_bar";
  static constexpr int arity = 1;
  Shape shape(const Inputs<D>& x) const { return x.shape(0); }
  void forward(const Inputs<D>& x, const Output<D>& y) {
    for (Size i = 0; i < y.size(); ++i) y.data()[i] = 2 * x[0][i];
  }
  Var<D> vjp(const Context<D>&, int, const Var<D>&) const { throw Error(refusal); }
  Var<D> jvp(const Context<D>&, int, const Var<D>&) const { throw Error(refusal); }
};
struct Once {
  static constexpr const char* name = "double";
  static constexpr int arity = 1;
  Shape shape(const Inputs<D>& x) const { return x.shape(0); }
  void forward(const Inputs<D>& x, const Output<D>& y) { Refusing{}.forward(x, y); }
  Var<D> vjp(const Context<D>&, int, const Var<D>& y_bar) const { return record<D>(Refusing{}, y_bar); }
  Var<D> jvp(const Context<D>& c, int i, const Var<D>& x_dot) const { return vjp(c, i, x_dot); }
};

template <class F>
std::vector<std::string> stated(F f, DoubleBackward again) {
  return checks::double_backward_errors(
      samples::unary_op<D>("double", f, samples::uniform<D>(1, 2), no_errors(), no_kinks<D>(), again));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(op_claims)

BOOST_AUTO_TEST_CASE(a_kink_by_each_derivative) {
  BOOST_TEST(at_zero(0, 0).empty());
  const auto kernel = at_zero(0, 0.5), vjp = at_zero(1, 0);
  BOOST_TEST(kernel.size() == 1u);
  BOOST_TEST(kernel.at(0) == "relu_at_0, kink zero, kernel: input 0, element 1 is 0.5, documented is 0");
  BOOST_TEST(vjp.size() == 2u);
  BOOST_TEST(vjp.at(0) == "relu_at_0, kink zero, vjp: input 0, element 1 is 1, documented is 0");
  BOOST_TEST(vjp.at(1) == "relu_at_0, kink zero, recorded gradient: input 0, element 1 is 1, documented is 0");
  BOOST_TEST(at_zero(std::nan(""), std::nan("")).size() == 3u);
}

BOOST_AUTO_TEST_CASE(whether_gradients_are_differentiable) {
  const auto once = [](const Var<D>& x) { return record<D>(Once{}, x); };
  const auto twice = [](const Var<D>& x) { return 2 * x; };
  BOOST_TEST(stated(twice, twice_differentiable).empty());
  BOOST_TEST(stated(once, once_differentiable(refusal)).empty());
  const auto all = samples::shapes().size();
  BOOST_TEST(stated(once, twice_differentiable).size() == all);
  BOOST_TEST(stated(twice, once_differentiable(refusal)).size() == all);
  BOOST_TEST(stated(once, once_differentiable("another message")).at(1) ==
             "double, sample (1): '[double] differentiated once', stated is 'another message'");
}

BOOST_AUTO_TEST_SUITE_END()
