#include "probe.hpp"

#include <algorithm>
#include <cmath>

namespace xgrad::gradchecks {

// Sums of many terms: their own rounding must stay below the tolerances, and squares must not underflow.
double dot(const Numbers<double>& a, const Numbers<double>& b) {
  long double s = 0;
  for (std::size_t i = 0; i < a.size(); ++i) s += static_cast<long double>(a[i]) * b[i];
  return static_cast<double>(s);
}

double norm(const Numbers<double>& a) {
  long double s = 0;
  for (const long double e : a) s += e * e;
  return static_cast<double>(std::sqrt(s));
}

double largest(const Numbers<double>& a) {
  double m = 0;
  for (const double v : a) m = std::isnan(v) || std::isnan(m) ? std::nan("") : std::max(m, std::abs(v));
  return m;
}

double ulps(double a, double b) {
  const double unit = std::nextafter(std::abs(b), INFINITY) - std::abs(b);
  return a == b ? 0 : std::abs(a - b) / unit;
}

Numbers<double> gaussian(std::size_t n, Rng& rng) {
  Numbers<double> v(n);
  for (double& e : v) e = rng.normal();
  return v;
}

Numbers<double> rademacher(std::size_t n, Rng& rng) {
  Numbers<double> v(n);
  for (double& e : v) e = rng.uniform() < 0.5 ? -1 : 1;
  return v;
}

namespace {

std::vector<Numbers<double>> unit_vectors(std::size_t n) {
  std::vector<Numbers<double>> all(n, Numbers<double>(n, 0.0));
  for (std::size_t i = 0; i < n; ++i) all[i][i] = 1;
  return all;
}

}  // namespace

Subject::Subject(const GradcheckFunction& f, std::span<const double> point, const GradcheckOptions& o)
    : function(f), options(o), x(point.begin(), point.end()) {
  Size n = 0;
  for (const Shape& s : f.shapes) n += s.size();
  if (n != static_cast<Size>(x.size()))
    fail<ShapeError>("gradcheck", std::to_string(x.size()) + " values for inputs of " + std::to_string(n));
  Evaluator<double> at(f.f);
  y = at.value(x);
  y_shape = at.y().shape();
  every_entry = n * static_cast<Size>(y.size()) <= o.full_jacobian;
  draw_probe(at);
  measure_scale();
  measure_roundoff();
  const auto all_finite = [](const Numbers<double>& v) { return std::isfinite(largest(v)); };
  finite = all_finite(y) && std::all_of(reverse.begin(), reverse.end(), all_finite);
}

void Subject::draw_probe(Evaluator<double>& at) {
  Rng draw = rng(1);
  if (every_entry) {
    directions = unit_vectors(x.size());
    cotangents = unit_vectors(y.size());
    for (const auto& w : cotangents) reverse.push_back(at.pullback(w));
    return;
  }
  cotangents = {gaussian(y.size(), draw), gaussian(y.size(), draw)};
  const Numbers<double> gradients[] = {at.pullback(cotangents[0]), at.pullback(cotangents[1])};
  for (int i = 0; i < 16; ++i) directions.push_back(direction(draw));
  for (int i = 16; i < 20; ++i) {
    directions.push_back(rademacher(x.size(), draw));
    for (std::size_t k = 0; k < x.size(); ++k) directions.back()[k] *= std::max(1.0, std::abs(x[k]));
  }
  const double top = largest(gradients[0]);  // 0 or NaN is no direction
  directions.push_back(top > 0 && std::isfinite(top) ? gradients[0] : direction(draw));
  for (const auto& g : gradients) {
    reverse.emplace_back();
    for (const auto& u : directions) reverse.back().push_back(dot(g, u));
  }
}

Numbers<double> Subject::direction(Rng& draw) const {
  Numbers<double> v = gaussian(x.size(), draw);
  for (std::size_t i = 0; i < v.size(); ++i) v[i] *= std::max(1.0, std::abs(x[i]));
  return v;
}

void Subject::measure_scale() {
  const auto block = [&](std::size_t u) { return every_entry ? input_of(u) : std::size_t(u + 1 == directions.size()); };
  Numbers<double> tops(std::max(function.shapes.size(), std::size_t(2)), 0.0);
  for (const auto& row : reverse)
    for (std::size_t u = 0; u < row.size(); ++u) tops[block(u)] = std::max(tops[block(u)], std::abs(row[u]));
  for (std::size_t u = 0; u < directions.size(); ++u) scale.push_back(tops[block(u)]);
}

// How much the gradient moves where x does by its last places. By more than rounding can, it jumps: that is a kink.
void Subject::measure_roundoff() {
  Evaluator<double> at = evaluator(function.f);
  Rng draw = rng(8);
  at.record(x);
  const Numbers<double> w = rademacher(y.size(), draw), g = at.pullback(w);
  const double jump = 1e-10 * std::max(largest(y), largest(g));
  Numbers<double> by_input(function.shapes.size(), 0.0);
  for (int repeat = 0; repeat < 4; ++repeat) {
    Numbers<double> nudged = x;
    for (double& e : nudged) e *= 1 + (draw.uniform() < 0.5 ? -eps64 : eps64);
    at.record(nudged);
    const Numbers<double> other = at.pullback(w);
    for (std::size_t i = 0; i < x.size(); ++i)
      if (const double d = std::abs(other[i] - g[i]); d <= jump)
        by_input[input_of(i)] = std::max(by_input[input_of(i)], d);
  }
  for (std::size_t i = 0; i < x.size(); ++i) roundoff.push_back(by_input[input_of(i)]);
}

Numbers<double> Subject::slack(const Numbers<double>& w, double epsilon) const {
  Numbers<double> all = roundoff;
  for (double& e : all) e *= 8 * largest(w) * epsilon / eps64;
  return all;
}

Numbers<double> Subject::slack_along_directions() const {
  Numbers<double> all;
  for (const auto& u : directions) {
    Numbers<double> parts = slack(cotangents.empty() ? Numbers<double>{} : cotangents[0]);
    for (std::size_t i = 0; i < parts.size(); ++i) parts[i] *= u[i];
    all.push_back(norm(parts));
  }
  return all;
}

std::size_t Subject::input_of(std::size_t i, std::size_t* start) const {
  std::size_t input = 0, at = 0;
  for (; i >= at + std::size_t(function.shapes[input].size()); ++input)
    at += std::size_t(function.shapes[input].size());
  if (start) *start = at;
  return input;
}

std::string indices(const Shape& shape, std::size_t flat) {
  std::string text;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    const std::size_t length = std::size_t(shape[axis]);
    text = std::to_string(flat % length) + (text.empty() ? "" : ", ") + text;
    flat /= length;
  }
  return "[" + text + "]";
}

