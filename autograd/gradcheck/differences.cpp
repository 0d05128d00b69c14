// The methods that difference f. Their error has two parts: truncation, which shrinks with the step h, and round-off,
// about eps |f| / h, which grows. Steps follow from making the two equal: h = eps^(1/3), eps^(1/5), eps^(1/7) for
// errors of order h^2, h^4, h^6.
#include <algorithm>
#include <cmath>

#include "methods.hpp"

namespace xgrad::gradchecks {

namespace {

// Derivatives of all elements of f along direction u.
class Differences {
 public:
  explicit Differences(const Subject& s) : s_(s), f_(s.function.f) {}

  // [f(x + hu) - f(x - hu)] / 2h, where 2h is what the stored numbers differ by.
  Numbers<double> central(std::size_t u, double h) {
    const Numbers<double> up = s_.moved(u, h), down = s_.moved(u, -h);
    const double width = s_.every_entry ? up[u] - down[u] : 2 * h;
    const Numbers<double> high = f_.value(up), low = f_.value(down);
    if (high.size() != s_.y.size() || low.size() != s_.y.size())
      fail<ShapeError>("gradcheck", "f returned another shape at another point");
    Numbers<double> d(high.size());
    for (std::size_t i = 0; i < d.size(); ++i) d[i] = (high[i] - low[i]) / width;
    return d;
  }
  // [45 (f1 - f-1) - 9 (f2 - f-2) + (f3 - f-3)] / 60h: weights of central differences of steps h, 2h, 3h.
  Numbers<double> six_point(std::size_t u, double h) {
    return combine({{1.5, central(u, h)}, {-0.6, central(u, 2 * h)}, {0.1, central(u, 3 * h)}});
  }
  Numbers<double> richardson(std::size_t u, double h) {
    return combine({{4.0 / 3, central(u, h / 2)}, {-1.0 / 3, central(u, h)}});
  }

  static Numbers<double> combine(std::vector<std::pair<double, Numbers<double>>> terms) {
    Numbers<double> sum(terms[0].second.size(), 0.0);
    for (const auto& [weight, v] : terms)
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += weight * v[i];
    return sum;
  }

