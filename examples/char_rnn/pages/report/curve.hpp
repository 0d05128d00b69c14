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

/// From 0 to the last of training steps, with ticks at whole steps.
Axis step_axis(double last, int count);

/// What stands at the ticks, in one notation and with as many decimals as their distance has: 0.5, 1.0; 10,000; 2M;
/// 0.5e-4. Of a logarithmic axis, every power of ten by itself.
std::vector<std::string> tick_labels(const Axis& axis);
/// The same of steps, in thousands where there are many: six digits side by side would touch on a phone.
std::vector<std::string> step_labels(const Axis& axis);

}  // namespace char_rnn