std::string Subject::element(std::size_t i) const {
  std::size_t start = 0;
  const std::size_t input = input_of(i, &start);
  return function.names[input] + indices(function.shapes[input], i - start);
}

std::string Subject::place(std::size_t w, std::size_t u) const {
  if (every_entry) return element(u) + (y.size() > 1 ? " by f" + indices(y_shape, w) : "");
  if (u + 1 == directions.size()) return "along the gradient";
  return "along direction " + std::to_string(u) + (u < 16 ? " (Gaussian)" : " (Rademacher)");
}

double Subject::reach(std::size_t u) const {
  double most = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    most = std::max(most, std::abs(directions[u][i]) / std::max(1.0, std::abs(x[i])));
  return 1 / most;
}

Numbers<double> Subject::magnitude(const Numbers<double>& w, const Numbers<double>& fallback) const {
  if (!every_entry) return fallback;
  Numbers<double> m(x.size(), 0.0);
  for (std::size_t k = 0; k < w.size(); ++k)
    for (std::size_t i = 0; i < m.size(); ++i) m[i] += std::abs(w[k] * reverse[k][i]);
  return m;
}

Numbers<double> Subject::moved(std::size_t u, double h) const {
  Numbers<double> at = x;
  if (every_entry) {
    at[u] += h;
  } else {
    for (std::size_t i = 0; i < at.size(); ++i) at[i] += h * directions[u][i];
  }
  return at;
}

}  // namespace xgrad::gradchecks
