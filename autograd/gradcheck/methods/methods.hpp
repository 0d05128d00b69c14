// One function for each method. Those that can run in float as well are templates.
#pragma once
#include "../probe.hpp"

namespace xgrad::gradchecks {

GradcheckLine central(const Subject& s);
GradcheckLine richardson(const Subject& s);
GradcheckLine six_point(const Subject& s);
GradcheckLine taylor(const Subject& s);
GradcheckLine complex_step(const Subject& s);
GradcheckLine float_vs_double(const Subject& s);
GradcheckLine double_backward(const Subject& s);
template <class T>
GradcheckLine dot_product(const Subject& s);
template <class T>
GradcheckLine sweeps(const Subject& s);
template <class T>
GradcheckLine structure(const Subject& s);

/// f in number type T, and its epsilon.
template <class T>
const Callable<T>& callable(const GradcheckFunction& f) {
  if constexpr (std::is_same_v<T, float>) return f.narrow;
  else return f.f;
}
template <class T>
constexpr double epsilon = std::numeric_limits<T>::epsilon();

template <class T>
Numbers<T> as(const Numbers<double>& v) {
  return Numbers<T>(v.begin(), v.end());
}
inline Numbers<double> widened(const Numbers<float>& v) { return Numbers<double>(v.begin(), v.end()); }
inline const Numbers<double>& widened(const Numbers<double>& v) { return v; }

/// For each element of f, whether it bends sharply close to x along direction u, or is not defined on both sides.
std::vector<bool> kinks(const Subject& s, std::size_t u);

/// What `line`, of this table, comes to where f may have kinks: it is compared again without them along the directions
/// that are suspect. A gradient that is wrong elsewhere stays convicted.
GradcheckLine without_kinks(const Subject& s, Table t, const GradcheckLine& line,
                            const std::function<bool(std::size_t)>& suspect);

}  // namespace xgrad::gradchecks
