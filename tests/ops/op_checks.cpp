#include "op_checks.hpp"

#include <cmath>
#include <stdexcept>

namespace {

using namespace xgrad;
using D = double;
using Inputs_ = std::vector<Array<D>>;

// ---- numbers

std::vector<D> flat(const Var<D>& v) { return {v.data(), v.data() + v.size()}; }

D norm(const std::vector<D>& a) {
  D s = 0;
  for (const D v : a) s += v * v;
  return std::sqrt(s);
}

// |a - b| / max(|a|, |b|), in the 2-norm; 0 where both vanish.
D difference(const std::vector<D>& a, const std::vector<D>& b) {
  if (a.size() != b.size()) throw std::runtime_error("gradients of different sizes");
  std::vector<D> d(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) d[i] = a[i] - b[i];
  const D scale = std::max(norm(a), norm(b));
  return scale > 0 ? norm(d) / scale : 0;
}

void demand(bool ok, const std::string& op, const std::string& sample, const std::string& check, D error) {
  if (!ok)
    throw std::runtime_error(op + ", sample " + sample + ": " + check + " disagree, relative difference " +
                             std::to_string(error) + " (" + std::to_string(std::log10(error + 1e-300)) + " digits)");
}

// ---- one sample, evaluated

// The sample as a scalar: <w, f(x)> with w fixed and nowhere uniform.
Var<D> scalar(const Var<D>& y, Rng& rng) {
  Array<D> w = make_array<D>(y.shape());
  for (D& v : w) v = rng.normal();
  return sum(y * constant(w));
}

std::vector<Var<D>> leaves(const Inputs_& x) {
  std::vector<Var<D>> v;
  for (const auto& a : x) v.push_back(leaf(a));
  return v;
}

D value(const Sample<D>& s, const Inputs_& x, std::uint32_t seed) {
  Tape<D> tape;
  Rng rng(seed);
  return scalar(s.f(leaves(x)), rng).item();
}

// All gradients one after the other. `twist` puts an op before each input, so that it is no leaf.
enum class Twist { none, doubled, transposed };
std::vector<D> gradient(const Sample<D>& s, const Inputs_& x, std::uint32_t seed, const BackwardOptions& options,
                        Twist twist = Twist::none) {
  Tape<D> tape;
  Rng rng(seed);
  const auto v = leaves(x);
  auto in = v;
  for (auto& u : in) {
    if (twist == Twist::doubled) u = 0.5 * u + 0.5 * u;
    if (twist == Twist::transposed) u = transpose(transpose(u));
  }
  backward(scalar(s.f(in), rng), options);
  std::vector<D> g;
  for (const auto& u : v)
    for (const D e : u.grad()) g.push_back(e);
  return g;
}

Inputs_ moved(Inputs_ x, const Inputs_& along, D h) {
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t k = 0; k < x[i].size(); ++k) x[i].data()[k] += h * along[i].data()[k];
  return x;
}

Inputs_ direction(const Inputs_& x, Rng& rng) {
  Inputs_ d;
  for (const auto& a : x) {
    d.push_back(make_array<D>(shape_of(a)));
    for (D& v : d.back()) v = rng.normal();
  }
  return d;
}

D dot(const std::vector<D>& g, const Inputs_& v, D* magnitude) {
  D s = 0;
  std::size_t k = 0;
  *magnitude = 0;
  for (const auto& a : v)
    for (const D e : a) {
      s += g[k] * e;
      *magnitude += std::abs(g[k] * e);
      ++k;
    }
  return s;
}

// ---- the checks

// Every element by central differences, six points: exact to about 1e-10 where f is smooth.
void against_differences(const std::string& op, const Sample<D>& s, const std::vector<D>& g) {
  std::vector<D> fd;
  for (std::size_t i = 0; i < s.inputs.size(); ++i)
    for (std::size_t k = 0; k < s.inputs[i].size(); ++k) {
      const auto at = [&](D step) {
        Inputs_ x = s.inputs;
        x[i].data()[k] += step;
        return value(s, x, 5);
      };
      const D h = 4e-3;
      fd.push_back((45 * (at(h) - at(-h)) - 9 * (at(2 * h) - at(-2 * h)) + (at(3 * h) - at(-3 * h))) / (60 * h));
    }
  const D e = difference(g, fd);
  demand(e < 1e-8, op, s.label, "VJP and central differences", e);
}

