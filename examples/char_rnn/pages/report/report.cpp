#include "report.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <limits>

#include "../html.hpp"
#include "chart.hpp"

namespace char_rnn {

namespace {

using Step = RunHistory::Step;
using Validation = RunHistory::Validation;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double bits_per_nat = 1.4426950408889634;  // 1 / ln 2
constexpr std::size_t columns = 100;                 // of a chart, that say figures to the pointer
constexpr std::size_t most_samples = 20;
constexpr std::size_t longest_sample = 2000;  // bytes

constexpr const char* style = R"css(
main { max-width: 62rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; display: grid; gap: 1.25rem;
  grid-template-columns: minmax(0, 1fr); }
h1 { font-size: 1.75rem; letter-spacing: -.01em; }
h2 { font-size: 1.25rem; margin-top: 1.25rem; }
h3 { font-size: 1rem; }
.soft { color: var(--soft); }
.card { background: var(--card); border: 1px solid var(--rule); border-radius: .6rem; padding: 1rem 1.15rem; min-width: 0; }
.grid { display: grid; gap: 1.25rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); }
.figures { display: grid; gap: 1rem; margin: 0; grid-template-columns: repeat(auto-fit, minmax(min(100%, 13rem), 1fr)); }
.figures dt { font-size: .8125rem; color: var(--soft); }
.figures dd { margin: 0; font-size: .875rem; line-height: 1.4; color: var(--soft); }
.figures dd.value { font-size: 1.625rem; line-height: 1.35; font-weight: 600; color: var(--ink);
  font-variant-numeric: tabular-nums; letter-spacing: -.01em; }
.figures .unit { white-space: nowrap; font-size: .9375rem; font-weight: 400; color: var(--soft); letter-spacing: 0; }
.caption { font-size: .8125rem; color: var(--soft); margin-top: .25rem; }
.sample { margin: 0; display: flex; flex-direction: column; gap: .5rem; }
.sample figcaption { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: baseline; gap: 0 1rem;
  font-size: .8125rem; }
pre { margin: 0; font: .8125rem/1.5 var(--mono); white-space: pre-wrap; max-height: 22rem; overflow: auto; tab-size: 4; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; table-layout: fixed; }
th, td { text-align: left; vertical-align: top; padding: .35rem 0; border-bottom: 1px solid var(--rule); }
tr:last-child > * { border-bottom: 0; }
th { font-weight: 400; color: var(--soft); width: 40%; padding-right: 1rem; }
td { font-family: var(--mono); font-size: .8125rem; }
)css";

std::string duration(double seconds) {
  const long long s = std::llround(seconds);
  if (seconds < 10) return fmt::format("{:.1f} s", seconds);
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3600) return fmt::format("{} min {} s", s / 60, s % 60);
  return fmt::format("{} h {} min", s / 3600, s / 60 % 60);
}

std::string figure(const std::string& name, const std::string& value, const std::string& unit,
                   const std::vector<std::string>& below) {
  std::string out = fmt::format("<div class=\"card\">\n<dt>{}</dt>\n<dd class=\"value\">{}", name, value);
  if (!unit.empty()) out += fmt::format(" <span class=\"unit\">{}</span>", unit);
  out += "</dd>\n";
  for (const std::string& line : below) out += fmt::format("<dd>{}</dd>\n", html(line));
  return out + "</div>\n";
}

std::string bits_and_perplexity(double nats) {
  return fmt::format("{:.3f} bits, perplexity {:.2f}", nats * bits_per_nat, std::exp(nats));
}

/// The last finite value of a member, and its step; NaN where there is none.
std::pair<double, std::int64_t> last(const RunHistory& h, double Step::*member) {
  for (auto at = h.steps.rbegin(); at != h.steps.rend(); ++at)
    if (std::isfinite((*at).*member)) return {(*at).*member, at->step};
  return {nan, 0};
}

