#include "report.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>

#include "../html.hpp"
#include "../numbers.hpp"
#include "chart.hpp"
#include "charts.hpp"
#include "figures.hpp"

namespace char_rnn {

namespace {

constexpr std::size_t most_samples = 20;
constexpr std::size_t longest_sample = 2000;  // bytes

constexpr const char* style = R"css(
main { max-width: 62rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; display: grid; gap: 1.25rem;
  grid-template-columns: minmax(0, 1fr); }
.tables { align-items: start; }
h1 { font-size: 1.75rem; letter-spacing: -.01em; }
h2 { font-size: 1.25rem; margin-top: 1.25rem; }
h3 { font-size: 1rem; }
.soft { color: var(--soft); }
.card { background: var(--card); border: 1px solid var(--rule); border-radius: .6rem; padding: 1rem 1.15rem; min-width: 0; }
.grid { display: grid; gap: 1.25rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); }
.caption { font-size: .8125rem; color: var(--soft); margin-top: .25rem; }
.sample { margin: 0; display: flex; flex-direction: column; gap: .5rem; }
.sample figcaption { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: baseline; gap: 0 1rem;
  font-size: .8125rem; }
pre { margin: 0; font: .8125rem/1.5 var(--mono); white-space: pre-wrap; max-height: 22rem; overflow: auto; tab-size: 4;
  unicode-bidi: plaintext; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; table-layout: fixed; }
th, td { text-align: left; vertical-align: top; padding: .35rem 0; border-bottom: 1px solid var(--rule); }
tr:last-child > * { border-bottom: 0; }
th { font-weight: 400; color: var(--soft); width: 40%; padding-right: 1rem; }
td { font-family: var(--mono); font-size: .8125rem; }
@media print {
  main { padding: 0; gap: .75rem; }
  .card, tr { break-inside: avoid; }
  h2 { break-after: avoid; }
  .tables .card { break-inside: auto; }
  .figures { grid-template-columns: repeat(4, 1fr); }
  .grid { gap: .75rem; grid-template-columns: 1fr 1fr; }
  pre { max-height: none; }
}
)css";

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

/// A line end is a line end, with a carriage return or without.
std::string with_newlines(std::string text) {
  for (std::size_t at = text.find("\r\n"); at != std::string::npos; at = text.find("\r\n", at)) text.erase(at, 1);
  return text;
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
    const RunHistory::Step* before = h.at(sample.step);
    const bool known = before != nullptr && std::isfinite(before->smooth_loss);
    out += fmt::format(
        "<figure class=\"sample card\">\n<figcaption><h3>Step {}</h3>{}</figcaption>\n<pre>\n{}</pre>\n</figure>\n",
        grouped(sample.step),
        known ? "<span class=\"soft\">smoothed loss " + loss_text(before->smooth_loss, 3) + " nats</span>" : "",
        html(with_newlines(shortened(sample.text))));
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
  return both.empty() ? "" : "<h2>What was trained</h2>\n<div class=\"grid tables\">\n" + both + "</div>\n";
}

/// One line: the model, and when it was begun.
std::string about(const RunHistory& h) {
  const auto setting = [&h](const char* name) {
    const auto at = std::find_if(h.settings.begin(), h.settings.end(), [&](const auto& s) { return s.first == name; });
    return at == h.settings.end() ? std::string() : at->second;
  };
  const std::string model = setting("model"), layers = setting("layers"), hidden = setting("hidden");
  std::string out =
      model.empty() || layers.empty() || hidden.empty() ? "" : fmt::format("{}, {} x {} units", model, layers, hidden);
  if (h.parameters) out += fmt::format("{}{} parameters", out.empty() ? "" : ", ", grouped(*h.parameters));
  if (!h.time.empty()) out += fmt::format("{}begun {}", out.empty() ? "" : "; ", h.time);
  return out;
}

}  // namespace

std::string report_page(const RunHistory& h) {
  const std::string title = h.text.empty() ? "A training run" : "Training on " + h.text.substr(h.text.rfind('/') + 1);
  const std::string body = "<main>\n<header>\n<h1>" + html(title) + "</h1>\n<p class=\"soft\">" + html(about(h)) +
                           "</p>\n</header>\n" + headlines(h) + charts(h) + samples(h) + tables(h) + "</main>\n";
  return page({title, std::string(chart_style) + figures_style + style, body, ""});
}

}  // namespace char_rnn
