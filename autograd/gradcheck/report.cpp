// The table that gradcheck prints.
#include <cmath>
#include <cstdio>
#include <ostream>
#include <sstream>

#include "gradcheck.hpp"

namespace xgrad {

const char* name_of(Method method) {
  switch (method) {
    case Method::central:
      return "central";
    case Method::richardson:
      return "richardson";
    case Method::six_point:
      return "six_point";
    case Method::complex_step:
      return "complex_step";
    case Method::dot_product:
      return "dot_product";
    case Method::taylor:
      return "taylor";
    case Method::double_backward:
      return "double_backward";
    case Method::sweeps:
      return "sweeps";
    case Method::float_vs_double:
      return "float_vs_double";
    case Method::structure:
      return "structure";
  }
  return "?";
}

const char* name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::agree:
      return "agree";
    case Verdict::disagree:
      return "DISAGREE";
    case Verdict::inconclusive:
      return "INCONCLUSIVE";
    case Verdict::not_applicable:
      return "not applicable";
  }
  return "?";
}

std::vector<Method> every_method() {
  return {Method::central, Method::richardson,      Method::six_point, Method::complex_step,    Method::dot_product,
          Method::taylor,  Method::double_backward, Method::sweeps,    Method::float_vs_double, Method::structure};
}

int GradcheckReport::count(Verdict verdict) const {
  int n = 0;
  for (const GradcheckLine& line : lines) n += line.verdict == verdict;
  return n;
}

bool GradcheckReport::passed() const {
  const bool checked = count(Verdict::not_applicable) < static_cast<int>(lines.size());
  return checked && count(Verdict::disagree) == 0 && (kink || count(Verdict::inconclusive) == 0);
}

namespace {

// printf into a string.
template <class... A>
std::string text(const char* format, A... values) {
  char buffer[256];
  std::snprintf(buffer, sizeof buffer, format, values...);
  return buffer;
}

// Numbers that C libraries print alike: a NaN has no sign, and no number at all is a dash.
std::string number(const char* format, double v) { return std::isnan(v) ? "nan" : text(format, v); }
std::string figure(const char* format, double v) { return std::isnan(v) ? "-" : text(format, v); }

std::string worst_of(const GradcheckLine& line) {
  const Worst& w = line.worst;
  if (w.place.empty()) return "";
  std::string out = w.place;
  if (std::isnan(w.reference)) return out.append(": reverse ").append(number("%.9g", w.reverse));
  out.append(": reverse ").append(number("%.17g", w.reverse));
  out.append(", reference ").append(number("%.17g", w.reference));
  return w.ulps > 0 ? out.append(text(", %.3g ulp", w.ulps)) : out;
}

}  // namespace

std::string GradcheckReport::str() const {
  std::string out = text("%-20s %-15s %10s %10s  %s\n", "method", "verdict", "error", "tolerance", "worst");
  for (const GradcheckLine& line : lines) {
    const std::string name = std::string(name_of(line.method)) + (line.narrow ? " f32" : "");
    std::string row;
    if (line.verdict == Verdict::not_applicable) {
      row = text("%-20s %-15s", name.c_str(), name_of(line.verdict));
    } else if (line.method == Method::taylor) {
      const std::string rate =
          std::isinf(line.error) ? (line.verdict == Verdict::agree ? "exact" : "-") : figure("rate %.2f", line.error);
      row = text("%-20s %-15s %10s %10s  ", name.c_str(), name_of(line.verdict), rate.c_str(),
                 figure("%.2f", line.tolerance).c_str());
    } else {
      row = text("%-20s %-15s %10s %10s  ", name.c_str(), name_of(line.verdict), figure("%.1e", line.error).c_str(),
                 figure("%.1e", line.tolerance).c_str());
    }
    row += worst_of(line);
    if (!line.note.empty()) row += (line.worst.place.empty() ? "" : "; ") + line.note;
    while (row.ends_with(' ')) row.pop_back();
    out.append(row).append("\n");
  }
  out.append("ops: ").append(chain).append("\n");
  out.append("replay: ").append(replay).append("\n");
  return out;
}

std::ostream& operator<<(std::ostream& out, const GradcheckReport& report) { return out << report.str(); }

}  // namespace xgrad
