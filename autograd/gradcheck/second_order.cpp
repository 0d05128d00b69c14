// Double backward. The Hessian H of <w, f> is symmetric; H v by reverse over reverse (the recorded gradient, swept
// again), by reverse over forward (a recorded JVP, swept), and by differences of gradients is one and the same.
#include <algorithm>
#include <cmath>

#include "methods.hpp"

namespace xgrad::gradchecks {

namespace {

Numbers<double> plus(Numbers<double> a, const Numbers<double>& b, double factor = 1) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += factor * b[i];
  return a;
}

// H v by sweeping the recorded gradient: the sum over inputs of the pullbacks of v's parts.
Numbers<double> reverse_over_reverse(Evaluator<double>& f, const std::vector<Var<double>>& gradient,
                                     const Numbers<double>& v) {
  Numbers<double> h(v.size(), 0.0);
  std::size_t at = 0;
  for (const Var<double>& g : gradient) {
    const std::size_t n = std::size_t(g.size());
    h = plus(h, f.pullback(g, Numbers<double>(v.begin() + std::ptrdiff_t(at), v.begin() + std::ptrdiff_t(at + n))));
    at += n;
  }
  return h;
}

void take_worse(GradcheckLine& worst, GradcheckLine line, const char* what) {
  const bool bad = line.verdict == Verdict::disagree;
  if (bad) line.note = what;
  if (worst.error < 0 || (bad && worst.verdict == Verdict::agree) ||
      (bad == (worst.verdict == Verdict::disagree) && line.error / line.tolerance > worst.error / worst.tolerance))
    worst = line;
}

}  // namespace

GradcheckLine double_backward(const Subject& s) {
  Rng rng = s.rng(6);
  const Numbers<double> w = gaussian(s.y.size(), rng), u = gaussian(s.x.size(), rng), v = gaussian(s.x.size(), rng);
  const double exact = s.options.second_order.value;
  Evaluator<double> f(s.function.f);
  f.record(s.x);
  const Numbers<double> first = f.pullback(w);
  const auto gradient = f.recorded_pullback(w);
  const Numbers<double> hv = reverse_over_reverse(f, gradient, v), hu = reverse_over_reverse(f, gradient, u);
  const Numbers<double> over_forward = f.pullback(f.pushforward(v), w);

  GradcheckLine worst{Method::double_backward};
  worst.error = -1;
  GradcheckLine symmetry{Method::double_backward};
  symmetry.tolerance = exact;
  const double uhv = dot(u, hv), vhu = dot(v, hu), size = std::max(norm(u) * norm(hv), norm(v) * norm(hu));
  symmetry.error = uhv == vhu ? 0 : std::abs(uhv - vhu) / size;
  symmetry.worst = {"u H v and v H u", uhv, vhu, ulps(uhv, vhu)};
  if (!(symmetry.error <= exact)) symmetry.verdict = Verdict::disagree;
  take_worse(worst, symmetry, "H is not symmetric");

  take_worse(worst, compare_vectors(s, Method::double_backward, hv, over_forward, hv, exact),
             "against reverse over forward");

  const double h = s.options.central_step.value / std::max(largest(v), 1.0) * std::max(1.0, largest(s.x));
  Evaluator<double> moved(s.function.f);
  const auto gradient_at = [&](double step) {
    moved.record(plus(s.x, v, step));
    return moved.pullback(w);
  };
  const Numbers<double> up = gradient_at(h), down = gradient_at(-h);
  Numbers<double> differenced(up.size());
  for (std::size_t i = 0; i < up.size(); ++i) differenced[i] = (up[i] - down[i]) / (2 * h);
  // Round-off in the gradients, over the step, is below what the differences can tell.
  const double noise = eps64 * norm(first) / h, tolerance = s.options.differenced.value;
  GradcheckLine line = compare_vectors(s, Method::double_backward, hv, differenced, hv, tolerance);
  if (line.verdict == Verdict::disagree && norm(plus(hv, differenced, -1)) <= 10 * noise) line.verdict = Verdict::agree;
  if (line.verdict == Verdict::agree && line.error > tolerance) line.error = 0;
  take_worse(worst, line, "against differences of gradients");
  return worst;
}

}  // namespace xgrad::gradchecks
