// Every op, on every sample of its entry, alone and used twice; and at its points without a derivative.
#include <xgrad/ops/op_list.hpp>
#include <xgrad/ops/ops.hpp>

#include "../../gradcheck/layouts.hpp"
#include "battery.hpp"

namespace battery {

using namespace xgrad;

namespace {

// One op in the three number types; their samples are the same, one for one.
struct Op {
  std::vector<Sample<double>> wide;
  std::vector<Sample<float>> narrow;
  std::vector<Sample<std::complex<double>>> complex;
};

template <class T>
std::vector<Sample<T>> samples_of(const OpInfo<T>& info) {
  Rng rng(1);
  return info.samples(rng);
}

Check check_of(const std::string& name, const Op& op, std::size_t index, suite::Layout layout) {
  Rng rng(2);
  GradcheckFunction f;
  std::vector<Shape> shapes;
  std::vector<double> x;
  for (const Array<double>& a : op.wide[index].inputs) {
    const Array<double> z = suite::outer(layout, a, rng);
    shapes.push_back(shape_of(a));
    f.names.push_back("x" + std::to_string(f.names.size()));
    f.shapes.push_back(shape_of(z));
    x.insert(x.end(), z.data(), z.data() + z.size());
  }
  f.f = suite::arranged(layout, op.wide[index], shapes);
  f.narrow = suite::arranged(layout, op.narrow[index], shapes);
  f.complex = suite::arranged(layout, op.complex[index], shapes);
  const std::string what = name + " " + op.wide[index].label + ", " + suite::name_of(layout);
  return {what, "sweep", [=](Sheet& sheet) { check_function(f, x, 1e-13, what, sheet); }};
}

// Exactly the documented gradients, by kernels and by recorded rules.
void check_kink(const Kink<double>& kink, const std::string& what, Sheet& sheet) {
  Tape<double> tape;
  std::vector<Var<double>> x;
  for (const Array<double>& a : kink.inputs) x.push_back(leaf(a));
  const Var<double> y = sum(kink.f(x));
  backward(y, {.retain_graph = true});
  std::vector<Array<double>> swept;
  for (const Var<double>& v : x) swept.push_back(v.grad());
  const std::vector<Var<double>> recorded = grad(y, std::span<const Var<double>>(x));
  for (std::size_t k = 0; k < x.size(); ++k)
    for (std::size_t i = 0; i < swept[k].size(); ++i) {
      const double want = kink.gradients[k].data()[i];
      sheet.close(swept[k].data()[i], want, 0, "kinks", what);
      sheet.close(recorded[k].data()[i], want, 0, "kinks", what + ", recorded");
    }
}

}  // namespace

std::vector<Check> op_checks() {
  const auto wide = all_ops<double>();
  const auto narrow = all_ops<float>();
  const auto complex = all_ops<std::complex<double>>();
  std::vector<Check> checks;
  for (std::size_t i = 0; i < wide.size(); ++i) {
    const Op op{samples_of(wide[i]), samples_of(narrow[i]), samples_of(complex[i])};
    for (std::size_t index = 0; index < op.wide.size(); ++index)
      for (const auto layout : {suite::Layout::leaf, suite::Layout::reused})
        checks.push_back(check_of(wide[i].name, op, index, layout));
    for (const Kink<double>& kink : wide[i].kinks) {
      const std::string what = wide[i].name + ", " + kink.label;
      checks.push_back({what, "kinks", [=](Sheet& sheet) { check_kink(kink, what, sheet); }});
    }
  }
  return checks;
}

}  // namespace battery
