// The methods that difference f. Their error has two parts: truncation, which shrinks with the step h, and round-off,
// about eps |f| / h, which grows. Steps follow from making the two equal: h = eps^(1/3), eps^(1/5), eps^(1/7) for
// errors of order h^2, h^4, h^6. Where f changes over shorter lengths than that, as log does near 0, the step is
// shortened until two in a row agree.
#include <algorithm>
#include <array>
#include <cmath>

#include "methods.hpp"

namespace xgrad::gradchecks {

namespace {

// Derivatives of all elements of f along direction u.
class Differences {
 public:
  explicit Differences(const Subject& s) : s_(s), f_(s.evaluator(s.function.f)) {}

  // [f(x + hu) - f(x - hu)] / 2h, where 2h is what the stored numbers differ by.
  Numbers<double> central(std::size_t u, double h) {
    const Numbers<double> up = s_.moved(u, h), down = s_.moved(u, -h);
    const double width = s_.every_entry ? up[u] - down[u] : 2 * h;
    const Numbers<double> high = f_.value(up), low = f_.value(down);
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

// Infinite where a number is not finite: f is not defined as far as that.
double distance(const Numbers<double>& a, const Numbers<double>& b) {
  double d = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    d = std::isfinite(a[i]) && std::isfinite(b[i]) ? std::max(d, std::abs(a[i] - b[i])) : INFINITY;
  return d;
}

// <w, D_u f> for all w and u, and how far off they may be.
struct Estimate {
  std::vector<Numbers<double>> values;
  Numbers<double> off;
  std::vector<bool> far;  // found with steps much shorter than the method's own
  explicit Estimate(const Subject& s)
      : values(s.cotangents.size(), Numbers<double>(s.directions.size())),
        off(s.directions.size(), 0.0),
        far(s.directions.size()) {}
  void put(const Subject& s, std::size_t u, const Numbers<double>& d, double distance) {
    for (std::size_t w = 0; w < values.size(); ++w) values[w][u] = s.every_entry ? d[w] : dot(s.cotangents[w], d);
    off[u] = s.every_entry ? distance : distance * norm(s.cotangents[0]);
  }
};

// Of steps in a ladder. Where f is rounded to a grid, ratios of small integers would meet its stairs, and agree.
constexpr double ratio = 2.2360679;

// The best of a ladder of steps: the first that its neighbour confirms, else the one that both neighbours are closest
// to, for in noise two may agree by chance. No estimate is better than the round-off of f over the step.
template <class F>
void climb(const Subject& s, Estimate& e, std::size_t u, double step, double tolerance, F at) {
  constexpr int own = 3, longest = 12;  // rungs
  const double top = largest(s.y), scale = s.every_entry ? s.scale[u] : s.scale[u] / norm(s.cotangents[0]);
  Numbers<double> best, before = at(u, step * s.reach(u));
  double off = INFINITY, last = 0;
  bool still = largest(before) == 0;  // f has not moved yet, and nothing was rounded
  for (int rung = 1, growing = 0; rung <= longest && growing < 2; ++rung) {
    const double h = step * s.reach(u) / std::pow(ratio, rung);
    Numbers<double> next = at(u, h);
    still = still && largest(next) == 0;
    const double d = distance(next, before) + (still ? 0 : eps64 * top / h / 4);
    const double size = std::max(scale, largest(next));
    if (d <= 0.1 * tolerance * size) {
      e.far[u] = rung > own;
      return e.put(s, u, next, d);
    }
    if (best.empty() || std::max(d, last) < off) off = std::max(d, last), best = before, e.far[u] = rung > own + 1;
    if (rung >= own && off <= tolerance * size) break;
    growing = rung > 1 && d > last ? growing + 1 : 0;  // twice: there is nothing but round-off further down
    last = d;
    before = std::move(next);
  }
  e.put(s, u, best, off);
}

// What a comparison with differences is worth: where f has a kink, nothing. There it is left out; the rest must agree.
GradcheckLine judge(const Subject& s, Method method, const Estimate& e, double tolerance) {
  Table t{s.reverse, e.values, {tolerance}, s.slack_along_directions(), {}, e.off};
  const bool far = std::find(e.far.begin(), e.far.end(), true) != e.far.end();
  const GradcheckLine line = compare_probe(s, method, t);
  if (line.verdict == Verdict::agree && !far) return line;
  const bool all = line.verdict != Verdict::agree;
  return without_kinks(s, t, line, [&](std::size_t u) { return all || e.far[u]; });
}

template <class F>
GradcheckLine differences(const Subject& s, Method method, Step step, Rtol tolerance, F at) {
  Differences f(s);
  Estimate e(s);
  for (std::size_t u = 0; u < s.directions.size(); ++u)
    climb(s, e, u, step.value, tolerance.value, [&](std::size_t k, double h) { return at(f, k, h); });
  GradcheckLine line = judge(s, method, e, tolerance.value);
  if (line.verdict == Verdict::inconclusive && line.note.empty())
    line.note = "the steps of the differences disagree among themselves";
  return line;
}

constexpr int rungs = 6;
double step_of(int rung) { return 0.02 / std::pow(8, rung); }

// b: |f(x + h) - 2 f(x) + f(x - h)| / h at each step. Where f is smooth it shrinks with h, at a kink it stays, at a
// jump it grows as 1 / h, and noise grows likewise, but not evenly. `floor` / h is what is surely noise.
bool bends_sharply(const std::array<double, rungs>& b, double reach, double floor, double slope_floor) {
  const auto rise = [&](int k) { return b[std::size_t(k)] * step_of(k) * reach; };
  if (!std::isfinite(b[rungs - 1])) return true;  // the edge of the domain
  bool jump = rise(0) > floor;
  for (int k = 1; k < rungs; ++k) jump = jump && std::abs(rise(k) - rise(0)) <= 0.05 * rise(0);
  if (jump) return true;
  const double noise = 10 * std::max({floor, rise(rungs - 1), rise(rungs - 2)});
  for (int k = 1; k < rungs; ++k)
    if (b[std::size_t(k)] > std::max(0.5 * b[std::size_t(k) - 1], slope_floor) && rise(k) > noise) return true;
  return false;
}

}  // namespace

std::vector<bool> kinks(const Subject& s, std::size_t u) {
  Evaluator<double> f = s.evaluator(s.function.f);
  const double reach = s.reach(u);
  std::vector<std::array<double, rungs>> bends(s.y.size());
  for (int k = 0; k < rungs; ++k) {
    const double h = step_of(k) * reach;
    const Numbers<double> high = f.value(s.moved(u, h)), low = f.value(s.moved(u, -h));
    for (std::size_t i = 0; i < bends.size(); ++i)
      bends[i][std::size_t(k)] = std::abs(high[i] - 2 * s.y[i] + low[i]) / h;
  }
  std::vector<bool> found;
  for (const auto& b : bends) found.push_back(bends_sharply(b, reach, 10 * eps64 * largest(s.y), 1e-6 * s.scale[u]));
  return found;
}

GradcheckLine without_kinks(const Subject& s, Table t, const GradcheckLine& line,
                            const std::function<bool(std::size_t)>& suspect) {
  std::string where;
  for (std::size_t u = 0; u < s.directions.size(); ++u) {
    if (!suspect(u)) continue;
    const std::vector<bool> found = kinks(s, u);
    const auto first = std::find(found.begin(), found.end(), true);
    if (first == found.end()) continue;
    if (where.empty()) where = s.place(std::size_t(first - found.begin()), u);
    // (At the edge of the domain the gradient is infinite, and zero times that is NaN in the other rows.)
    for (std::size_t w = 0; w < t.want.size(); ++w)
      if (!s.every_entry || found[w] || !std::isfinite(t.got[w][u])) t.got[w][u] = t.want[w][u] = 0;
    if (!t.off.empty()) t.off[u] = 0;
  }
  if (where.empty()) return line;
  const GradcheckLine rest = compare_probe(s, line.method, t);
  if (rest.verdict == Verdict::disagree) return rest;
  GradcheckLine hidden = line;
  hidden.verdict = Verdict::inconclusive;
  hidden.note = "f has a kink at " + where;
  return hidden;
}

GradcheckLine central(const Subject& s) {
  return differences(s, Method::central, s.options.central_step, s.options.central,
                     [](Differences& f, std::size_t u, double h) { return f.central(u, h); });
}

GradcheckLine richardson(const Subject& s) {
  return differences(s, Method::richardson, s.options.richardson_step, s.options.richardson,
                     [](Differences& f, std::size_t u, double h) { return f.richardson(u, h); });
}

GradcheckLine six_point(const Subject& s) {
  return differences(s, Method::six_point, s.options.six_point_step, s.options.six_point,
                     [](Differences& f, std::size_t u, double h) { return f.six_point(u, h); });
}

}  // namespace xgrad::gradchecks
