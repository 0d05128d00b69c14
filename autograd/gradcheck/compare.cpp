// Two tables of numbers are held against each other, block by block.
#include <algorithm>
#include <cmath>

#include "probe.hpp"

namespace xgrad::gradchecks {

namespace {

struct Block {
  double error = 0;     // in the norm, relative
  double estimate = 0;  // of what that is worth, relative; more than ten times the tolerance: little
  bool bad_norm = false, bad_component = false, unsure = false;
  std::size_t row = 0, column = 0;  // the worst element
  bool bad() const { return bad_norm || bad_component; }
};

// The norms are taken in long double, whose range the squares of doubles do not leave.
struct Sums {
  long double difference = 0, got = 0, want = 0, slack = 0;
  double top_got = 0, top_want = 0;
};

Sums sums_of(const Table& t, std::size_t first, std::size_t last) {
  Sums s;
  for (std::size_t w = 0; w < t.want.size(); ++w)
    for (std::size_t u = first; u < last; ++u) {
      const long double a = t.got[w][u], b = t.want[w][u], m = t.magnitude.empty() ? 0 : t.magnitude[u];
      if (a != b) s.difference += (a - b) * (a - b);
      s.got += a * a + m * m;
      s.want += b * b;
      s.slack += static_cast<long double>(t.slack[u]) * t.slack[u];
      s.top_got = std::max(s.top_got, std::abs(t.got[w][u]));
      s.top_want = std::max(s.top_want, std::abs(t.want[w][u]));
    }
  return s;
}

void judge_norm(Block& r, const Table& t, const Sums& s, std::size_t first, std::size_t last) {
  const long double d = std::sqrt(s.difference), forgiven = std::sqrt(s.slack);
  const long double size = std::sqrt(std::max(s.got, s.want));
  r.error = static_cast<double>(d == 0 ? 0 : d / size);
  if (!(r.error <= t.bounds.norm)) r.error = static_cast<double>(d <= forgiven ? 0 : (d - forgiven) / size);
  double off = 0, slack = 0;
  for (std::size_t u = first; u < last; ++u) {
    if (!t.off.empty()) off = std::max(off, t.off[u]);
    slack = std::max(slack, t.slack[u]);
  }
  r.estimate = off == 0 ? 0 : off / std::max(s.top_got, s.top_want);
  // A gradient of nothing but round-off is zero as far as anybody can tell.
  if (slack > 0 && std::isfinite(off) && s.top_got <= slack && s.top_want <= 10 * off + slack) r.error = r.estimate = 0;
  r.unsure = r.estimate > 10 * t.bounds.norm;
  const double limit = std::max(t.bounds.norm, (r.unsure ? 100 : 10) * r.estimate);
  r.bad_norm = !std::isinf(r.estimate) && !(r.error <= limit);
}

Block compare_block(const Table& t, std::size_t first, std::size_t last) {
  Block r{.column = first};
  const Sums s = sums_of(t, first, last);
  double peak = -1;
  for (std::size_t w = 0; w < t.want.size(); ++w)
    for (std::size_t u = first; u < last; ++u) {
      const double a = t.got[w][u], b = t.want[w][u], d = a == b ? 0 : std::abs(a - b);
      const double allowed = t.bounds.component * std::abs(b) + t.bounds.floor * s.top_want + t.slack[u];
      if (t.bounds.component > 0 && !(d <= allowed)) r.bad_component = true;
      const double badness = allowed > 0 ? d / allowed : d;
      if (!(badness <= peak) && !std::isnan(peak)) peak = badness, r.row = w, r.column = u;
    }
  judge_norm(r, t, s, first, last);
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

int rank_of(const Block& b) { return b.bad() ? 2 : b.unsure ? 1 : 0; }

GradcheckLine compare_table(const Subject& s, Method method, const Table& t, bool by_element,
                            const std::function<std::string(std::size_t, std::size_t)>& place) {
  GradcheckLine line{method};
  line.tolerance = t.bounds.norm;
  std::size_t first = 0;
  int rank = -1;
  for (const std::size_t last : block_ends(s, by_element)) {
    if (first == last || t.want.empty()) continue;
    const Block b = compare_block(t, first, last);
    first = last;
    if (rank_of(b) < rank || (rank_of(b) == rank && b.error <= line.error)) continue;
    const double got = t.got[b.row][b.column], want = t.want[b.row][b.column];
    rank = rank_of(b);
    line.error = b.error;
    line.worst = {place(b.row, b.column), got, want, ulps(got, want)};
    line.note = b.bad() && !b.bad_norm ? "a component is off, the norm is not" : "";
    line.verdict = b.bad() ? Verdict::disagree : b.unsure ? Verdict::inconclusive : Verdict::agree;
  }
  return line;
}

}  // namespace

GradcheckLine compare_probe(const Subject& s, Method method, const Table& t) {
  return compare_table(s, method, t, s.every_entry, [&](std::size_t w, std::size_t u) { return s.place(w, u); });
}

GradcheckLine compare_vectors(const Subject& s, Method method, const Table& t) {
  return compare_table(s, method, t, true, [&](std::size_t, std::size_t u) { return s.element(u); });
}

}  // namespace xgrad::gradchecks
