#include "chart.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>

#include "../html.hpp"

namespace char_rnn {

namespace {

constexpr double size = 1000;          // of the SVG's coordinates, both ways
constexpr std::size_t buckets = 400;   // of a curve: a page is about 800 pixels wide
constexpr std::size_t most_dots = 50;  // times four

/// Writes the drawing of one chart.
class Drawing {
 public:
  explicit Drawing(const Chart& chart) : chart_(chart) {}

  std::string svg() {
    add("<svg viewBox=\"0 0 {0} {0}\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{1}\">\n", size,
        html(chart_.title));
    for (const double tick : chart_.y.ticks) add("<path class=\"grid\" d=\"M0 {:.1f}H{}\" />", y(tick), size);
    for (const auto& [step, title] : chart_.marks)
      add("<path class=\"mark\" d=\"M{:.1f} 0V{}\"><title>{}</title></path>", x(step), size, html(title));
    for (const Series& s : chart_.series) line(s);
    notes();
    for (const Series& s : chart_.series) dots(s);
    add("\n</svg>\n");
    return std::move(out_);
  }

 private:
  template <class... T>
  void add(fmt::format_string<T...> format, T&&... values) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<T>(values)...);
  }
  double x(double step) const { return size * chart_.x.place(step); }
  double y(double value) const { return size * (1 - chart_.y.place(value)); }

  /// Enters where it first comes within the axis, and does not run along its edge until then.
  std::vector<Point> visible(const Series& s) const {
    std::vector<Point> points = thinned(s.points, buckets);
    const auto within = [this](const Point& p) { return p.y >= chart_.y.low && p.y <= chart_.y.high; };
    const auto first = std::find_if(points.begin(), points.end(), within);
    if (first != points.begin() && first != points.end()) points.erase(points.begin(), first - 1);
    return points;
  }

  void line(const Series& s) {
    const std::vector<Point> points = visible(s);
    if (points.empty()) return;
    const bool single = points.size() == 1;  // a dot, by the round ends of lines
    add("\n<path class=\"{}line {}\" d=\"", single ? "single " : "", s.look);
    for (const Point& p : points) add("{}{:.1f} {:.1f}", &p == points.data() ? 'M' : 'L', x(p.x), y(p.y));
    if (single) add("h0");
    add("\" />");
  }

  void dots(const Series& s) {
    if (!s.dot) return;
    for (const Point& p : thinned(s.points, most_dots))
      add("\n<path class=\"dot {}\" d=\"M{:.1f} {:.1f}h0\"><title>{}</title></path>", s.look, x(p.x), y(p.y),
          html(s.dot(p.x, p.y)));
  }

  /// Columns that meet half-way between their steps.
  void notes() {
    const auto& all = chart_.notes;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const double at = x(all[i].first);
      const double left = i == 0 ? 0 : (x(all[i - 1].first) + at) / 2;
      const double right = i + 1 == all.size() ? size : (at + x(all[i + 1].first)) / 2;
      add("\n<rect x=\"{:.1f}\" width=\"{:.1f}\" height=\"{}\"><title>{}</title></rect>", left, right - left, size,
          html(all[i].second));
    }
  }

  const Chart& chart_;
  std::string out_;
};

std::string legend(const Chart& chart) {
  std::string out;
  if (chart.series.size() < 2) return out;
  for (const Series& s : chart.series)
    out += fmt::format("<span class=\"key {}{}\">{}</span>\n", s.look, s.dot ? " dotted" : "", html(s.name));
  if (!chart.marks.empty()) out += "<span class=\"key resumed\">resumed</span>\n";
  return "<span class=\"keys\">\n" + out + "</span>\n";
}

std::string labels(const Chart& chart) {
  std::string out;
  const auto side = [&](const char* where, const char* from, const Axis& axis, const std::vector<std::string>& texts) {
    for (std::size_t i = 0; i < texts.size(); ++i)
      out += fmt::format("<span class=\"at {}\" style=\"{}:{:.2f}%\">{}</span>\n", where, from,
                         100 * axis.place(axis.ticks[i]), texts[i]);
  };
  side("bottom", "left", chart.x, step_labels(chart.x));
  side("left", "bottom", chart.y, tick_labels(chart.y));
  if (chart.right_unit.empty()) return out;
  const Axis right = exact_axis(chart.y.low * chart.right_scale, chart.y.high * chart.right_scale, 8);
  side("right", "bottom", right, tick_labels(right));
  return out;
}

}  // namespace

std::string chart_html(const Chart& chart) {
  return fmt::format(
      "<figure class=\"chart\">\n<figcaption><h3>{}</h3>\n{}</figcaption>\n"
      "<p class=\"units\"><span>{}</span><span>{}</span></p>\n"
      "<div class=\"plot{}\" style=\"height:{}rem\">\n{}{}</div>\n<p class=\"steps\">steps</p>\n</figure>\n",
      html(chart.title), legend(chart), html(chart.unit), html(chart.right_unit),
      chart.right_unit.empty() ? "" : " two", chart.height, Drawing(chart).svg(), labels(chart));
}

const char chart_style[] = R"css(
.chart { margin: 0; }
.chart figcaption { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; align-items: baseline; }
.keys { display: flex; flex-wrap: wrap; gap: .25rem 1rem; font-size: .8125rem; color: var(--soft); }
.key::before { content: ""; display: inline-block; width: 1.25rem; height: 0; margin-right: .4rem;
  vertical-align: .28em; border-top: 2px solid var(--line); }
.key.dotted::before { print-color-adjust: exact; width: .55rem; height: .55rem; border: 0; border-radius: 50%; background: var(--line);
  vertical-align: 0; }
.key.resumed::before { border-top: 2px dotted var(--soft); }
.blue { --line: var(--blue); } .orange { --line: var(--orange); }
.faint { --line: color-mix(in srgb, var(--blue) 50%, var(--card)); }
.units, .steps { display: flex; justify-content: space-between; font-size: .75rem; color: var(--soft); }
.units { margin-top: .5rem; min-height: 1.7rem; padding-bottom: .65rem; }
.steps { justify-content: center; padding-top: 1.5rem; }
.plot { position: relative; margin: 0 .75rem 0 3.25rem; }
.plot.two { margin-right: 2.5rem; }
.plot svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: visible; }
.plot path { fill: none; vector-effect: non-scaling-stroke; stroke-linecap: round; stroke-linejoin: round; }
.plot .grid { stroke: var(--rule); stroke-width: 1; }
.plot .mark { stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 2 4; }
.plot .line { stroke: var(--line); stroke-width: 2; }
.plot .faint { stroke-width: 1; }
.plot .single { stroke-width: 6; }
.plot .dot { stroke: var(--line); stroke-width: 7; }
.plot .dot:hover { stroke-width: 11; }
.plot rect { fill: transparent; }
.plot rect:hover { fill: var(--ink); fill-opacity: .08; }
.at { position: absolute; font-size: .75rem; line-height: 1; color: var(--soft); white-space: nowrap;
  font-variant-numeric: tabular-nums; }
.at.bottom { top: calc(100% + .5rem); transform: translateX(-50%); }
.at.left { right: calc(100% + .5rem); transform: translateY(50%); }
.at.right { left: calc(100% + .5rem); transform: translateY(50%); }
.at.right::before { content: ""; position: absolute; right: calc(100% + .15rem); top: 50%; width: .35rem;
  border-top: 1px solid var(--soft); }
)css";

}  // namespace char_rnn
