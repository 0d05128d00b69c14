#include "program.hpp"

#include <complex>

namespace suite {

namespace {

// What an instruction may be: whether it can take these operands is tried by running it on the shapes alone.
// Functions that grow are damped, so that sixty of them in a row stay near one.
constexpr const char* names[] = {
    "tanh",   "sigmoid", "exp(tanh)",   "square(tanh)", "sqrt(1 + square)", "log(1 + square)",
    "gelu",   "scale",   "softmax",     "log_softmax",  "transpose",        "reshape",
    "slice",  "sum",     "mean",        "logsumexp",    "unstack",          "embedding",
    "add",    "sub",     "mul",         "div",          "concat",           "stack",
    "matmul", "affine",  "affine_tanh", "fuse",         "cross_entropy"};
constexpr int count = int(std::size(names));
int find(const std::string& name) {
  for (int i = 0; i < count; ++i)
    if (name == names[i]) return i;
  throw std::logic_error("no instruction " + name);
}

template <class T>
Var<T> one_operand(const Instruction& i, const Var<T>& x) {
  const std::string name = names[i.op];
  const bool keep = i.numbers[0] % 2 == 0;
  if (name == "tanh") return tanh(x);
  if (name == "sigmoid") return sigmoid(x);
  if (name == "exp(tanh)") return exp(tanh(x));
  if (name == "square(tanh)") return square(tanh(x));
  if (name == "sqrt(1 + square)") return sqrt(1 + square(x));
  if (name == "log(1 + square)") return log(1 + square(x));
  if (name == "gelu") return gelu(x);
  if (name == "scale") return x * 0.75 - 0.25;
  if (name == "softmax") return softmax(x, i.axis);
  if (name == "log_softmax") return 0.25 * log_softmax(x, i.axis);
  if (name == "transpose") return transpose(x);
  if (name == "reshape") return reshape(x, keep ? Shape{Index(x.size())} : Shape{1, Index(x.size())});
  if (name == "slice") return slice(x, i.axis, {{}, {}, std::array<Index, 4>{2, -1, -2, 1}[std::size_t(i.numbers[1])]});
  if (name == "sum") return 0.5 * sum(x, i.axis, keep);
  if (name == "mean") return mean(x, i.axis, keep);
  if (name == "logsumexp") return 0.5 * logsumexp(x, i.axis, keep);
  if (name == "unstack") return unstack(x, i.axis)[i.numbers[2] % x.shape()[i.axis]];
  if (name == "embedding") return embedding(x, std::vector<Index>{0, x.shape()[0] - 1, 0});
  const Size rows = x.rank() == 0 ? 1 : x.size() / std::max(x.shape()[x.rank() - 1], Index(1));
  const std::vector<Index> targets(std::size_t(rows), 0);
  return softmax_cross_entropy(x, targets);
}

template <class T>
Var<T> run(const Instruction& i, const std::vector<Var<T>>& values) {
  const Var<T>& a = values[i.operands[0]];
  if (i.operands.size() == 1) return one_operand(i, a);
  const Var<T>& b = values[i.operands[1]];
  const std::string name = names[i.op];
  if (name == "add") return a + b;
  if (name == "sub") return a - b;
  if (name == "mul") return a * tanh(b);
  if (name == "div") return a / (1.5 + tanh(b));
  if (name == "concat") return concat({a, b, a}, i.axis);
  if (name == "stack") return stack({a, b}, i.axis);
  if (name == "matmul") return 0.5 * matmul(a, tanh(b), i.numbers[0] % 2 == 1, i.numbers[1] % 2 == 1);
  if (name == "affine") return 0.5 * affine(a, tanh(b), values[i.operands[2]]);
  if (name == "affine_tanh") return affine_tanh(a, tanh(b), values[i.operands[2]]);
  return fuse([](auto u, auto v) { return sigmoid(u) * v + tanh(u - 0.5 * v); }, a, b);
}

Instruction draw(Rng& rng, std::size_t values) {
  Instruction i{rng.below(count), {}, rng.below(3), {rng.below(2), rng.below(4), rng.below(6)}};
  const int operands = i.op < find("add")                                      ? 1
                       : i.op == find("cross_entropy")                         ? 1
                       : i.op == find("affine") || i.op == find("affine_tanh") ? 3
                                                                               : 2;
  for (int k = 0; k < operands; ++k) {
    const Index last = Index(values), recent = std::min(last, Index(6));  // half of the time one of the newest
    i.operands.push_back(std::size_t(rng.below(2) ? last - 1 - rng.below(recent) : rng.below(last)));
  }
  return i;
}

}  // namespace

Program::Program(Rng& rng, int nodes) {
  const Shape shapes[] = {{}, {1}, {3}, {4}, {3, 4}, {4, 3}, {4, 4}, {3, 1}, {1, 4}, {2, 3, 4}, {2, 1, 3}};
  Tape<double> tape;  // on which each instruction is tried: ops check their shapes themselves
  std::vector<Var<double>> values;
  for (Index k = 2 + rng.below(3); k > 0; --k) {
    inputs.push_back(shapes[rng.below(Index(std::size(shapes)))]);
    values.push_back(leaf(rng.uniform_array<double>(inputs.back(), -1, 1)));
  }
  while (int(code.size()) < nodes) {
    const Instruction i = draw(rng, values.size());
    try {
      const Var<double> y = run(i, values);
      if (y.size() == 0 || y.size() > 100) continue;
      values.push_back(y);
      code.push_back(i);
    } catch (const Error&) {  // these operands do not fit
    }
  }
}

template <class T>
Var<T> Program::operator()(std::span<const Var<T>> x) const {
  std::vector<Var<T>> values(x.begin(), x.end());
  std::vector<bool> used(values.size() + code.size());
  for (const Instruction& i : code) {
    for (const std::size_t k : i.operands) used[k] = true;
    values.push_back(run(i, values));
  }
  Var<T> y = values.back();
  for (std::size_t k = 0; k + 1 < values.size(); ++k)
    if (!used[k]) y = y + mean(tanh(values[k]));
  return y;
}

std::string Program::str() const {
  std::string text;
  std::size_t place = 0;
  for (const Shape& s : inputs) text += "v" + std::to_string(place++) + " = input " + s.str() + "\n";
  for (const Instruction& i : code) {
    text += "v" + std::to_string(place++) + " = " + names[i.op];
    for (const std::size_t k : i.operands) text += " v" + std::to_string(k);
    text += ", axis " + std::to_string(i.axis) + ", numbers";
    for (const Index n : i.numbers) text += " " + std::to_string(n);
    text += "\n";
  }
  return text;
}

template Var<double> Program::operator()(std::span<const Var<double>>) const;
template Var<std::complex<double>> Program::operator()(std::span<const Var<std::complex<double>>>) const;

}  // namespace suite
