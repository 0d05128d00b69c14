#include "visualize.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <map>

#include "../html.hpp"
#include "../report/curve.hpp"
#include "parts.hpp"

namespace char_rnn {

namespace {

constexpr int levels = 16;        // of colour on either side of zero: p-16 .. p16
constexpr int guess_levels = 10;  // of probability
constexpr std::size_t listed = 8;

/// A symbol as the page shows it, and what to call it where that does not say enough.
struct Shown {
  std::string text;  // HTML
  std::string name;  // HTML, or empty
};

Shown shown(const std::string& symbol) {
  if (symbol == " ") return {"\xC2\xB7", "space"};
  if (symbol == "\n") return {"\xE2\x86\xB5", "newline"};
  if (symbol == "\t") return {"\xE2\x87\xA5", "tab"};
  if (symbol.size() == 1 && (symbol[0] & 0x80) != 0) return {html(xgrad::escaped(symbol)), ""};  // a byte
  return {html(symbol), ""};
}

std::string colours() {
  std::string css;
  for (int level = 1; level <= levels; ++level)
    css += fmt::format(
        ".n{0} {{ background: color-mix(in oklab, var(--low) {1}%, var(--rest)); }}\n"
        ".p{0} {{ background: color-mix(in oklab, var(--high) {1}%, var(--rest)); }}\n",
        level, 100 * level / levels);
  for (int level = 1; level <= guess_levels; ++level)
    css += fmt::format(".g{} {{ background: color-mix(in oklab, var(--guess) {}%, transparent); }}\n", level,
                       100 * level / guess_levels);
  return css;
}

/// The script has the same rule.
std::string level_class(std::int8_t value) {
  const int level = static_cast<int>(std::lround(std::abs(value) * levels / 127.0));
  return fmt::format("{}{}", value < 0 ? 'n' : 'p', std::min(level, levels));
}

/// The text: a block for each line, a column for each character.
class TextWriter {
 public:
  explicit TextWriter(const Activations& a) : a_(a) {
    for (const std::string& symbol : a.alphabet) alphabet_.push_back(shown(symbol).text);
  }

  std::string html_text() {
    out_ = "<div class=\"l\">";
    for (std::size_t i = 0; i < a_.symbols.size(); ++i) {
      column(i);
      if (a_.symbols[i] == "\n" && i + 1 < a_.symbols.size()) out_ += "</div>\n<div class=\"l\">";
    }
    return std::move(out_) + "</div>\n";
  }

 private:
  void column(std::size_t i) {
    const std::string& symbol = a_.symbols[i];
    const Shown show = shown(symbol);
    out_ += show.name.empty() ? "<span class=\"c\">" : "<span class=\"c w\" data-name=\"" + show.name + "\">";
    const std::int8_t value = a_.values[i * static_cast<std::size_t>(a_.layers) * static_cast<std::size_t>(a_.units)];
    out_ += "<b class=\"" + level_class(value) + "\">" + show.text + "</b>";
    for (std::size_t g = i * a_.top(); g < (i + 1) * a_.top(); ++g) guess(a_.guesses[g], i + 1);
    out_ += "</span>";
  }

  void guess(const Activations::Guess& guess, std::size_t next) {
    const auto id = static_cast<std::size_t>(guess.symbol);
    const double p = std::isfinite(guess.probability) ? std::clamp<double>(guess.probability, 0, 1) : 0;
    const bool right = next < a_.symbols.size() && a_.alphabet[id] == a_.symbols[next];
    out_ += fmt::format("<i class=\"g{}{}\">{}</i>", std::lround(p * guess_levels), right ? " t" : "", alphabet_[id]);
  }

