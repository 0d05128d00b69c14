#include "visualize.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>

#include "../html.hpp"
#include "../numbers.hpp"
#include "parts.hpp"
#include "symbols.hpp"

namespace char_rnn {

namespace {

constexpr int levels = 16;        // of colour on either side of zero: p-16 .. p16
constexpr int guess_levels = 10;  // of probability
constexpr std::size_t listed = 8;
constexpr int unbroken = 20;  // columns; a narrow window has room for them

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

/// The text: a block for each line, a column for each character; lines break between words, or where they must.
class TextWriter {
 public:
  TextWriter(const Activations& a, const RankedUnit& start)
      : a_(a), start_(static_cast<std::size_t>(start.layer * a.units + start.unit)) {
    for (const std::string& symbol : a.alphabet) alphabet_.push_back(shown(symbol).text);
  }

  std::string html_text() {
    const std::string line = "<div class=\"l\" dir=\"auto\">";
    out_ = line;
    int since = 0;  // the last place where the line may break
    for (std::size_t i = 0; i < a_.symbols.size(); ++i) {
      column(i);
      ++since;
      if (i + 1 == a_.symbols.size()) break;
      const std::string& symbol = a_.symbols[i];
      if (symbol == "\n") out_ += "</div>\n" + line, since = 0;
      else if (symbol == " " || symbol == "\t" || since == unbroken) out_ += "<wbr />", since = 0;
    }
    return std::move(out_) + "</div>\n";
  }

 private:
  void column(std::size_t i) {
    const Shown show = shown(a_.symbols[i]);
    if (show.name.empty()) out_ += "<span class=\"c\">";
    else out_ += fmt::format("<span class=\"c w{}\" data-name=\"{}\">", show.digits ? " x" : "", show.name);
    const std::int8_t value =
        a_.values[i * static_cast<std::size_t>(a_.layers) * static_cast<std::size_t>(a_.units) + start_];
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
  const std::size_t start_;  // the unit shown, of all
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
std::string numbers(const Activations& a, const RankedUnit& start) {
  std::string out =
      fmt::format("{{\"layers\":{},\"units\":{},\"layer\":{},\"unit\":{},\"top\":{},\"levels\":{},\"surprise\":[",
                  a.layers, a.units, start.layer, start.unit, a.top(), levels);
  for (std::size_t i = 0; i < a.surprise.size(); ++i)
    out += (i == 0 ? "" : ",") + (std::isfinite(a.surprise[i]) ? fmt::format("{:.3g}", a.surprise[i]) : "null");
  out += "],\"percent\":[";
  for (std::size_t i = 0; i < a.guesses.size(); ++i)
    out += (i == 0 ? "" : ",") +
           (std::isfinite(a.guesses[i].probability) ? fmt::format("{:.3g}", 100 * a.guesses[i].probability) : "null");
  return out + "]}";
}

std::string title_of(const Activations& a) { return "Hidden units on " + a.title; }

std::string list(const char* name, const char* why, const std::vector<RankedUnit>& units, bool with_layers) {
  if (units.empty()) return "";
  std::string out = fmt::format("<p title=\"{}\"><span class=\"soft\">{}</span>", why, name);
  for (const RankedUnit& u : units)
    out += fmt::format(" <a href=\"#{}:{}\" title=\"{:.2f}\">{}{}</a>", u.layer, u.unit, u.score,
                       with_layers ? fmt::format("{}:", u.layer) : "", u.unit);
  return out + "</p>\n";
}

std::string lists(const RankedUnits& ranked, bool layers) {
  return fmt::format("<nav id=\"lists\" hidden=\"\">\n<p>Units worth a look{}:</p>\n", layers ? " (layer:unit)" : "") +
         list("most lively", "by standard deviation, 0 to 1", ranked.lively, layers) +
         list("like switches", "by bimodality: 1 for two values, 0.56 for an even spread, 0.33 for a bell",
              ranked.switches, layers) +
         list("slowest", "by correlation with themselves a character later", ranked.slow, layers) + "</nav>\n";
}

std::string bar(const Activations& a, const RankedUnit& start) {
  const char* absent = " hidden=\"\"";
  return fmt::format(
      R"html(<form id="bar" hidden="">
<span class="pick"{0}><label for="layer">layer</label> <input id="layer" type="number" min="0" max="{1}" value="{2}" /></span>
<span class="pick"><label for="unit">unit</label> <button type="button" id="previous" aria-label="previous unit">&#8249;</button>
<input id="unit" type="number" min="0" max="{3}" value="{4}" /> <button type="button" id="next" aria-label="next unit">&#8250;</button></span>
<span class="scale"><span>activation &#8722;1</span><span class="ramp"></span><span>+1</span></span>
<span class="pick"><label for="character">character</label> <input id="character" type="number" min="0" max="{5}" /></span>
<label class="pick"{6}><input id="guesses" type="checkbox" checked="" /> guesses</label>
<output id="say">Point at a character, or give its number, for its figures. Arrow keys change the unit{7}.</output>
</form>
)html",
      a.layers == 1 ? absent : "", a.layers - 1, start.layer, a.units - 1, start.unit, a.symbols.size() - 1,
      a.top() == 0 ? absent : "", a.layers == 1 ? "" : ", with Shift the layer");
}

std::string about(const Activations& a) {
  double total = 0;
  long long known = 0;
  for (const float s : a.surprise)
    if (std::isfinite(s)) {
      total += s;
      ++known;
    }
  const double mean = total / static_cast<double>(known);
  std::string out = "<header>\n<h1>" + html(title_of(a)) + "</h1>\n<p class=\"soft\">" + html(a.run);
  if (known > 0)
    out += fmt::format("; mean surprise {:.3f} nats ({:.3f} bits) per character", mean, mean * bits_per_nat);
  out += ".</p>\n";
  if (a.top() > 0)
    out += fmt::format(
        "<p class=\"soft key\">Beneath each character are the model's {} best guesses for the next, from the most "
        "probable down: <i class=\"g1\">10 %</i> <i class=\"g5\">50 %</i> <i class=\"g10\">100 %</i>; "
        "<i class=\"g5 t\">framed</i> where it came true.</p>\n",
        a.top());
  return out + "</header>\n";
}

}  // namespace

std::string visualize_page(const Activations& a) {
  check(a);
  const RankedUnits ranked = ranked_units(a, listed);
  const RankedUnit& start = ranked.lively[0];
  const std::string body =
      about(a) +
      fmt::format(
          "<noscript><p class=\"soft\">Without JavaScript this page shows unit {} of layer {}.</p></noscript>\n",
          start.unit, start.layer) +
      lists(ranked, a.layers > 1) + bar(a, start) + "<main id=\"text\">\n" + TextWriter(a, start).html_text() +
      "</main>\n" + "<script type=\"application/json\" id=\"numbers\">" + numbers(a, start) + "</script>\n" +
      "<script type=\"text/plain\" id=\"values\">" + packed(a) + "</script>\n";
  return page({title_of(a), visualize_style + colours(), body, visualize_script});
}

}  // namespace char_rnn
