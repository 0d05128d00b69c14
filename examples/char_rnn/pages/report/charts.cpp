#include "charts.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <limits>

#include "../numbers.hpp"
#include "chart.hpp"
#include "figures.hpp"

namespace char_rnn {

namespace {

using Step = RunHistory::Step;
using Validation = RunHistory::Validation;

constexpr std::size_t columns = 100;  // of a chart, that say figures to the pointer
constexpr double hopeless = 3;        // times the first loss: what is above would hide all else

std::vector<double> values_of(const RunHistory& h, double Step::*member) {
  std::vector<double> values;
  for (const Step& s : h.steps)
    if (std::isfinite(s.*member)) values.push_back(s.*member);
  return values;
}

std::vector<Point> curve(const RunHistory& h, double Step::*member) {
  std::vector<Point> points;
  for (const Step& s : h.steps) points.push_back({static_cast<double>(s.step), s.*member});
  return points;
}

/// Where the axis of steps ends.
double last_place(const RunHistory& h) { return static_cast<double>(std::max<std::int64_t>(h.last_step(), 1)); }

/// A chart's frame: what is the same for all charts of a run.
Chart chart_of(const RunHistory& h, const std::string& title, const std::string& unit) {
  Chart chart;
  chart.title = title;
  chart.unit = unit;
  chart.x = step_axis(last_place(h), 5);
  for (const auto& r : h.resumes)
    chart.marks.emplace_back(r.step, "resumed at step " + grouped(r.step) + (r.time.empty() ? "" : ", " + r.time));
  return chart;
}

/// Titles for some of the steps that have this member, evenly spread, from what `say` says about a step.
template <class F>
std::vector<std::pair<double, std::string>> notes_of(const RunHistory& h, double Step::*member, F say) {
  std::vector<const Step*> known;
  for (const Step& s : h.steps)
    if (std::isfinite(s.*member)) known.push_back(&s);
  std::vector<std::pair<double, std::string>> notes;
  const std::size_t count = std::min(columns, known.size());
  for (std::size_t i = 0; i < count; ++i) {
    const Step& s = *known[count == 1 ? 0 : i * (known.size() - 1) / (count - 1)];
    notes.emplace_back(s.step, fmt::format("step {}: {}", grouped(s.step), say(s)));
  }
  return notes;
}

/// The losses that an axis has to show. Early ones count where they lie below all others, and not where above.
struct Shown {
  double low = std::numeric_limits<double>::infinity(), high = -low;

