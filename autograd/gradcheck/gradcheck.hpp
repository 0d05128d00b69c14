// gradcheck: is the gradient of this function right?
//
//   const auto report = gradcheck([](auto a, auto b) { return tanh(matmul(a, b)); }, {a, b});
//   std::cout << report;   // a line for each method; report.passed() sums it up
//
// A derivative is computed in ways that share no code with the rules' VJPs, and compared norm-wise and component by
// component, relative to the size of the gradient: an absolute tolerance would forgive whatever is small. Each method
// ends in a verdict of its own. `inconclusive`, where round-off or a kink hides the answer, is a failure as well,
// unless the caller declares that there is a kink.
//
// f may be generic, `[](auto... x)`: then it runs in complex numbers and in float too. An f of Var<double> alone has
// those methods listed as `not applicable`, which is no verdict. Where f captures arrays, or calls what exists in
// double alone, write its parameters as Var<double>.
#pragma once
#include <complex>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "../transforms/transforms.hpp"

namespace xgrad {

/// The ways to check. x is the point, h a step, w a cotangent, u and v directions.
enum class Method {
  central,          ///< [f(x + h) - f(x - h)] / [(x + h) - (x - h) as stored]
  richardson,       ///< [4 D(h/2) - D(h)] / 3 of central differences D, on a ladder of steps, with its error estimate
  six_point,        ///< [45 (f1 - f-1) - 9 (f2 - f-2) + (f3 - f-3)] / 60 h
  complex_step,     ///< Im f(x + ih) / h, h = 1e-20: exact to round-off, nothing is subtracted
  dot_product,      ///< <w, J v> from JVPs against <J^T w, v> from VJPs; Gaussian, Rademacher and gradient directions
  taylor,           ///< [f(x + h p) - f(x - h p)] / 2 - h g p shrinks as h^3: the rate is measured
  double_backward,  ///< the Hessian is symmetric, equals reverse over forward, and the differences of gradients
  sweeps,           ///< kernels, recorded VJPs, deferred and immediate products, and recorded gradients agree
  float_vs_double,  ///< the gradient in float against that in double, at the same float-representable point
  structure,        ///< zero and linear in the seed, repeatable bit by bit, broadcast as explicit tiling, shapes
};
const char* name_of(Method method);
std::vector<Method> every_method();

enum class Verdict { agree, disagree, inconclusive, not_applicable };
const char* name_of(Verdict verdict);

/// A tolerance relative to the size of the gradient.
struct Rtol {
  double value;
};
/// A step relative to max(1, |x|).
struct Step {
  double value;
};
/// A tolerance in units of the number type's epsilon.
struct Ulps {
  double value;
};
/// The power of h with which a remainder must shrink.
struct Rate {
  double value;
};

/// What to check and how strictly. The defaults are for one op; a whole model's exact methods reach 1e-12.
struct GradcheckOptions {
  std::vector<Method> methods = every_method();
  std::uint32_t seed = 1;        ///< of cotangents and directions
  bool kink = false;             ///< f has a kink at x: `inconclusive` is no failure
  Size full_jacobian = 4096;     ///< up to so many entries every one is checked, beyond that 21 directions
  Rtol exact{1e-13};             ///< complex_step, sweeps
  Rtol central{1e-8};            ///< error at good inputs: 1e-10
  Rtol richardson{1e-10};        ///< or ten times its error estimate
  Rtol six_point{1e-10};         ///< likewise
  Rtol second_order{1e-11};      ///< double_backward, its exact pairs
  Rtol differenced{1e-7};        ///< double_backward against differences
  Ulps float_vs_double{16};      ///< times the root of the largest array's size
  Ulps dot_product{100};         ///< times (|w||Jv| + |v||J^T w|) / 2
  Rate taylor{2.9};              ///< of 3
  Step central_step{6.06e-6};    ///< eps^(1/3)
  Step richardson_step{7.4e-4};  ///< eps^(1/5)
  Step six_point_step{5.8e-3};   ///< eps^(1/7)
  std::string replay{};          ///< what repeats the case, for the report; else a call of gradcheck is printed
};

/// Where the two sides differ most.
struct Worst {
  std::string place;  ///< "rnn.weight_hh[3, 4]", perhaps with the element of f
  double reverse = 0, reference = 0;
  double ulps = 0;  ///< the distance in units in the last place of the reference
};

/// One method on one number type.
struct GradcheckLine {
  Method method;
  bool narrow = false;  ///< in float
  Verdict verdict = Verdict::agree;
  double error = 0;      ///< relative; for taylor the lowest rate
  double tolerance = 0;  ///< that it was held to
  Worst worst{};
  std::string note{};
};

/// What gradcheck found. `passed` iff some method was applicable, none disagrees, and none is inconclusive unless a
/// kink was declared.
struct GradcheckReport {
  std::vector<GradcheckLine> lines;
  std::string chain;   ///< the ops between the worst input and the result
  std::string replay;  ///< how to repeat it
  bool kink = false;

