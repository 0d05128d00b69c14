#include "curve.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <limits>

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

std::string tick_label(double value) {
  const double magnitude = std::abs(value);
  if (magnitude < 1e-12) return "0";
  if (magnitude >= 1e15) return fmt::format("{:.3g}", value);
  if (magnitude >= 1e6) return fmt::format("{:g}M", value / 1e6);
  if (magnitude >= 1000 && std::round(value) == value) return grouped(static_cast<long long>(value));
  if (magnitude < 0.001) {
    const int power = static_cast<int>(std::floor(std::log10(magnitude) + 1e-9));
    return fmt::format("{:.4g}e{}", value / std::pow(10.0, power), power);
  }
  return fmt::format("{:.6g}", value);
}

std::string grouped(long long value) {
  std::string digits = std::to_string(value);
  for (int at = static_cast<int>(digits.size()) - 3; at > (value < 0 ? 1 : 0); at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

}  // namespace char_rnn
