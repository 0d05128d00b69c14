// Curves and axes as numbers, before they are drawn.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

namespace char_rnn {

struct Point {
  double x, y;
};

/// At most four points for each of `buckets` equal parts of [first x, last x]: the first and last of them, the lowest
/// and the highest. What is drawn from them looks the same at that many pixels, and no extreme is lost. Points whose y
/// is not finite are left out. Precondition: x never decreases.
std::vector<Point> thinned(const std::vector<Point>& points, std::size_t buckets);

/// The median of the finite y in each of `buckets` equal parts, at the middle of its steps. Precondition as above.
std::vector<Point> medians(const std::vector<Point>& points, std::size_t buckets);

/// A range of values, and where in it lines with labels go.
struct Axis {
  double low = 0, high = 1;  // low < high
  bool log = false;          // then low > 0
  std::vector<double> ticks;

  /// Where a value lies, in [0, 1]; what is beyond either end lies there.
  double place(double value) const;
};

/// A range that has [low, high] in it, with about `count` ticks at 1, 2 or 5 times a power of ten, and ends at ticks.
Axis linear_axis(double low, double high, int count);
/// The same with a range of exactly [low, high]; one of nothing is widened.
Axis exact_axis(double low, double high, int count);
/// Ticks at powers of ten, at most `count`, ends at powers of ten. Precondition: 0 < low <= high.
Axis log_axis(double low, double high, int count);
/// A logarithmic axis where the positive values of the points span more than two decades, else a linear one.
Axis axis_over(const std::vector<Point>& points, int count);

/// A tick's value as short as it is exact: 0.5, 12,000, 3M, 2e-5.
std::string tick_label(double value);
/// An integer with its thousands apart: 1,003,854.
std::string grouped(long long value);

}  // namespace char_rnn
