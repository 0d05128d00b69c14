#include "gradcheck.hpp"

#include <algorithm>
#include <cmath>

#include "../rules/context.hpp"
#include "methods/methods.hpp"

namespace xgrad {

namespace {

using gradchecks::Subject;

// The ops on the way from an input to the result, in the order of recording: "matmul, tanh x3, sum".
std::string chain_from(const GradcheckFunction& f, const Subject& s, std::size_t input) {
  gradchecks::Evaluator<double> at(f.f);
  const Var<double> y = at.record(s.x);
  Tape<double>& tape = *Tape<double>::current();
  const Index root = tape.resolve("gradcheck", y);
  std::vector<bool> below(std::size_t(root) + 1), above(std::size_t(root) + 1);
  if (const Index from = tape.resolve("gradcheck", at.x()[input]); from <= root) below[std::size_t(from)] = true;
  for (Index id = 0; id <= root; ++id)
    for (const Index in : tape.inputs(id))
      if (below[std::size_t(in)]) below[std::size_t(id)] = true;
  above[std::size_t(root)] = true;
  for (Index id = root; id >= 0; --id)
    for (const Index in : tape.inputs(id))
      if (above[std::size_t(id)]) above[std::size_t(in)] = true;
  std::vector<std::pair<std::string, int>> names;
  for (Index id = 0; id <= root; ++id) {
    if (!below[std::size_t(id)] || !above[std::size_t(id)] || !tape.node(id).rule) continue;
    const std::string name = tape.node(id).rule->name;
    if (!names.empty() && names.back().first == name) ++names.back().second;
    else names.emplace_back(name, 1);
  }
  std::string text;
  for (const auto& [name, count] : names)
    text += (text.empty() ? "" : ", ") + name + (count > 1 ? " x" + std::to_string(count) : "");
  return text;
}

// The call that repeats what failed, or all where nothing did.
std::string replay_call(const GradcheckReport& report, const GradcheckOptions& options) {
  std::string methods;
  for (const GradcheckLine& line : report.lines) {
    if (line.verdict == Verdict::agree || line.verdict == Verdict::not_applicable) continue;
    const std::string method = std::string("Method::") + name_of(line.method);
    if (methods.find(method) == std::string::npos) methods += (methods.empty() ? "" : ", ") + method;
  }
  if (!methods.empty()) methods = ".methods = {" + methods + "}, ";
  return "gradcheck(f, inputs, {" + methods + ".seed = " + std::to_string(options.seed) + "})";
}

GradcheckLine line_of(const Subject& s, Method method, bool narrow) {
  using namespace gradchecks;
  switch (method) {
    case Method::central:
      return central(s);
    case Method::richardson:
      return richardson(s);
    case Method::six_point:
      return six_point(s);
    case Method::complex_step:
      return complex_step(s);
    case Method::dot_product:
      return narrow ? dot_product<float>(s) : dot_product<double>(s);
    case Method::taylor:
      return taylor(s);
    case Method::double_backward:
      return double_backward(s);
    case Method::sweeps:
      return narrow ? sweeps<float>(s) : sweeps<double>(s);
    case Method::float_vs_double:
      return float_vs_double(s);
    case Method::structure:
      return narrow ? structure<float>(s) : structure<double>(s);
  }
  return {};
}

bool is_one_of(Method method, std::initializer_list<Method> list) {
  return std::find(list.begin(), list.end(), method) != list.end();
}

// The lines of one method: in double, in float, or both.
void run(GradcheckReport& report, const Subject& s, Method method) {
  using enum Method;
  for (const bool narrow : {false, true}) {
    if (narrow ? !is_one_of(method, {dot_product, sweeps, float_vs_double, structure}) : method == float_vs_double)
      continue;
    GradcheckLine line{method, narrow};
    if ((narrow && !s.function.narrow) || (method == complex_step && !s.function.complex)) {
      line.verdict = Verdict::not_applicable;
    } else if (!s.finite && !is_one_of(method, {central, richardson, six_point, complex_step})) {
      // The others hold the gradient against itself, and infinity minus infinity tells nothing.
      line.verdict = Verdict::inconclusive;
      line.error = line.tolerance = NAN;
      line.note = "f or its gradient is not finite at x";
    } else {
      line = line_of(s, method, narrow);
    }
    report.lines.push_back(std::move(line));
  }
}

}  // namespace

GradcheckReport gradcheck(const GradcheckFunction& f, std::span<const double> x, const GradcheckOptions& options) {
  const Subject s(f, x, options);
  GradcheckReport report;
  report.kink = options.kink;
  for (const Method method : options.methods) run(report, s, method);
  std::size_t worst = 0;
  for (const GradcheckLine& line : report.lines)
    for (std::size_t i = 0; i < f.names.size(); ++i)
      if (line.verdict == Verdict::disagree && line.worst.place.starts_with(f.names[i] + "[")) worst = i;
  if (!f.names.empty()) report.chain = chain_from(f, s, worst);
  report.replay = options.replay.empty() ? replay_call(report, options) : options.replay;
  return report;
}

}  // namespace xgrad
