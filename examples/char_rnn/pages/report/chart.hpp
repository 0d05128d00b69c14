// A chart: curves over training steps, as HTML with the curves in one SVG that stretches to the page's width. Labels
// are HTML beside it, placed in percent, and so keep their size at every width. Everything that a reader may want to
// know exactly is in <title> elements, which browsers show where the pointer rests.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "curve.hpp"

namespace char_rnn {

struct Series {
  std::string name;                                    // for the legend
  std::string look;                                    // CSS class: blue, orange, faint
  std::vector<Point> points;                           // x: steps
  std::function<std::string(double x, double y)> dot;  // where given, a dot at each point, with this title
};

struct Chart {
  std::string title;
  std::string unit;  // of the left axis
  Axis x, y;
  std::vector<Series> series;  // later ones are drawn over earlier ones
  std::string right_unit;      // of an axis on the right, if any
  double right_scale = 1;      // its values, per value on the left
  /// What the columns at these steps say to the pointer; may be empty.
  std::vector<std::pair<double, std::string>> notes;
  /// Steps where training was resumed, with their titles.
  std::vector<std::pair<double, std::string>> marks;
  double height = 12;  // of the plot, in rem
};

/// The HTML of a chart; all texts are escaped here.
std::string chart_html(const Chart& chart);

/// The CSS that charts need.
extern const char chart_style[];

}  // namespace char_rnn