// <w, J v> from the JVP and from the VJP.
void against_jvp(const std::string& op, const Sample<D>& s, const std::vector<D>& g, Rng& rng) {
  for (int repeat = 0; repeat < 3; ++repeat) {
    const Inputs_ v = direction(s.inputs, rng);
    Tape<D> tape;
    Rng weights(5);
    const auto x = leaves(s.inputs);
    std::vector<Var<D>> x_dot;
    for (const auto& a : v) x_dot.push_back(constant(a));
    const Var<D> loss = scalar(s.f(x), weights);
    const D forward = jvp(loss, x, x_dot).item();
    D magnitude = 0;
    const D reverse = dot(g, v, &magnitude);
    const D e = magnitude > 0 ? std::abs(forward - reverse) / magnitude : std::abs(forward);
    demand(e < 1e-12, op, s.label, "JVP and VJP", e);
  }
}

// Along directions v and u: H v recorded twice, H v by reverse over forward, v H u and u H v.
struct Hessian {
  std::vector<D> gradient, twice, over_forward;
  D uHv = 0, vHu = 0, magnitude = 0;
};

Hessian hessian(const Sample<D>& s, const Inputs_& v, const Inputs_& u) {
  Hessian r;
  Tape<D> tape;
  Rng weights(5);
  const auto x = leaves(s.inputs);
  const Var<D> loss = scalar(s.f(x), weights);
  const auto g = grad(loss, x);
  std::vector<Var<D>> x_dot;
  for (const auto& a : v) x_dot.push_back(constant(a));
  Var<D> along_v = constant(0.0), along_u = constant(0.0);
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (const D e : flat(g[i])) r.gradient.push_back(e);
    along_v += sum(g[i] * x_dot[i]);
    along_u += sum(g[i] * constant(u[i]));
  }
  r.twice.assign(r.gradient.size(), 0.0);
  r.over_forward = r.twice;
  if (along_v.requires_grad()) {  // else f is linear
    const auto hv = grad(along_v, x), hu = grad(along_u, x);
    std::size_t at = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
      for (std::size_t k = 0; k < s.inputs[i].size(); ++k) {
        const D to_u = u[i].data()[k] * hv[i].data()[k], to_v = v[i].data()[k] * hu[i].data()[k];
        r.twice[at++] = hv[i].data()[k];
        r.uHv += to_u;
        r.vHu += to_v;
        r.magnitude += std::abs(to_u) + std::abs(to_v);
      }
  }
  if (const Var<D> forward = jvp(loss, x, x_dot); forward.requires_grad()) {
    backward(forward);
    std::size_t at = 0;
    for (const auto& a : x)
      for (const D e : a.grad()) r.over_forward[at++] = e;
  }
  return r;
}

void second_order(const std::string& op, const Sample<D>& s, Rng& rng) {
  const Inputs_ v = direction(s.inputs, rng), u = direction(s.inputs, rng);
  const Hessian h = hessian(s, v, u);
  const D e0 = difference(h.gradient, gradient(s, s.inputs, 5, {}));
  demand(e0 < 1e-13, op, s.label, "recorded gradient and sweep", e0);
  const D e1 = h.magnitude > 0 ? std::abs(h.uHv - h.vHu) / h.magnitude : 0;
  demand(e1 < 1e-12, op, s.label, "uHv and vHu", e1);
  const auto high = gradient(s, moved(s.inputs, v, 1e-5), 5, {}), low = gradient(s, moved(s.inputs, v, -1e-5), 5, {});
  std::vector<D> a(high.size()), b(high.size());
  for (std::size_t i = 0; i < high.size(); ++i) {
    a[i] = h.twice[i] - h.over_forward[i];
    b[i] = h.twice[i] - (high[i] - low[i]) / 2e-5;
  }
  const D scale = std::max(norm(h.twice), norm(h.gradient));
  const D e2 = scale > 0 ? norm(a) / scale : 0, e3 = scale > 0 ? norm(b) / scale : 0;
  demand(e2 < 1e-12, op, s.label, "reverse over reverse and reverse over forward", e2);
  demand(e3 < 1e-7, op, s.label, "Hessian and differenced gradients", e3);
}

