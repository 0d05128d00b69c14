#include "probe.hpp"

#include <algorithm>
#include <cmath>

namespace xgrad::gradchecks {

double dot(const Numbers<double>& a, const Numbers<double>& b) {
  double s = 0;
  for (std::size_t i = 0; i < a.size(); ++i) s += a[i] * b[i];
  return s;
}

double norm(const Numbers<double>& a) { return std::sqrt(dot(a, a)); }

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
  Rng draw = rng(1);
  if (every_entry) {
    directions = unit_vectors(x.size());
    cotangents = unit_vectors(y.size());
  } else {
    cotangents = {gaussian(y.size(), draw), gaussian(y.size(), draw)};
    for (int i = 0; i < 20; ++i) directions.push_back(i < 16 ? gaussian(x.size(), draw) : rademacher(x.size(), draw));
  }
  std::vector<Numbers<double>> gradients;
  for (const auto& w : cotangents) gradients.push_back(at.pullback(w));
  if (!every_entry) directions.push_back(gradients[0]);
  for (const auto& g : gradients) {
    reverse.emplace_back();
    for (const auto& u : directions) reverse.back().push_back(every_entry ? 0 : dot(g, u));
    if (every_entry) reverse.back() = g;
  }
  Numbers<double> tops(std::max(directions.size(), f.shapes.size()), 0.0);  // by input, or by direction
  for (const auto& row : reverse)
    for (std::size_t u = 0; u < row.size(); ++u) {
      double& top = tops[every_entry ? input_of(u) : u];
      top = std::max(top, std::abs(row[u]));
    }
  for (std::size_t u = 0; u < directions.size(); ++u) scale.push_back(tops[every_entry ? input_of(u) : u]);
}

std::size_t Subject::input_of(std::size_t i, std::size_t* start) const {
  std::size_t input = 0, at = 0;
  for (; i >= at + std::size_t(function.shapes[input].size()); ++input)
    at += std::size_t(function.shapes[input].size());
  if (start) *start = at;
  return input;
}

namespace {

std::string indices(const Shape& shape, std::size_t flat) {
  std::string text;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    const std::size_t length = std::size_t(shape[axis]);
    text = std::to_string(flat % length) + (text.empty() ? "" : ", ") + text;
    flat /= length;
  }
  return "[" + text + "]";
}

}  // namespace

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
  return every_entry ? std::max(1.0, std::abs(x[u])) : 1 / largest(directions[u]);
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

namespace {

// What is held against what: rows of numbers, and the columns that share one norm.
struct Table {
  const std::vector<Numbers<double>>&got, &want;
  Bounds bounds;
  Numbers<double> magnitude{};  // by column, instead of the sizes of got and want
};

struct Block {
  double error = 0;  // in the norm
  bool bad_norm = false, bad_component = false;
  std::size_t row = 0, column = 0;  // the worst element
};

Block compare_block(const Table& t, std::size_t first, std::size_t last) {
  Block r{.column = first};
  double difference = 0, size_got = 0, size_want = 0, top = 0, peak = -1;
  for (const auto& row : t.want)
    for (std::size_t u = first; u < last; ++u) top = std::max(top, std::abs(row[u]));
  for (std::size_t w = 0; w < t.want.size(); ++w)
    for (std::size_t u = first; u < last; ++u) {
      const double a = t.got[w][u], b = t.want[w][u], d = std::abs(a - b);
      difference += d * d;
      size_got += a * a;
      size_want += b * b;
      const double allowed = t.bounds.component * std::abs(b) + t.bounds.floor * top;
      if (t.bounds.component > 0 && !(d <= allowed)) r.bad_component = true;
      const double badness = allowed > 0 ? d / allowed : d;
      if (!(badness <= peak)) peak = badness, r.row = w, r.column = u;
    }
  for (std::size_t u = first; u < last && !t.magnitude.empty(); ++u) size_got += t.magnitude[u] * t.magnitude[u];
  r.error = difference == 0 ? 0 : std::sqrt(difference / std::max(size_got, size_want));
  r.bad_norm = !(r.error <= t.bounds.norm);
  return r;
}

// The columns that share one norm: those of an input, or the random directions, or the gradient's own.
std::vector<std::size_t> block_ends(const Subject& s, bool by_element) {
  std::vector<std::size_t> ends;
  if (!by_element) return {s.directions.size() - 1, s.directions.size()};
  std::size_t at = 0;
  for (const Shape& shape : s.function.shapes) ends.push_back(at += std::size_t(shape.size()));
  return ends;
}

GradcheckLine compare_table(const Subject& s, Method method, const Table& t, bool by_element,
                            const std::function<std::string(std::size_t, std::size_t)>& place) {
  GradcheckLine line{method};
  line.tolerance = t.bounds.norm;
  std::size_t first = 0;
  bool shown = false, shown_bad = false;
  for (const std::size_t last : block_ends(s, by_element)) {
    if (first == last || t.want.empty()) continue;
    const Block b = compare_block(t, first, last);
    const bool bad = b.bad_norm || b.bad_component;
    if (!shown || (bad && !shown_bad) || (bad == shown_bad && !(b.error <= line.error))) {
      const double got = t.got[b.row][b.column], want = t.want[b.row][b.column];
      line.error = b.error;
      line.worst = {place(b.row, b.column), got, want, ulps(got, want)};
      line.note = bad && !b.bad_norm ? "a component is off, the norm is not" : "";
      shown = true, shown_bad = bad;
    }
    if (bad) line.verdict = Verdict::disagree;
    first = last;
  }
  return line;
}

}  // namespace

GradcheckLine compare(const Subject& s, Method method, const std::vector<Numbers<double>>& want, const Bounds& bounds) {
  return compare_table(s, method, {s.reverse, want, bounds}, s.every_entry,
                       [&](std::size_t w, std::size_t u) { return s.place(w, u); });
}

GradcheckLine compare_vectors(const Subject& s, Method method, const Numbers<double>& got, const Numbers<double>& want,
                              const Numbers<double>& magnitude, double tolerance) {
  return compare_table(s, method, {{got}, {want}, {tolerance}, magnitude}, true,
                       [&](std::size_t, std::size_t u) { return s.element(u); });
}

}  // namespace xgrad::gradchecks
