#include "figures.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <limits>

#include "../html.hpp"
#include "../numbers.hpp"

namespace char_rnn {

namespace {

using Step = RunHistory::Step;
using Validation = RunHistory::Validation;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t most_rows = 24;

std::string card(const std::string& name, const std::string& value, const std::string& unit,
                 const std::vector<std::string>& below) {
  std::string out = fmt::format("<div class=\"card\">\n<dt>{}</dt>\n<dd class=\"value\">{}", name, value);
  if (!unit.empty()) out += fmt::format(" <span class=\"unit\">{}</span>", unit);
  out += "</dd>\n";
  for (const std::string& line : below) out += fmt::format("<dd>{}</dd>\n", html(line));
  return out + "</div>\n";
}

std::string loss_card(const std::string& name, double nats, std::int64_t step, const std::string& more) {
  std::vector<std::string> below{loss_text(nats * bits_per_nat, 3) + " bits per character"};
  const double perplexity = std::exp(nats);
  if (std::isfinite(perplexity))
    below.push_back("perplexity " + (perplexity < 1000 ? fmt::format("{:.2f}", perplexity) : brief(perplexity)));
  below.push_back("at step " + grouped(step));
  if (!more.empty()) below.push_back(more);
  return card(name, loss_text(nats, 4), "nats/char", below);
}

double median_speed(const RunHistory& h) {
  std::vector<double> values;
  for (const Step& s : h.steps)
    if (std::isfinite(s.chars_per_s)) values.push_back(s.chars_per_s);
  if (values.empty()) return nan;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

struct Row {
  std::int64_t step;
  double seconds, smooth, validation;
  bool best;
};

/// Of every validation; where there are none, of every step noted.
std::vector<Row> rows_of(const RunHistory& h) {
  std::vector<Row> rows;
  const Validation* best = h.best();
  if (best == nullptr) {
    for (const Step& s : h.steps)
      if (std::isfinite(s.smooth_loss)) rows.push_back({s.step, s.seconds, s.smooth_loss, nan, false});
    return rows;
  }
  for (const Validation& v : h.validations) {
    const Step* before = h.at(v.step);
    rows.push_back({v.step, v.seconds, before == nullptr ? nan : before->smooth_loss, v.nats, &v == best});
  }
  return rows;
}

/// Evenly chosen, the first, the last and the best among them.
std::vector<Row> chosen(const std::vector<Row>& all) {
  std::vector<Row> rows;
  const std::size_t count = std::min(most_rows, all.size());
  std::size_t next = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool due = next < count && i == (count == 1 ? 0 : next * (all.size() - 1) / (count - 1));
    if (due) ++next;
    if (due || all[i].best) rows.push_back(all[i]);
  }
  return rows;
}

}  // namespace

std::string loss_text(double loss, int decimals) {
  return std::abs(loss) < 1e4 ? fmt::format("{:.{}f}", loss, decimals) : brief(loss);
}

std::string headlines(const RunHistory& h) {
  std::string out = "<dl class=\"figures\">\n";
  if (const Validation* best = h.best())
    out += loss_card("Best validation loss", best->nats, best->step,
                     best->chars ? grouped(*best->chars) + " characters scored" : "");
  if (const Step* s = h.last(&Step::smooth_loss))
    out += loss_card("Training loss, smoothed", s->smooth_loss, s->step, "");
  out += card("Steps", grouped(h.last_step()), "",
              {h.end ? "ended: " + (h.end->reason.empty() ? "no reason given" : h.end->reason)
                     : "no end in the log: still training, or killed"});
  const Step* timed = h.last(&Step::seconds);
  const double seconds = h.end && std::isfinite(h.end->seconds) ? h.end->seconds : timed ? timed->seconds : nan;
  if (std::isfinite(seconds)) {
    std::vector<std::string> below;
    const double speed = median_speed(h);
    if (std::isfinite(speed)) below.push_back(grouped(std::llround(speed)) + " characters per second (median)");
    out += card("Time", duration(seconds), "", below);
  }
  out += "</dl>\n";
  if (!h.protocol.empty() && h.best()) out += "<p class=\"soft\">Validation: " + html(h.protocol) + "</p>\n";
  return out;
}

std::string table_of_losses(const RunHistory& h) {
  const std::vector<Row> rows = chosen(rows_of(h));
  if (rows.empty()) return "";
  const bool validated = h.best() != nullptr;
  std::string out =
      "<details>\n<summary>The figures as a table</summary>\n<table class=\"losses\">\n<thead>\n<tr><th "
      "scope=\"col\">step</th><th scope=\"col\">time</th><th scope=\"col\">training, smoothed</th>";
  if (validated) out += "<th scope=\"col\">validation</th>";
  out += "<th scope=\"col\">bits</th></tr>\n</thead>\n<tbody>\n";
  const auto cell = [](const std::string& text) { return "<td>" + text + "</td>"; };
  const auto loss = [](double value, int decimals) {
    return std::isfinite(value) ? loss_text(value, decimals) : std::string("\xE2\x80\x93");
  };
  for (const Row& row : rows) {
    out += fmt::format("<tr{}><th scope=\"row\">{}</th>", row.best ? " class=\"best\"" : "", grouped(row.step));
    out += cell(std::isfinite(row.seconds) ? duration(row.seconds) : "\xE2\x80\x93") + cell(loss(row.smooth, 4));
    if (validated) out += cell(loss(row.validation, 4));
    out += cell(loss((validated ? row.validation : row.smooth) * bits_per_nat, 3)) + "</tr>\n";
  }
  return out + "</tbody>\n</table>\n</details>\n";
}

const char figures_style[] = R"css(
.figures { display: grid; gap: 1rem; margin: 0; grid-template-columns: repeat(auto-fit, minmax(min(100%, 13rem), 1fr)); }
.figures dt { font-size: .8125rem; color: var(--soft); }
.figures dd { margin: 0; font-size: .875rem; line-height: 1.4; color: var(--soft); }
.figures dd.value { font-size: 1.625rem; line-height: 1.35; font-weight: 600; color: var(--ink);
  font-variant-numeric: tabular-nums; letter-spacing: -.01em; }
.figures .unit { white-space: nowrap; font-size: .9375rem; font-weight: 400; color: var(--soft); letter-spacing: 0; }
details { margin-top: .75rem; font-size: .875rem; overflow-x: auto; }
summary { width: fit-content; cursor: pointer; color: var(--soft); }
.losses { table-layout: auto; margin-top: .5rem; overflow-wrap: normal; }
.losses th, .losses td { width: auto; text-align: right; padding: .2rem 0 .2rem .6rem; font: .8125rem var(--mono);
  font-variant-numeric: tabular-nums; white-space: nowrap; }
.losses thead th { font-family: inherit; vertical-align: bottom; white-space: normal; }
.losses .best > * { color: var(--ink); font-weight: 700; }
)css";

}  // namespace char_rnn
