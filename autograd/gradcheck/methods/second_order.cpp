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

int rank_of(Verdict v) { return v == Verdict::disagree ? 2 : v == Verdict::inconclusive ? 1 : 0; }

void take_worse(GradcheckLine& worst, GradcheckLine line, const char* what) {
  if (line.verdict == Verdict::disagree) line.note = what;
  const int rank = rank_of(line.verdict), before = rank_of(worst.verdict);
  if (worst.error < 0 || rank > before ||
      (rank == before && line.error / line.tolerance > worst.error / worst.tolerance))
    worst = std::move(line);
}

// The three ways to H v, at one point and seed.
class SecondOrder {
 public:
  explicit SecondOrder(const Subject& s) : s_(s), f_(s.evaluator(s.function.f)) {
    Rng rng = s.rng(6);
    w_ = gaussian(s.y.size(), rng), u_ = s.direction(rng), v_ = s.direction(rng);
    f_.record(s.x);
    first_ = f_.pullback(w_);
    const auto gradient = f_.recorded_pullback(w_);
    hv_ = reverse_over_reverse(f_, gradient, v_), hu_ = reverse_over_reverse(f_, gradient, u_);
    // Terms of H may cancel, as those of log(exp(x)) do: they are of this size at least.
    terms_ = 100 * eps64 * (norm(s.magnitude(w_, first_)) + norm(w_) * largest(s.y));
  }

  GradcheckLine symmetry() const {
    GradcheckLine line{Method::double_backward};
    line.tolerance = s_.options.second_order.value;
    const double uhv = dot(u_, hv_), vhu = dot(v_, hu_), off = std::abs(uhv - vhu);
    const double size = std::max(norm(u_) * norm(hv_), norm(v_) * norm(hu_));
    line.error = off <= terms_ * norm(u_) * norm(v_) ? 0 : off / size;
    line.worst = {"u H v and v H u", uhv, vhu, ulps(uhv, vhu)};
    if (!(line.error <= line.tolerance)) line.verdict = Verdict::disagree;
    return line;
  }
  GradcheckLine over_forward() {
    f_.record(s_.x);
    const Numbers<double> other = f_.pullback(f_.pushforward(v_), w_);
    return compare_vectors(s_, Method::double_backward,
                           {{hv_}, {other}, {s_.options.second_order.value}, forgiven(), hv_});
  }
  // The step is shortened until two in a row agree, or round-off takes over.
  GradcheckLine differenced() {
    const double widest = s_.options.central_step.value / relative_size(v_), tolerance = s_.options.differenced.value;
    double least = INFINITY, noise = 0;
    Numbers<double> best, off, before = differences(widest);
    for (int rung = 1; rung <= 8 && !(least <= 0.1 * tolerance * norm(best)); ++rung) {
      const double h = widest / std::pow(2.2360679, rung);
      const Numbers<double> next = differences(h), apart = plus(next, before, -1);
      const double rounded = eps64 * norm(first_) / h, d = norm(apart) + rounded;
      if (!(d >= least) || best.empty()) least = d, best = next, off = apart, noise = rounded;
      before = next;
    }
    for (double& e : off) e = std::isfinite(e) ? std::abs(e) : INFINITY;
    Numbers<double> slack = forgiven();
    for (double& e : slack) e += 10 * noise / std::sqrt(double(slack.size()));
    GradcheckLine line = compare_vectors(s_, Method::double_backward, {{hv_}, {best}, {tolerance}, slack, hv_, off});
    if (line.verdict == Verdict::inconclusive) line.note = "the differences of gradients disagree among themselves";
    return line;
  }

 private:
  double relative_size(const Numbers<double>& v) const {
    double most = 1;
    for (std::size_t i = 0; i < v.size(); ++i) most = std::max(most, std::abs(v[i]) / std::max(1.0, std::abs(s_.x[i])));
    return most;
  }
  Numbers<double> differences(double h) {
    const auto gradient_at = [&](double step) {
      f_.record(plus(s_.x, v_, step));
      return f_.pullback(w_);
    };
    const Numbers<double> up = gradient_at(h), down = gradient_at(-h);
    Numbers<double> d(up.size());
    for (std::size_t i = 0; i < up.size(); ++i) d[i] = (up[i] - down[i]) / (2 * h);
    return d;
  }
  Numbers<double> forgiven() const {
    return Numbers<double>(hv_.size(), terms_ * norm(v_) / std::sqrt(double(std::max<std::size_t>(hv_.size(), 1))));
  }

  const Subject& s_;
  Evaluator<double> f_;
  Numbers<double> w_, u_, v_, first_, hv_, hu_;
  double terms_;
};

}  // namespace

GradcheckLine double_backward(const Subject& s) {
  SecondOrder second(s);
  GradcheckLine worst{Method::double_backward};
  worst.error = -1;
  take_worse(worst, second.symmetry(), "H is not symmetric");
  take_worse(worst, second.over_forward(), "against reverse over forward");
  take_worse(worst, second.differenced(), "against differences of gradients");
  return worst;
}

}  // namespace xgrad::gradchecks