void check_sample(const std::string& op, const Sample<D>& s, Rng& rng) {
  const auto g = gradient(s, s.inputs, 5, {});
  against_differences(op, s, g);
  against_jvp(op, s, g, rng);
  const auto same = [&](const std::string& what, const std::vector<D>& other, D bound) {
    const D e = difference(g, other);
    demand(e < bound, op, s.label, what, e);
  };
  same("accumulate and vjp", gradient(s, s.inputs, 5, {.use_kernels = false}), 1e-13);
  same("deferred and immediate products", gradient(s, s.inputs, 5, {.defer = false}), 1e-13);
  same("leaf and computed input", gradient(s, s.inputs, 5, {}, Twist::doubled), 1e-13);
  same("leaf and twice transposed input", gradient(s, s.inputs, 5, {}, Twist::transposed), 1e-13);
  second_order(op, s, rng);

  // The op twice on one input: f(x) + 2 f(x), the second added to what the first left.
  const Sample<D> twice{s.label, s.inputs, [&](std::span<const Var<D>> x) { return s.f(x) + 2 * s.f(x); }};
  const auto g3 = gradient(twice, s.inputs, 5, {});
  std::vector<D> third(g3.size());
  for (std::size_t i = 0; i < g3.size(); ++i) third[i] = g3[i] / 3;
  same("once and twice on one input", third, 1e-13);
}

// Value and gradient in T, on inputs and with a cotangent that float can hold.
struct Evaluated {
  std::vector<D> y, g;
};
template <class T>
Evaluated evaluate(const Sample<T>& s, const std::vector<Array<float>>& inputs) {
  Tape<T> tape;
  std::vector<Var<T>> x;
  for (const auto& a : inputs) x.push_back(leaf(Array<T>(a)));
  const Var<T> y = s.f(x);
  Array<T> y_bar = make_array<T>(y.shape());
  Rng weights(5);
  for (T& v : y_bar) v = T(float(weights.normal()));
  backward(y, y_bar);
  Evaluated r{{y.data(), y.data() + y.size()}, {}};
  for (const auto& u : x)
    for (const T e : u.grad()) r.g.push_back(D(e));
  return r;
}

}  // namespace

namespace checks {

int check_in_double(const OpInfo<double>& op) {
  Rng rng(11), draw(3);
  const auto samples = op.samples(draw);
  for (const auto& s : samples) check_sample(op.name, s, rng);
  return static_cast<int>(samples.size());
}

void check_in_float(const OpInfo<float>& in_float, const OpInfo<double>& in_double) {
  Rng draw(3), draw_float(3);
  const auto wide = in_double.samples(draw);
  const auto narrow = in_float.samples(draw_float);
  for (std::size_t i = 0; i < narrow.size(); ++i) {
    Size longest = 1;
    for (const auto& a : narrow[i].inputs) longest = std::max(longest, Size(a.size()));
    const auto in_32 = evaluate(narrow[i], narrow[i].inputs), in_64 = evaluate(wide[i], narrow[i].inputs);
    const D bound = 16 * 1.2e-7 * std::sqrt(double(longest));
    const D ey = difference(in_32.y, in_64.y), eg = difference(in_32.g, in_64.g);
    demand(ey < bound, in_double.name, narrow[i].label, "value in float and double", ey);
    demand(eg < bound, in_double.name, narrow[i].label, "gradient in float and double", eg);
  }
}

template <class T>
std::vector<std::pair<std::string, std::string>> messages(const OpInfo<T>& op) {
  std::vector<std::pair<std::string, std::string>> all;
  for (const ErrorSample& e : op.error_samples) {
    Tape<T> tape;
    std::string what = "(nothing was thrown)";
    try {
      e.call();
    } catch (const Error& error) {
      what = error.what();
    }
    all.emplace_back(what, e.message);
  }
  return all;
}

template std::vector<std::pair<std::string, std::string>> messages(const OpInfo<float>&);
template std::vector<std::pair<std::string, std::string>> messages(const OpInfo<double>&);

}  // namespace checks