  const Activations& a_;
  std::vector<std::string> alphabet_;
  std::string out_;
};

/// Every unit's values over the text as base64 of its own, one after another, all of one length: the script decodes
/// the one that it shows.
std::string packed(const Activations& a) {
  const std::size_t n = a.symbols.size(), stride = a.values.size() / n;
  std::vector<std::int8_t> unit(n);
  std::string out;
  out.reserve(stride * 4 * ((n + 2) / 3));
  for (std::size_t u = 0; u < stride; ++u) {
    for (std::size_t i = 0; i < n; ++i) unit[i] = a.values[i * stride + u];
    out += base64(std::as_bytes(std::span(unit)));
  }
  return out;
}

/// Numbers alone, so that no text can end the element that they lie in.
std::string numbers(const Activations& a) {
  std::string out = fmt::format("{{\"layers\":{},\"units\":{},\"top\":{},\"levels\":{},\"surprise\":[", a.layers,
                                a.units, a.top(), levels);
  for (std::size_t i = 0; i < a.surprise.size(); ++i)
    out += (i == 0 ? "" : ",") + (std::isfinite(a.surprise[i]) ? fmt::format("{:.3g}", a.surprise[i]) : "null");
  out += "],\"percent\":[";
  for (std::size_t i = 0; i < a.guesses.size(); ++i)
    out += (i == 0 ? "" : ",") +
           (std::isfinite(a.guesses[i].probability) ? fmt::format("{:.3g}", 100 * a.guesses[i].probability) : "null");
  return out + "]}";
}

std::string list(const char* name, const char* why, const std::vector<RankedUnit>& units, bool with_layers) {
  if (units.empty()) return "";
  std::string out = fmt::format("<p title=\"{}\"><span class=\"soft\">{}</span>", why, name);
  for (const RankedUnit& u : units)
    out += fmt::format(" <a href=\"#{}:{}\" title=\"{:.2f}\">{}{}</a>", u.layer, u.unit, u.score,
                       with_layers ? fmt::format("{}:", u.layer) : "", u.unit);
  return out + "</p>\n";
}

std::string lists(const Activations& a) {
  const RankedUnits ranked = ranked_units(a, listed);
  const bool layers = a.layers > 1;
  return fmt::format("<nav id=\"lists\" hidden=\"\">\n<p>Units worth a look{}:</p>\n", layers ? " (layer:unit)" : "") +
         list("most lively", "by standard deviation, 0 to 1", ranked.lively, layers) +
         list("like switches", "by bimodality: 1 for two values, 0.56 for an even spread, 0.33 for a bell",
              ranked.switches, layers) +
         list("slowest", "by correlation with themselves a character later", ranked.slow, layers) + "</nav>\n";
}

std::string bar(const Activations& a) {
  const char* absent = " hidden=\"\"";
  return fmt::format(
      R"html(<form id="bar" hidden="">
<span class="pick"{0}><label for="layer">layer</label> <input id="layer" type="number" min="0" max="{1}" value="0" /></span>
<span class="pick"><label for="unit">unit</label> <button type="button" id="previous" aria-label="previous unit">&#8249;</button>
<input id="unit" type="number" min="0" max="{2}" value="0" /> <button type="button" id="next" aria-label="next unit">&#8250;</button></span>
<span class="scale"><span>&#8722;1</span><span class="ramp"></span><span>+1</span></span>
<label class="pick"{3}><input id="guesses" type="checkbox" checked="" /> guesses</label>
<output id="say">Point at a character for its figures. Arrow keys change the unit{4}.</output>
</form>
)html",
      a.layers == 1 ? absent : "", a.layers - 1, a.units - 1, a.top() == 0 ? absent : "",
      a.layers == 1 ? "" : ", with Shift the layer");
}

std::string about(const Activations& a) {
  double total = 0;
  long long known = 0;
  for (const float s : a.surprise)
    if (std::isfinite(s)) {
      total += s;
      ++known;
    }
  std::string out = "<header>\n<h1>" + html(a.title) + "</h1>\n<p class=\"soft\">" + html(a.run) + "</p>\n";
  out += fmt::format("<p class=\"soft\">{} characters, {} {} of {} units",
                     grouped(static_cast<long long>(a.symbols.size())), a.layers, a.layers == 1 ? "layer" : "layers",
                     grouped(a.units));
  if (known > 0) out += fmt::format("; mean surprise {:.3f} nats per character", total / static_cast<double>(known));
  out += ".</p>\n";
  if (a.top() > 0)
    out += fmt::format(
        "<p class=\"soft key\">Beneath each character are the model's {} best guesses for the next, from the most "
        "probable "
        "down: <i class=\"g1\">10 %</i> <i class=\"g5\">50 %</i> <i class=\"g10\">100 %</i>; "
        "<i class=\"g5 t\">framed</i> where it came true.</p>\n",
        a.top());
  return out + "</header>\n";
}

}  // namespace

std::string visualize_page(const Activations& a) {
  check(a);
  const std::string body =
      about(a) + "<noscript><p class=\"soft\">Without JavaScript this page shows unit 0 of layer 0.</p></noscript>\n" +
      lists(a) + bar(a) + "<main id=\"text\">\n" + TextWriter(a).html_text() + "</main>\n" +
      "<script type=\"application/json\" id=\"numbers\">" + numbers(a) + "</script>\n" +
      "<script type=\"text/plain\" id=\"values\">" + packed(a) + "</script>\n";
  return page({a.title, visualize_style + colours(), body, visualize_script});
}

}  // namespace char_rnn
