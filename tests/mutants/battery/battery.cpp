#include "battery.hpp"

#include <xgrad/autograd/gradcheck/methods/methods.hpp>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <set>
#include <thread>

namespace battery {

using namespace xgrad;

void Sheet::number(double v) {
  const std::uint64_t bits = std::isnan(v) ? 1 : std::bit_cast<std::uint64_t>(v + 0.0);  // -0 is 0
  for (int shift = 0; shift < 64; shift += 8) hash_ = (hash_ ^ (bits >> shift & 255)) * 1099511628211u;
}

void Sheet::close(double got, double want, double tolerance, const char* method, const std::string& what) {
  number(got);
  const bool fine = got == want || std::abs(got - want) <= tolerance * std::abs(want);
  hold(fine, method, what + ": " + std::to_string(got) + ", and must be " + std::to_string(want));
}

void Sheet::add(const Sheet& other) {
  convictions_.insert(convictions_.end(), other.convictions_.begin(), other.convictions_.end());
  for (int half : {0, 32}) number(double(other.hash_ >> half & 0xffffffff));
}

std::vector<std::string> Sheet::methods() const {
  std::set<std::string> all;
  for (const Conviction& c : convictions_) all.insert(c.method);
  return {all.begin(), all.end()};
}

namespace {

using gradchecks::Evaluator, gradchecks::Numbers, gradchecks::Subject;

// Second derivatives along w and v, however the gradient was recorded.
Numbers<double> second_order(Evaluator<double>& f, const std::vector<Var<double>>& gradient, Rng& rng) {
  Numbers<double> all;
  for (const Var<double>& g : gradient) {
    const Numbers<double> h = f.pullback(g, gradchecks::gaussian(std::size_t(g.size()), rng));
    all.insert(all.end(), h.begin(), h.end());
  }
  return all;
}

void fingerprint(const Subject& s, Sheet& sheet) {
  sheet.numbers(s.y);
  for (const auto& row : s.reverse) sheet.numbers(row);
  Rng rng = s.rng(8);
  const Numbers<double> w = gradchecks::gaussian(s.y.size(), rng);
  Evaluator<double> f(s.function.f);
  f.record(s.x);
  sheet.numbers(f.pullback(w));
  sheet.numbers(f.pullback(w, {.retain_graph = true, .use_kernels = false}));
  const auto gradient = f.recorded_pullback(w);
  for (const Var<double>& g : gradient) sheet.numbers(Evaluator<double>::numbers(g));
  sheet.numbers(second_order(f, gradient, rng));
}

using Line = GradcheckLine (*)(const Subject&);
struct Named {
  Method method;
  Line run;
};

const Named methods[] = {{Method::central, gradchecks::central},
                         {Method::complex_step, gradchecks::complex_step},
                         {Method::dot_product, gradchecks::dot_product<double>},
                         {Method::taylor, gradchecks::taylor},
                         {Method::double_backward, gradchecks::double_backward},
                         {Method::sweeps, gradchecks::sweeps<double>},
                         {Method::float_vs_double, gradchecks::float_vs_double},
                         {Method::structure, gradchecks::structure<double>}};

}  // namespace

void check_function(const GradcheckFunction& f, const std::vector<double>& x, double exact, const std::string& what,
                    Sheet& sheet) {
  GradcheckOptions options;
  options.exact = {exact};
  const Subject s(f, x, options);
  fingerprint(s, sheet);
  for (const auto& [method, run] : methods) {
    try {
      const GradcheckLine line = run(s);
      if (line.verdict == Verdict::disagree)
        sheet.convict(name_of(method), what + (line.note.empty() ? "" : ", " + line.note) + ": " + line.worst.place);
    } catch (const std::exception& error) {
      sheet.convict(name_of(method), what + " threw " + error.what());
    }
  }
}

Sheet run(const std::vector<Check>& checks) {
  std::vector<Sheet> sheets(checks.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < checks.size(); i = next++) {
      try {
        checks[i].run(sheets[i]);
      } catch (const std::exception& error) {
        sheets[i].convict(checks[i].method, checks[i].what + " threw " + error.what());
      }
    }
  };
  std::thread other(work);
  work();
  other.join();
  Sheet all;
  for (const Sheet& s : sheets) all.add(s);
  return all;
}

}  // namespace battery