  void add(double loss, bool early) {
    low = std::min(low, loss);
    if (!early) high = std::max(high, loss);
  }
};

/// From the validation losses, the smoothed ones, and all but the most extreme hundredth of the raw ones on either
/// side: one bad batch shall not flatten the rest, nor shall a loss that explodes, nor the first twentieth of a run, in
/// which training losses fall farther than in all of the rest; `early` is 0 where nothing else can be shown. At least a
/// tenth of its height: hardly any loss is no hill.
Axis loss_axis(const std::vector<Series>& series, const std::vector<double>& raw, double early = 0.05) {
  const double most = raw.empty() ? std::numeric_limits<double>::infinity() : hopeless * raw.front();
  const auto begin_of = [early](std::size_t count) { return static_cast<std::size_t>(early * double(count)); };
  Shown shown;
  for (std::size_t i = 1; i < series.size(); ++i) {
    const std::vector<Point>& points = series[i].points;
    const std::size_t begin = series[i].dot ? 0 : begin_of(points.size());  // dots are few, and each is looked at
    for (std::size_t k = 0; k < points.size(); ++k)
      if (std::isfinite(points[k].y) && points[k].y <= most) shown.add(points[k].y, k < begin);
  }
  std::vector<double> late(raw.begin() + static_cast<std::ptrdiff_t>(begin_of(raw.size())), raw.end());
  std::erase_if(late, [most](double v) { return v > most; });
  std::sort(late.begin(), late.end());
  const auto cut = static_cast<std::ptrdiff_t>(late.size() / 100);
  for (auto loss = late.begin() + cut; loss != late.end() - cut; ++loss) shown.add(*loss, false);
  if (shown.low > shown.high) return early > 0 ? loss_axis(series, raw, 0) : linear_axis(0, 1, 5);
  const double wanting = std::max(0.0, 0.1 * shown.high - (shown.high - shown.low));
  return linear_axis(shown.low - wanting / 2, shown.high + wanting / 2, 5);
}

/// What the curve of losses does not show.
std::string beyond(const RunHistory& h, const Axis& axis) {
  std::string out;
  const auto far = [&](const Step& s) { return std::max(s.loss - axis.high, axis.low - s.loss); };
  const Step* farthest = nullptr;
  std::vector<const Step*> outside, none;
  for (const Step& s : h.steps) {
    if (!std::isfinite(s.loss)) none.push_back(&s);
    else if (far(s) > 0) outside.push_back(&s);
  }
  for (const Step* s : outside)
    if (farthest == nullptr || far(*s) > far(*farthest)) farthest = s;
  const auto count = [](const std::vector<const Step*>& steps) {
    return grouped(static_cast<long long>(steps.size()));
  };
  if (farthest != nullptr)
    out += fmt::format("<p class=\"caption\">{} {} beyond the axis, the farthest {} at step {}.</p>\n", count(outside),
                       outside.size() == 1 ? "loss is" : "losses are", brief(farthest->loss), grouped(farthest->step));
  if (!none.empty())
    out += fmt::format("<p class=\"caption\">The loss was no number at {} {}, first at {}.</p>\n", count(none),
                       none.size() == 1 ? "step" : "steps", grouped(none.front()->step));
  return out;
}

std::string bits_and_perplexity(double nats) {
  const double perplexity = std::exp(nats);
  return fmt::format("{:.3f} bits, perplexity {}", nats * bits_per_nat,
                     perplexity < 1000 ? fmt::format("{:.2f}", perplexity) : brief(perplexity));
}

std::string loss_chart(const RunHistory& h) {
  Chart chart = chart_of(h, "Loss", "nats per character");
  chart.right_unit = "bits per character";
  chart.right_scale = bits_per_nat;
  chart.height = 20;
  chart.series = {{"training", "faint", curve(h, &Step::loss), {}},
                  {"training, smoothed", "blue", curve(h, &Step::smooth_loss), {}}};
  const Validation* best = h.best();
  if (best != nullptr) {
    std::vector<Point> points;
    for (const Validation& v : h.validations) points.push_back({static_cast<double>(v.step), v.nats});
    chart.series.push_back({"validation", "orange", points, [best](double x, double y) {
                              const bool is_best = static_cast<double>(best->step) == x;
                              return fmt::format("step {}: validation loss {:.4f} nats, {}{}", grouped(std::llround(x)),
                                                 y, bits_and_perplexity(y), is_best ? " (best)" : "");
                            }});
  }
  chart.notes = notes_of(h, &Step::loss, [](const Step& s) {
    std::string note = fmt::format("training loss {:.4f} nats", s.loss);
    if (std::isfinite(s.smooth_loss))
      note += fmt::format(", smoothed {:.4f} ({:.3f} bits)", s.smooth_loss, s.smooth_loss * bits_per_nat);
    return note;
  });
  chart.y = loss_axis(chart.series, values_of(h, &Step::loss));
  return "<section class=\"card\">\n" + chart_html(chart) + beyond(h, chart.y) + table_of_losses(h) + "</section>\n";
}

std::string small_chart(const Chart& chart, const std::string& below = "") {
  return "<section class=\"card\">\n" + chart_html(chart) + below + "</section>\n";
}

/// From 0, in proportion: a rate of zero has no place on a logarithmic axis.
Axis rate_axis(const std::vector<Point>& points) {
  double high = 0;
  for (const Point& p : points)
    if (std::isfinite(p.y)) high = std::max(high, p.y);
  return linear_axis(0, high, 4);
}

/// The chart of one member, or nothing where the log does not have it. Where points are too many to tell apart, their
/// medians say more than the band that they fill.
std::string member_chart(const RunHistory& h, const std::string& title, double Step::*member,
                         const std::string& below = "") {
  if (h.last(member) == nullptr) return "";
  Chart chart = chart_of(h, title, "");
  const std::vector<Point> points = curve(h, member);
  chart.series = {{"", "blue", points, {}}};
  if (member ==
      &Step::learning_rate) {  // is set: it does not scatter, and where it falls to nothing, it may be seen to
    chart.y = rate_axis(points);
  } else {
    if (points.size() > 4 * columns)
      chart.series = {{"logged", "faint", points, {}}, {"median", "blue", medians(points, columns), {}}};
    chart.y = axis_over(points, 4);
    if (chart.y.log) chart.unit = "logarithmic";
  }
  chart.notes = notes_of(h, member, [member](const Step& s) { return brief(s.*member); });
  return small_chart(chart, below);
}

/// In how many steps a limit took effect, in as many parts of the run as the chart has columns; nothing where none did.
std::string clip_chart(const RunHistory& h) {
  const double end = last_place(h);
  std::vector<double> sums(std::min(columns, h.steps.size()));
  const double parts = static_cast<double>(sums.size()), width = end / parts;
  double total = 0;
  for (const Step& s : h.steps) {
    if (!(s.clipped > 0)) continue;
    const double part = std::ceil(static_cast<double>(s.step) / width - 1e-9) - 1;  // a note is of the steps up to it
    sums[static_cast<std::size_t>(std::clamp(part, 0.0, parts - 1))] += s.clipped;
    total += s.clipped;
  }
  if (total == 0) return "";
  Chart chart = chart_of(h, "Clipped", "steps");
  chart.series = {{"", "blue", {}, {}}};
  const auto count = [](double value) { return grouped(std::llround(value)); };
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const double left = width * static_cast<double>(i), right = left + width;
    for (const double x : {left, right}) chart.series[0].points.push_back({x, sums[i]});
    chart.notes.emplace_back((left + right) / 2, fmt::format("steps {} to {}: {}", count(std::floor(left) + 1),
                                                             count(std::floor(right + 1e-9)), count(sums[i])));
  }
  chart.y = linear_axis(0, std::max(4.0, *std::max_element(sums.begin(), sums.end())), 4);
  std::string part;
  if (sums.size() > 1)
    part = "; each level is " +
           (sums.size() == columns ? "a hundredth" : fmt::format("one of {} equal parts", sums.size())) + " of the run";
  return small_chart(chart,
                     fmt::format("<p class=\"caption\">{} of {} {} clipped{}.</p>\n", count(total),
                                 end == 1 ? "1 step" : count(end) + " steps", total == 1 ? "was" : "were", part));
}

}  // namespace

std::string charts(const RunHistory& h) {
  if (h.steps.empty() && h.validations.empty()) return "<p class=\"card soft\">No step has been logged yet.</p>\n";
  std::string clips = clip_chart(h), none;
  if (clips.empty() && h.last(&Step::clipped) != nullptr) none = "<p class=\"caption\">Nothing was clipped.</p>\n";
  const std::string small = member_chart(h, "Learning rate", &Step::learning_rate) +
                            member_chart(h, "Gradient norm", &Step::gradient_norm, none) + clips +
                            member_chart(h, "Characters per second", &Step::chars_per_s);
  return loss_chart(h) + (small.empty() ? "" : "<div class=\"grid\">\n" + small + "</div>\n");
}

}  // namespace char_rnn
