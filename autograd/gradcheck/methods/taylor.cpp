// The Taylor test: what is left of [f(x + h p) - f(x - h p)] / 2 after h g p shrinks as h^3, and a wrong g leaves h.
#include <algorithm>
#include <array>
#include <cmath>

#include "methods.hpp"

namespace xgrad::gradchecks {

namespace {

// The residuals R_k of one direction, from h = 0.1 down, and what they say.
struct Residuals {
  double lowest = INFINITY;  // rate
  int rates = 0;
  double left = INFINITY;  // the least R / h: what a wrong slope leaves however small h is
};

Residuals taylor_rates(Evaluator<double>& f, const Subject& s, const Numbers<double>& w, const Numbers<double>& p,
                       double slope) {
  constexpr std::size_t steps = 17, long_steps = 11;  // with the others, round-off alone might bring R / h to zero
  const double floor = 1000 * eps64 * norm(w) * norm(s.y);
  Residuals out;
  std::array<double, steps> r;
  for (std::size_t k = 0; k < steps; ++k) {
    const double h = k == 0 ? 1 : 0.2 / std::pow(2, k);  // h = 1 for what is linear
    Numbers<double> up = s.x, down = s.x;
    for (std::size_t i = 0; i < p.size(); ++i) up[i] += h * p[i], down[i] -= h * p[i];
    r[k] = std::abs((dot(w, f.value(up)) - dot(w, f.value(down))) / 2 - h * slope);
    if (k < long_steps && std::isfinite(r[k])) out.left = std::min(out.left, r[k] / h);
  }
  // From where f is defined on both sides to where round-off begins. Of these the last: the first may lie before the
  // series has settled, or beyond a kink.
  std::size_t first = 1;
  while (first < steps && !std::isfinite(r[first])) ++first;
  std::size_t end = first;
  while (end < steps && r[end] > floor) ++end;
  for (std::size_t k = std::max(first + 1, end < 4 ? 0 : end - 4); k < end; ++k, ++out.rates)
    out.lowest = std::min(out.lowest, std::log2(r[k - 1] / r[k]));
  return out;
}

}  // namespace

GradcheckLine taylor(const Subject& s) {
  GradcheckLine line{Method::taylor};
  line.tolerance = s.options.taylor.value;
  line.error = INFINITY;
  Evaluator<double> f = s.evaluator(s.function.f);
  Rng rng = s.rng(2);
  for (int repeat = 0; repeat < 3 && !s.x.empty() && !s.y.empty(); ++repeat) {
    const Numbers<double> w = gaussian(s.y.size(), rng);
    Numbers<double> p = gaussian(s.x.size(), rng);
    const double size = norm(p);
    for (double& e : p) e /= size;
    f.record(s.x);
    const Numbers<double> g = f.pullback(w);
    const Residuals r = taylor_rates(f, s, w, p, dot(g, p));
    const bool falls = r.rates >= 3 && r.lowest >= line.tolerance;
    // Nothing linear is left to within what the method can see, whatever the rate was: f may be linear, or its terms of
    // third and fifth order may cancel at one of the steps.
    const double seen = 1e-7 * norm(s.magnitude(w, g)) + 1000 * norm(s.slack(w));
    const bool nothing_left = r.left <= seen;
    if (falls) line.error = std::min(line.error, r.lowest);
    if (falls || nothing_left) continue;
    const bool few = r.rates < 3 && !(r.rates > 0 && r.lowest < 1.5);
    line.error = r.lowest;
    line.verdict = few ? Verdict::inconclusive : Verdict::disagree;
    line.note = few ? "too few steps between truncation and round-off" : "";
    line.worst = {"along random direction " + std::to_string(repeat), dot(g, p), NAN, NAN};
    break;
  }
  for (std::size_t u = 0; line.verdict == Verdict::disagree && u < s.directions.size(); ++u)
    if (const auto found = kinks(s, u); std::find(found.begin(), found.end(), true) != found.end())
      line.verdict = Verdict::inconclusive, line.note = "f has a kink at " + s.place(0, u);
  return line;
}

}  // namespace xgrad::gradchecks