  bool passed() const;
  int count(Verdict verdict) const;
  std::string str() const;
};
std::ostream& operator<<(std::ostream& out, const GradcheckReport& report);

/// f in one number type. `bind` makes the inputs on the current tape from their values, one after the other; `zero`
/// forgets gradients where inputs are parameters.
template <class T>
struct Callable {
  std::function<std::vector<Var<T>>(std::span<const T> x)> bind;
  std::function<Var<T>(std::span<const Var<T>>)> call;
  std::function<void()> zero = [] {};
  explicit operator bool() const { return static_cast<bool>(call); }
};

/// What is checked. `narrow` and `complex` may be empty: methods that need them are then not applicable.
struct GradcheckFunction {
  std::vector<std::string> names;
  std::vector<Shape> shapes;
  Callable<double> f;
  Callable<float> narrow;
  Callable<std::complex<double>> complex;
};

/// Runs the methods at the point x, the values of all inputs one after the other. Throws what f throws, and ShapeError
/// where x does not fill the shapes.
GradcheckReport gradcheck(const GradcheckFunction& f, std::span<const double> x, const GradcheckOptions& options = {});

namespace detail {

template <class T>
std::function<std::vector<Var<T>>(std::span<const T>)> bind_leaves(std::vector<Shape> shapes) {
  return [shapes = std::move(shapes)](std::span<const T> x) {
    std::vector<Var<T>> v;
    std::size_t at = 0;
    for (const Shape& s : shapes) {
      v.push_back(leaf(x.subspan(at, std::size_t(s.size())), s));
      at += std::size_t(s.size());
    }
    return v;
  };
}

template <class T, class F, std::size_t... I>
Callable<T> spread(const F& f, const std::vector<Shape>& shapes, std::index_sequence<I...>) {
  return {bind_leaves<T>(shapes), [f](std::span<const Var<T>> x) -> Var<T> { return f(x[I]...); }};
}

template <std::size_t I>
using DoubleVar = const Var<double>&;
template <std::size_t I>
using FloatVar = const Var<float>&;

template <class F, std::size_t... I>
GradcheckReport check_arguments(const F& f, std::span<const Array<double>> x, const GradcheckOptions& options,
                                std::index_sequence<I...> all) {
  static_assert(std::is_invocable_v<F, DoubleVar<I>...>, "gradcheck: f does not take so many Vars");
  GradcheckFunction function;
  std::vector<double> values;
  for (const Array<double>& a : x) {
    function.names.push_back("x" + std::to_string(function.names.size()));
    function.shapes.push_back(shape_of(a));
    values.insert(values.end(), a.data(), a.data() + a.size());
  }
  function.f = spread<double>(f, function.shapes, all);
  if constexpr (std::is_invocable_v<F, FloatVar<I>...>) {
    function.narrow = spread<float>(f, function.shapes, all);
    function.complex = spread<std::complex<double>>(f, function.shapes, all);
  }
  return gradcheck(function, values, options);
}

}  // namespace detail

/// Checks f(x0, x1, ...) at these inputs, which the report calls x0, x1, and so on. f returns a Var of any shape and
/// must be differentiable at x, and the same function each time it is called. Throws what f throws.
template <class F, std::size_t N>
GradcheckReport gradcheck(const F& f, const Array<double> (&inputs)[N], const GradcheckOptions& options = {}) {
  return detail::check_arguments(f, inputs, options, std::make_index_sequence<N>{});
}

}  // namespace xgrad
