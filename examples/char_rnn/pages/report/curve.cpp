#include "curve.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <limits>

#include "../numbers.hpp"

namespace char_rnn {

namespace {

/// Appends what stands for one bucket, in the order of the curve.
void append_bucket(std::vector<Point>& out, const Point* first, const Point* end) {
  const auto lower = [](const Point& a, const Point& b) { return a.y < b.y; };
  const auto [lowest, highest] = std::minmax_element(first, end, lower);
  const Point* kept[] = {first, std::min(lowest, highest), std::max(lowest, highest), end - 1};
  const auto last = std::unique(std::begin(kept), std::end(kept));
  for (auto at = std::begin(kept); at != last; ++at) out.push_back(**at);
}

/// Calls f with the finite points of each part that has some; f may reorder them.
template <class F>
void for_each_bucket(const std::vector<Point>& points, std::size_t buckets, F f) {
  std::vector<Point> finite;
  std::copy_if(points.begin(), points.end(), std::back_inserter(finite),
               [](const Point& p) { return std::isfinite(p.y); });
  if (finite.empty()) return;
  const double begin = finite.front().x, width = finite.back().x - begin;
  const auto bucket = [&](const Point* p) -> std::size_t {
    if (width <= 0) return 0;
    return std::min(static_cast<std::size_t>((p->x - begin) / width * static_cast<double>(buckets)), buckets - 1);
  };
  Point* first = finite.data();
  Point* const end = first + finite.size();
  while (first != end) {
    Point* next = first;
    for (const std::size_t here = bucket(first); next != end && bucket(next) == here;) ++next;
    f(first, next);
    first = next;
  }
}

/// 1, 2 or 5 times a power of ten: the least that divides `range` into at most about `count` parts.
double nice_step(double range, int count) {
  const double rough = range / count;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (rough <= factor * power * 1.0000001) return factor * power;
  return 10 * power;
}

/// Widens a range of nothing.
void part(double& low, double& high) {
  if (high - low > 1e-9 * std::max(std::abs(low), std::abs(high))) return;
  const double half = low == 0 ? 1 : 0.5 * std::abs(low);
  low -= half;
  high += half;
}

/// Of a linear axis, in units.
std::vector<std::string> linear_labels(const Axis& axis, double unit, const std::string& suffix) {
  const auto& ticks = axis.ticks;
  const double step = ticks.size() > 1 ? (ticks[1] - ticks[0]) / unit : 1;
  const int decimals = std::max(0, -static_cast<int>(std::floor(std::log10(step) + 1e-9)));
  std::vector<std::string> labels;
  for (const double tick : ticks) {
    const double value = tick / unit;
    if (tick == 0) labels.emplace_back("0");
    else
      labels.push_back((decimals == 0 ? grouped(std::llround(value)) : fmt::format("{:.{}f}", value, decimals)) +
                       suffix);
  }
  return labels;
}

/// Of powers of ten.
std::vector<std::string> log_labels(const Axis& axis) {
  std::vector<std::string> labels;
  for (const double tick : axis.ticks) {
    const auto power = static_cast<int>(std::lround(std::log10(tick)));
    if (power < -3 || power > 5) labels.push_back(fmt::format("1e{}", power));
    else labels.push_back(power < 0 ? fmt::format("{:.{}f}", tick, -power) : grouped(std::llround(tick)));
  }
  return labels;
}

}  // namespace

std::vector<Point> thinned(const std::vector<Point>& points, std::size_t buckets) {
  std::vector<Point> out;
  for_each_bucket(points, buckets, [&out](Point* first, Point* end) { append_bucket(out, first, end); });
  return out;
}

std::vector<Point> medians(const std::vector<Point>& points, std::size_t buckets) {
  std::vector<Point> out;
  for_each_bucket(points, buckets, [&out](Point* first, Point* end) {
    const double x = (first->x + (end - 1)->x) / 2;
    Point* const middle = first + (end - first) / 2;
    std::nth_element(first, middle, end, [](const Point& a, const Point& b) { return a.y < b.y; });
    out.push_back({x, middle->y});
  });
  return out;
}

double Axis::place(double value) const {
  const double at = log ? std::log(std::max(value, low) / low) / std::log(high / low) : (value - low) / (high - low);
  return std::clamp(at, 0.0, 1.0);
}

Axis exact_axis(double low, double high, int count) {
  part(low, high);
  Axis axis{low, high, false, {}};
  const double step = nice_step(high - low, count);
  for (double i = std::ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; ++i) axis.ticks.push_back(i * step);
  return axis;
}

Axis linear_axis(double low, double high, int count) {
  part(low, high);
  const double step = nice_step(high - low, count);
  return exact_axis(step * std::floor(low / step + 1e-9), step * std::ceil(high / step - 1e-9), count);
}

Axis log_axis(double low, double high, int count) {
  const double first = std::floor(std::log10(low) + 1e-9);
  const double last = std::max(std::ceil(std::log10(high) - 1e-9), first + 1);
  Axis axis{std::pow(10.0, first), std::pow(10.0, last), true, {}};
  const double step = std::ceil((last - first) / count);
  for (double power = first; power <= last; power += step) axis.ticks.push_back(std::pow(10.0, power));
  return axis;
}

Axis axis_over(const std::vector<Point>& points, int count) {
  double low = std::numeric_limits<double>::infinity(), high = -low, least = low;  // least: of the positive ones
  for (const Point& p : points)
    if (std::isfinite(p.y)) {
      low = std::min(low, p.y);
      high = std::max(high, p.y);
      if (p.y > 0) least = std::min(least, p.y);
    }
  if (low > high) return linear_axis(0, 1, count);
  return high > 100 * least ? log_axis(least, high, count) : linear_axis(std::min(low, 0.0), high, count);
}

Axis step_axis(double last, int count) {
  Axis axis = exact_axis(0, last, count);
  std::erase_if(axis.ticks, [](double tick) { return tick != std::round(tick); });
  return axis;
}

std::vector<std::string> tick_labels(const Axis& axis) {
  if (axis.log) return log_labels(axis);
  double top = 0;
  for (const double tick : axis.ticks) top = std::max(top, std::abs(tick));
  if (top >= 1e9 || top < 0.001) {
    const int power = top > 0 ? static_cast<int>(std::floor(std::log10(top) + 1e-9)) : 0;
    return linear_labels(axis, std::pow(10.0, power), fmt::format("e{}", power));
  }
  return top >= 1e6 ? linear_labels(axis, 1e6, "M") : linear_labels(axis, 1, "");
}

std::vector<std::string> step_labels(const Axis& axis) {
  if (axis.high < 10000) return linear_labels(axis, 1, "");
  return axis.high < 1e6 ? linear_labels(axis, 1e3, "k") : linear_labels(axis, 1e6, "M");
}

}  // namespace char_rnn