 private:
  const Subject& s_;
  Evaluator<double> f_;
};

double distance(const Numbers<double>& a, const Numbers<double>& b) {
  double d = 0;
  for (std::size_t i = 0; i < a.size(); ++i) d = a[i] - b[i] == 0 ? d : std::max(d, std::abs(a[i] - b[i]));
  return d;
}

// <w, D_u f> for all w and u, and how far off they may be relative to the gradient.
struct Estimate {
  std::vector<Numbers<double>> values;
  double error = 0;
  explicit Estimate(const Subject& s) : values(s.cotangents.size(), Numbers<double>(s.directions.size())) {}
  void put(const Subject& s, std::size_t u, const Numbers<double>& d, double off) {
    for (std::size_t w = 0; w < values.size(); ++w) values[w][u] = s.every_entry ? d[w] : dot(s.cotangents[w], d);
    if (!s.every_entry) off *= norm(s.cotangents[0]);
    if (off > 0) error = std::max(error, off / s.scale[u]);  // infinite where the derivative is zero and the noise not
  }
};

// What a comparison with differences is worth: where f has a kink, or noise drowns the tolerance, nothing.
GradcheckLine judge(const Subject& s, Method method, const Estimate& e, double tolerance) {
  GradcheckLine line = compare(s, method, e.values, {std::max(tolerance, 10 * e.error)});
  line.tolerance = tolerance;
  if (line.verdict == Verdict::agree && e.error <= 10 * tolerance) return line;
  for (std::size_t u = 0; u < s.directions.size(); ++u)
    if (kinked(s, u)) {
      line.verdict = Verdict::inconclusive;
      line.note = "f has a kink at " + (s.every_entry ? s.element(u) : s.place(0, u));
      return line;
    }
  if (e.error > 10 * tolerance) {
    line.verdict = Verdict::inconclusive;
    line.note = "the steps of the differences disagree among themselves";
  }
  return line;
}

// The best of a ladder of steps, each half of the last: where two neighbours agree best.
template <class F>
void climb(const Subject& s, Estimate& e, std::size_t u, double step, F at) {
  Numbers<double> best, before = at(u, step * s.reach(u));
  double off = INFINITY;
  for (int rung = 1; rung <= 3; ++rung) {
    Numbers<double> next = at(u, step * s.reach(u) / std::pow(2, rung));
    const double d = distance(next, before);
    if (d < off || best.empty()) off = d, best = next;
    before = std::move(next);
  }
  e.put(s, u, best, off);
}

}  // namespace

bool kinked(const Subject& s, std::size_t u) {
  Evaluator<double> f(s.function.f);
  const auto bend = [&](double h) {  // |f(x + h) - 2 f(x) + f(x - h)| / h: halves with h where f is smooth
    const Numbers<double> high = f.value(s.moved(u, h)), low = f.value(s.moved(u, -h));
    double most = 0;
    for (std::size_t i = 0; i < s.y.size(); ++i) {
      const double d = std::abs(high[i] - 2 * s.y[i] + low[i]) / h;
      most = std::isnan(d) ? INFINITY : std::max(most, d);
    }
    return most;
  };
  const double h = 1e-4 * s.reach(u), wide = bend(h), close = bend(h / 100);
  const double noise = 100 * eps64 * largest(s.y) / (h / 100);
  return std::isinf(close) || (close > 0.5 * wide && close > noise && close > 1e-6 * s.scale[u]);
}

GradcheckLine central(const Subject& s) {
  Differences f(s);
  Estimate e(s);
  const double h = s.options.central_step.value;
  for (std::size_t u = 0; u < s.directions.size(); ++u) {
    const Numbers<double> d = f.central(u, h * s.reach(u));
    e.put(s, u, d, 0);
  }
  return judge(s, Method::central, e, s.options.central.value);
}

GradcheckLine richardson(const Subject& s) {
  Differences f(s);
  Estimate e(s);
  for (std::size_t u = 0; u < s.directions.size(); ++u)
    climb(s, e, u, s.options.richardson_step.value, [&](std::size_t k, double h) { return f.richardson(k, h); });
  return judge(s, Method::richardson, e, s.options.richardson.value);
}

GradcheckLine six_point(const Subject& s) {
  Differences f(s);
  Estimate e(s);
  for (std::size_t u = 0; u < s.directions.size(); ++u)
    climb(s, e, u, s.options.six_point_step.value, [&](std::size_t k, double h) { return f.six_point(k, h); });
  return judge(s, Method::six_point, e, s.options.six_point.value);
}

namespace {

// The residuals R_k of one direction, from h = 0.1 down, and what they say.
struct Residuals {
  double lowest = INFINITY;  // rate
  int rates = 0;
  double left = INFINITY;  // the least R / h: what a wrong slope leaves however small h is
};

Residuals taylor_rates(Evaluator<double>& f, const Subject& s, const Numbers<double>& w, const Numbers<double>& p,
                       double slope) {
  constexpr int steps = 11;
  const double floor = 1000 * eps64 * norm(w) * norm(s.y);
  Residuals out;
  double r[steps];
  int usable = 1;
  for (int k = 0; k < steps; ++k) {
    const double h = k == 0 ? 1 : 0.2 / std::pow(2, k);  // h = 1 for what is linear
    Numbers<double> up = s.x, down = s.x;
    for (std::size_t i = 0; i < p.size(); ++i) up[i] += h * p[i], down[i] -= h * p[i];
    r[k] = std::abs((dot(w, f.value(up)) - dot(w, f.value(down))) / 2 - h * slope);
    out.left = std::min(out.left, r[k] / h);
    if (r[k] > floor && k > 0 && usable == k) usable = k + 1;
  }
  // Of the usable points the last: the first may lie before the series has settled, or beyond a kink.
  for (int k = std::max(2, usable - 4); k < usable; ++k, ++out.rates)
    out.lowest = std::min(out.lowest, std::log2(r[k - 1] / r[k]));
  return out;
}

}  // namespace

GradcheckLine taylor(const Subject& s) {
  GradcheckLine line{Method::taylor};
  line.tolerance = s.options.taylor_rate;
  line.error = INFINITY;
  Evaluator<double> f(s.function.f);
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
    const bool nothing_left = r.left <= 1e-7 * norm(s.magnitude(w, g));
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
    if (kinked(s, u)) line.verdict = Verdict::inconclusive, line.note = "f has a kink at " + s.place(0, u);
  return line;
}

}  // namespace xgrad::gradchecks
