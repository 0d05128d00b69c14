// Negative controls: functions with a wrong gradient, each of which one method must reject when it runs alone. A
// control has a twin without the defect that passes the same method, so that no method can do well by rejecting
// everything.
#pragma once
#include <xgrad/autograd/gradcheck/gradcheck.hpp>
#include <xgrad/ops/ops.hpp>

namespace controls {

using namespace xgrad;

struct Control {
  Method method;
  std::string name;
  std::function<GradcheckReport(const GradcheckOptions&)> broken, twin;
  Verdict expected = Verdict::disagree;
};

template <class Broken, class Twin, std::size_t N>
Control control(Method method, std::string name, Broken broken, Twin twin, const Array<double> (&inputs)[N],
                Verdict expected = Verdict::disagree) {
  struct Inputs {
    Array<double> x[N];
  } in;
  std::copy(inputs, inputs + N, in.x);
  return {method, std::move(name), [=](const GradcheckOptions& o) { return gradcheck(broken, in.x, o); },
          [=](const GradcheckOptions& o) { return gradcheck(twin, in.x, o); }, expected};
}

/// Controls that are composed of ops, for the methods that compare gradients with something else.
std::vector<Control> composed();
/// Controls that need a rule with a defect, for those that compare parts of a rule with each other.
std::vector<Control> of_rules();

/// Numbers of f's own type.
template <class T>
Var<T> numbers(const std::vector<double>& v) {
  const std::vector<T> values(v.begin(), v.end());
  return constant(std::span<const T>(values), Shape{static_cast<Index>(values.size())});
}

/// The value of f with the derivatives of g.
template <class T>
Var<T> with_gradient_of(const Var<T>& f, const Var<T>& g) {
  return f.detach() + (g - g.detach());
}

}  // namespace controls
