// The methods that are exact to round-off: nothing is subtracted, so a gradient that is off in the twelfth digit shows.
#include <algorithm>
#include <cmath>

#include "methods.hpp"

namespace xgrad::gradchecks {

GradcheckLine complex_step(const Subject& s) {
  // Far below what matters, far above the denormal numbers. Im f(x + ih) = h f'(x) + O(h^3).
  constexpr double h = 1e-20;
  auto f = s.evaluator(s.function.complex);
  std::vector<Numbers<double>> want(s.cotangents.size(), Numbers<double>(s.directions.size()));
  for (std::size_t u = 0; u < s.directions.size(); ++u) {
    Numbers<std::complex<double>> at(s.x.size());
    for (std::size_t i = 0; i < at.size(); ++i) at[i] = {s.x[i], h * s.directions[u][i]};
    const auto y = f.value(at);
    Numbers<double> d(y.size());
    for (std::size_t i = 0; i < d.size(); ++i) d[i] = y[i].imag() / h;
    for (std::size_t w = 0; w < want.size(); ++w) want[w][u] = s.every_entry ? d[w] : dot(s.cotangents[w], d);
  }
  const double tolerance = s.options.exact.value;
  const Table t{s.reverse, want, {tolerance, 1e-10, 0.1 * tolerance}, s.slack_along_directions()};
  const GradcheckLine line = compare_probe(s, Method::complex_step, t);
  if (line.verdict == Verdict::agree) return line;
  return without_kinks(s, t, line, [](std::size_t) { return true; });
}

template <class T>
GradcheckLine dot_product(const Subject& s) {
  GradcheckLine line{Method::dot_product, std::is_same_v<T, float>};
  Evaluator<T> f = s.evaluator(callable<T>(s.function));
  Rng rng = s.rng(3);
  f.record(as<T>(s.x));
  for (int i = 0; i < 21; ++i) {
    const auto draw = [&](std::size_t n) { return i < 16 ? gaussian(n, rng) : rademacher(n, rng); };
    const Numbers<T> w = as<T>(draw(s.y.size()));
    const Numbers<double> g = widened(f.pullback(w));
    const Numbers<T> v = i < 20 ? as<T>(draw(s.x.size())) : as<T>(g);
    const Numbers<double> tangent = widened(Evaluator<T>::numbers(f.pushforward(v)));
    const Numbers<double> v64(v.begin(), v.end()), w64(w.begin(), w.end());
    const double forward = dot(w64, tangent), reverse = dot(g, v64);
    const double size = (norm(w64) * norm(tangent) + norm(v64) * norm(g)) / 2;
    Numbers<double> rounded = s.slack(w64, epsilon<T>);
    for (std::size_t k = 0; k < rounded.size(); ++k) rounded[k] *= v64[k];
    const double off = std::abs(forward - reverse), error = off <= norm(rounded) ? 0 : off / size;
    if (i == 0 || !(error <= line.error)) {
      line.error = error;
      line.worst = {"direction " + std::to_string(i) +
                        (i < 16   ? " (Gaussian)"
                         : i < 20 ? " (Rademacher)"
                                  : " (the gradient)"),
                    reverse, forward, ulps(reverse, forward)};
    }
  }
  line.worst.ulps *= eps64 / epsilon<T>;
  line.tolerance = s.options.dot_product.value * epsilon<T>;
  if (!(line.error <= line.tolerance)) line.verdict = Verdict::disagree;
  return line;
}

template <class T>
GradcheckLine sweeps(const Subject& s) {
  const bool narrow = std::is_same_v<T, float>;
  const double tolerance = s.options.exact.value * epsilon<T> / eps64;
  Evaluator<T> f = s.evaluator(callable<T>(s.function));
  Rng rng = s.rng(4);
  const Numbers<T> w = as<T>(gaussian(s.y.size(), rng));
  f.record(as<T>(s.x));
  const Numbers<double> fast = widened(f.pullback(w));
  const Numbers<double> w64(w.begin(), w.end()), magnitude = s.magnitude(w64, fast), slack = s.slack(w64, epsilon<T>);
  GradcheckLine worst{Method::sweeps, narrow};
  worst.error = -1;
  const auto hold = [&](const char* way, const Numbers<double>& other) {
    GradcheckLine line = compare_vectors(s, Method::sweeps, {{fast}, {other}, {tolerance}, slack, magnitude});
    line.narrow = narrow;
    line.worst.ulps *= eps64 / epsilon<T>;
    line.note = line.verdict == Verdict::disagree ? std::string("against ") + way : "";
    if (worst.error < 0 || (worst.verdict == Verdict::agree && !(line.error <= worst.error))) worst = line;
  };
  hold("the rules' vjp", widened(f.pullback(w, {.retain_graph = true, .use_kernels = false})));
  hold("immediate products", widened(f.pullback(w, {.retain_graph = true, .defer = false})));
  hold("vjp and immediate products",
       widened(f.pullback(w, {.retain_graph = true, .use_kernels = false, .defer = false})));
  Numbers<double> recorded;
  for (const Var<T>& g : f.recorded_pullback(w)) {
    const Numbers<double> part = widened(Evaluator<T>::numbers(g));
    recorded.insert(recorded.end(), part.begin(), part.end());
  }
  recorded.resize(fast.size(), 0.0);
  hold("the recorded gradient", recorded);
  return worst;
}

// A point, a seed and therefore a gradient that both types can be asked for: what is left is float's own rounding.
GradcheckLine float_vs_double(const Subject& s) {
  Rng rng = s.rng(5);
  const Numbers<float> x = as<float>(s.x), w = as<float>(gaussian(s.y.size(), rng));
  const Numbers<double> seed(w.begin(), w.end());
  Numbers<double> point(x.begin(), x.end()), got;
  {
    Evaluator<float> narrow = s.evaluator(s.function.narrow);
    narrow.record(x);
    got = widened(narrow.pullback(w));
  }
  Evaluator<double> wide = s.evaluator(s.function.f);
  wide.record(point);
  const Numbers<double> want = wide.pullback(seed);
  // What the gradient moves by when x does by a float's last place is no error of the float's: near such a point the
  // terms of the gradient cancel.
  for (double& e : point) e *= 1 + (rng.uniform() < 0.5 ? -eps32 : eps32);
  wide.record(point);
  Numbers<double> moved = wide.pullback(seed), magnitude = s.magnitude(seed, want);
  for (std::size_t i = 0; i < moved.size(); ++i) moved[i] -= want[i];
  const bool jumps = norm(moved) > 0.1 * norm(magnitude) + 1e-10 * norm(s.y) * norm(seed);
  for (std::size_t i = 0; i < magnitude.size(); ++i) magnitude[i] = std::abs(magnitude[i]) + std::abs(moved[i]) / eps32;
  Numbers<double> slack = s.slack(seed, eps32);  // only for what is round-off altogether
  for (std::size_t i = 0; i < slack.size(); ++i) slack[i] = slack[i] > magnitude[i] ? slack[i] : 0;

  Size longest = 1;
  for (const Shape& shape : s.function.shapes) longest = std::max(longest, shape.size());
  const double tolerance =
      s.options.float_vs_double.value * eps32 * std::sqrt(double(std::max(longest, Size(s.y.size()))));
  GradcheckLine line = compare_vectors(s, Method::float_vs_double, {{got}, {want}, {tolerance}, slack, magnitude});
  line.worst.ulps *= eps64 / eps32;
  line.narrow = true;
  if (jumps && line.verdict == Verdict::agree) {
    line.verdict = Verdict::inconclusive;
    line.note = "the gradient jumps within a float's last place of x";
  }
  return line;
}

template GradcheckLine dot_product<float>(const Subject&);
template GradcheckLine dot_product<double>(const Subject&);
template GradcheckLine sweeps<float>(const Subject&);
template GradcheckLine sweeps<double>(const Subject&);

}  // namespace xgrad::gradchecks