double median(std::vector<double> values) {
  std::erase_if(values, [](double v) { return !std::isfinite(v); });
  if (values.empty()) return nan;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::vector<double> values_of(const RunHistory& h, double Step::*member) {
  std::vector<double> values;
  for (const Step& s : h.steps) values.push_back(s.*member);
  return values;
}

std::int64_t last_step(const RunHistory& h) {
  std::int64_t step = h.end ? h.end->step : 0;
  if (!h.steps.empty()) step = std::max(step, h.steps.back().step);
  if (!h.validations.empty()) step = std::max(step, h.validations.back().step);
  return step;
}

std::string figures(const RunHistory& h) {
  std::string out = "<dl class=\"figures\">\n";
  if (const Validation* best = h.best()) {
    std::vector<std::string> below{bits_and_perplexity(best->nats), fmt::format("at step {}", grouped(best->step))};
    if (best->chars) below.push_back(grouped(*best->chars) + " characters scored");
    out += figure("Best validation loss", fmt::format("{:.4f}", best->nats), "nats/char", below);
  }
  if (const auto [loss, step] = last(h, &Step::smooth_loss); std::isfinite(loss))
    out += figure("Training loss, smoothed", fmt::format("{:.4f}", loss), "nats/char",
                  {bits_and_perplexity(loss), fmt::format("at step {}", grouped(step))});
  out += figure("Steps", grouped(last_step(h)), "",
                {h.end ? "ended: " + (h.end->reason.empty() ? "no reason given" : h.end->reason)
                       : "no end in the log: still training, or killed"});
  double seconds = last(h, &Step::seconds).first;
  if (h.end && std::isfinite(h.end->seconds)) seconds = h.end->seconds;
  const double speed = median(values_of(h, &Step::chars_per_s));
  if (std::isfinite(seconds)) {
    std::vector<std::string> below;
    if (std::isfinite(speed)) below.push_back(grouped(std::llround(speed)) + " characters per second (median)");
    out += figure("Time", duration(seconds), "", below);
  }
  out += "</dl>\n";
  if (!h.protocol.empty() && h.best()) out += "<p class=\"soft\">Validation: " + html(h.protocol) + "</p>\n";
  return out;
}

std::vector<Point> curve(const RunHistory& h, double Step::*member) {
  std::vector<Point> points;
  for (const Step& s : h.steps) points.push_back({static_cast<double>(s.step), s.*member});
  return points;
}

/// Where the axis of steps ends.
double last_place(const RunHistory& h) { return static_cast<double>(std::max<std::int64_t>(last_step(h), 1)); }

/// A chart's frame: what is the same for all charts of a run.
Chart chart_of(const RunHistory& h, const std::string& title, const std::string& unit) {
  Chart chart;
  chart.title = title;
  chart.unit = unit;
  chart.x = exact_axis(0, last_place(h), 5);
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

/// From the smoothed and validation losses and all but the most extreme hundredth of the raw ones on either side: one
/// bad batch shall not flatten the rest. What lies beyond is drawn at the edge.
Axis loss_axis(const std::vector<Series>& series, std::vector<double> raw) {
  std::erase_if(raw, [](double v) { return !std::isfinite(v); });
  std::sort(raw.begin(), raw.end());
  const std::size_t cut = raw.size() / 100;
  std::vector<double> shown(raw.begin() + static_cast<std::ptrdiff_t>(cut),
                            raw.end() - static_cast<std::ptrdiff_t>(cut));
  for (std::size_t i = 1; i < series.size(); ++i)
    for (const Point& p : series[i].points)
      if (std::isfinite(p.y)) shown.push_back(p.y);
  if (shown.empty()) return linear_axis(0, 1, 5);
  const auto [low, high] = std::minmax_element(shown.begin(), shown.end());
  return linear_axis(*low, *high, 5);
}

std::string beyond(const RunHistory& h, const Axis& axis) {
  const auto out = [&](const Step& s) { return s.loss > axis.high || s.loss < axis.low; };
  const auto count = std::count_if(h.steps.begin(), h.steps.end(), out);
  if (count == 0) return "";
  const auto far = [&](const Step& s) { return out(s) ? std::max(s.loss - axis.high, axis.low - s.loss) : 0; };
  const auto worst =
      std::max_element(h.steps.begin(), h.steps.end(), [&](const Step& a, const Step& b) { return far(a) < far(b); });
  return fmt::format(
      "<p class=\"caption\">{} {} beyond the axis and drawn at its edge, the farthest {:.4g} at step "
      "{}.</p>\n",
      grouped(count), count == 1 ? "loss is" : "losses are", worst->loss, grouped(worst->step));
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
  return "<section class=\"card\">\n" + chart_html(chart) + beyond(h, chart.y) + "</section>\n";
}

std::string small_chart(const Chart& chart, const std::string& below = "") {
  return "<section class=\"card\">\n" + chart_html(chart) + below + "</section>\n";
}

/// The chart of one member, or nothing where the log does not have it. Where points are too many to tell apart, their
/// medians say more than the band that they fill.
std::string member_chart(const RunHistory& h, const std::string& title, double Step::*member,
                         const std::string& below = "") {
  if (!std::isfinite(last(h, member).first)) return "";
  Chart chart = chart_of(h, title, "");
  const std::vector<Point> points = curve(h, member);
  chart.series = {{"", "blue", points, {}}};
  if (points.size() > 4 * columns && member != &Step::learning_rate)  // a rate is set, and does not scatter
    chart.series = {{"logged", "faint", points, {}}, {"median", "blue", medians(points, columns), {}}};
  chart.y = axis_over(points, 4);
  if (chart.y.log) chart.unit = "logarithmic";
  chart.notes = notes_of(h, member, [member](const Step& s) { return fmt::format("{:.4g}", s.*member); });
  return small_chart(chart, below);
}

/// How often a limit took effect, in as many parts of the run as the chart has columns; nothing where none did.
std::string clip_chart(const RunHistory& h) {
  const double end = last_place(h);
  std::vector<double> sums(std::min(columns, h.steps.size()));
  const double width = end / static_cast<double>(sums.size());
  double total = 0;
  for (const Step& s : h.steps) {
    if (!(s.clipped > 0)) continue;
    sums[std::min(static_cast<std::size_t>(static_cast<double>(s.step) / width), sums.size() - 1)] += s.clipped;
    total += s.clipped;
  }
  if (total == 0) return "";
  Chart chart = chart_of(h, "Clipped", "times");
  chart.series = {{"", "blue", {}, {}}};
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const double left = width * static_cast<double>(i), right = left + width;
    for (const double x : {left, right}) chart.series[0].points.push_back({x, sums[i]});
    chart.notes.emplace_back((left + right) / 2, fmt::format("steps {} to {}: {}", grouped(std::llround(left)),
                                                             grouped(std::llround(right)), tick_label(sums[i])));
  }
  chart.y = linear_axis(0, std::max(4.0, *std::max_element(sums.begin(), sums.end())), 4);
  const std::string part = sums.size() == columns
                               ? "a hundredth"
                               : fmt::format("one of {} equal parts", grouped(static_cast<long long>(sums.size())));
  return small_chart(chart, fmt::format("<p class=\"caption\">{} in all; each level is {} of the run.</p>\n",
                                        tick_label(total), part));
}

std::string charts(const RunHistory& h) {
  if (h.steps.empty() && h.validations.empty()) return "<p class=\"card soft\">No step has been logged yet.</p>\n";
  std::string clips = clip_chart(h), none;
  if (clips.empty() && std::isfinite(last(h, &Step::clipped).first))
    none = "<p class=\"caption\">Nothing was clipped.</p>\n";
  const std::string small = member_chart(h, "Learning rate", &Step::learning_rate) +
                            member_chart(h, "Gradient norm", &Step::gradient_norm, none) + clips +
                            member_chart(h, "Characters per second", &Step::chars_per_s);
  return loss_chart(h) + (small.empty() ? "" : "<div class=\"grid\">\n" + small + "</div>\n");
}

/// Up to most_samples indices below n, closer where training is young and the text changes most.
std::vector<std::size_t> chosen(std::size_t n) {
  std::vector<std::size_t> indices;
  const std::size_t count = std::min(n, most_samples);
  for (std::size_t k = 0; k < count; ++k) {
    const double share = static_cast<double>(k) / static_cast<double>(std::max<std::size_t>(count - 1, 1));
    const auto even = static_cast<std::size_t>(std::llround(std::pow(static_cast<double>(n), share))) - 1;
    indices.push_back(n > most_samples ? even : k);
  }
  indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
  return indices;
}

std::string shortened(const std::string& text) {
  if (text.size() <= longest_sample) return text;
  std::size_t end = longest_sample;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not within a character
  return text.substr(0, end) + "\xE2\x80\xA6";
}

std::string samples(const RunHistory& h) {
  if (h.samples.empty()) return "";
  const auto indices = chosen(h.samples.size());
  std::string out = "<h2>Samples</h2>\n";
  if (indices.size() < h.samples.size())
    out += fmt::format("<p class=\"soft\">{} of {}; the log has them all.</p>\n", indices.size(),
                       grouped(static_cast<long long>(h.samples.size())));
  out += "<div class=\"grid\">\n";
  for (const std::size_t i : indices) {
    const RunHistory::Sample& sample = h.samples[i];
    const auto after = std::upper_bound(h.steps.begin(), h.steps.end(), sample.step,
                                        [](std::int64_t step, const Step& s) { return step < s.step; });
    const double loss = after == h.steps.begin() ? nan : std::prev(after)->smooth_loss;
    out += fmt::format(
        "<figure class=\"sample card\">\n<figcaption><h3>Step {}</h3>{}</figcaption>\n<pre>\n{}</pre>\n</figure>\n",
        grouped(sample.step),
        std::isfinite(loss) ? fmt::format("<span class=\"soft\">smoothed loss {:.3f} nats</span>", loss) : "",
        html(shortened(sample.text)));
  }
  return out + "</div>\n";
}

using Rows = std::vector<std::pair<std::string, std::string>>;

std::string table(const std::string& title, const Rows& rows) {
  if (rows.empty()) return "";
  std::string out = "<section class=\"card\">\n<h3>" + title + "</h3>\n<table>\n<tbody>\n";
  for (const auto& [name, value] : rows)
    out += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", html(name), html(value));
  return out + "</tbody>\n</table>\n</section>\n";
}

std::string tables(const RunHistory& h) {
  Rows rows;
  const auto text = [&rows](const char* name, const std::string& value) {
    if (!value.empty()) rows.emplace_back(name, value);
  };
  const auto count = [&rows](const char* name, std::optional<std::int64_t> value) {
    if (value) rows.emplace_back(name, grouped(*value));
  };
  text("text", h.text);
  count("bytes", h.bytes);
  count("symbols", h.symbols);
  count("vocabulary", h.vocabulary);
  text("SHA-256 of the text", h.sha256);
  count("parameters", h.parameters);
  text("started", h.time);
  text("xgrad", h.version);
  text("instruction set", h.isa);
  text("BLAS core", h.blas_core);
  count("threads", h.threads);
  const std::string both = table("Run", rows) + table("Settings", h.settings);
  return both.empty() ? "" : "<h2>What was trained</h2>\n<div class=\"grid\">\n" + both + "</div>\n";
}

}  // namespace

std::string report_page(const RunHistory& h) {
  const std::string name = h.text.empty() ? "Training run" : h.text.substr(h.text.rfind('/') + 1);
  std::string about = "A character model";
  if (h.parameters) about += fmt::format(" of {} parameters", grouped(*h.parameters));
  if (!h.time.empty()) about += ", training begun " + h.time;
  const std::string body = "<main>\n<header>\n<h1>" + html(name) + "</h1>\n<p class=\"soft\">" + html(about) +
                           "</p>\n</header>\n" + figures(h) + charts(h) + samples(h) + tables(h) + "</main>\n";
  return page({"Training on " + name, std::string(chart_style) + style, body, ""});
}

}  // namespace char_rnn
