#include "op_claims.hpp"

#include <sstream>

#include "../thrown.hpp"

namespace {

using namespace xgrad;

template <class T>
std::vector<Var<T>> leaves(const std::vector<Array<T>>& inputs) {
  std::vector<Var<T>> x;
  for (const Array<T>& a : inputs) x.push_back(leaf(a));
  return x;
}

template <class T>
Array<T> copy(const Var<T>& v) {
  Array<T> a = make_array<T>(v.shape());
  std::copy_n(v.data(), v.size(), a.data());
  return a;
}

template <class T>
std::vector<Array<T>> swept(const Kink<T>& k, const BackwardOptions& options) {
  Tape<T> tape;
  const auto x = leaves(k.inputs);
  backward(sum(k.f(x)), options);
  std::vector<Array<T>> all;
  for (const auto& v : x) all.push_back(v.grad());
  return all;
}

template <class T>
std::vector<Array<T>> recorded(const Kink<T>& k) {
  Tape<T> tape;
  const auto x = leaves(k.inputs);
  std::vector<Array<T>> all;
  for (const auto& g : grad(sum(k.f(x)), x)) all.push_back(copy(g));
  return all;
}

// Every element of every gradient; zeros may have either sign, and an infinity must have the documented one.
template <class T>
void compare(const std::string& where, const std::vector<Array<T>>& is, const std::vector<Array<T>>& wanted,
             std::vector<std::string>& errors) {
  std::ostringstream line;
  line << where;
  bool same = is.size() == wanted.size();
  for (std::size_t i = 0; same && i < is.size(); ++i) {
    same = shape_of(is[i]) == shape_of(wanted[i]);
    for (std::size_t e = 0; same && e < is[i].size(); ++e) {
      const T a = is[i].data()[e], b = wanted[i].data()[e];
      if (a == b) continue;
      line << ": input " << i << ", element " << e << " is " << a << ", documented is " << b;
      return errors.push_back(line.str());
    }
  }
  if (!same) errors.push_back(where + ": the gradients documented have not the inputs' shapes");
}

// The gradient of sum f^2 by all inputs, and of its squares. Linear ops have one that is not constant, too.
template <class T>
void differentiate_twice(const Sample<T>& s) {
  Tape<T> tape;
  const auto x = leaves(s.inputs);
  Var<T> total = constant(T(0));
  for (const auto& g : grad(sum(square(s.f(x))), x)) total += sum(square(g));
  if (total.requires_grad()) grad(total, x);  // else f is piecewise constant
}

}  // namespace

namespace checks {

template <class T>
std::vector<std::string> kink_errors(const OpInfo<T>& op) {
  std::vector<std::string> errors;
  for (const Kink<T>& k : op.kinks) {
    const std::string where = op.name + ", kink " + k.label + ", ";
    compare(where + "kernel", swept(k, {}), k.gradients, errors);
    compare(where + "vjp", swept(k, {.use_kernels = false}), k.gradients, errors);
    compare(where + "recorded gradient", recorded(k), k.gradients, errors);
  }
  return errors;
}

template <class T>
std::vector<std::string> double_backward_errors(const OpInfo<T>& op) {
  const std::string wanted = op.double_backward.refusal ? op.double_backward.refusal : thrown([] {});
  std::vector<std::string> errors;
  Rng rng(3);
  for (const Sample<T>& s : op.samples(rng))
    if (const std::string is = thrown([&] { differentiate_twice(s); }); is != wanted)
      errors.push_back(op.name + ", sample " + s.label + ": '" + is + "', stated is '" + wanted + "'");
  return errors;
}

template <class T>
std::vector<std::string> message_errors(const OpInfo<T>& op) {
  std::vector<std::string> errors;
  for (const ErrorSample& e : op.error_samples) {
    Tape<T> tape;
    if (const std::string is = thrown(e.call); is != e.message)
      errors.push_back(op.name + ": '" + is + "', stated is '" + e.message + "'");
  }
  return errors;
}

#define XGRAD_INSTANTIATE(T)                                                  \
  template std::vector<std::string> kink_errors(const OpInfo<T>&);            \
  template std::vector<std::string> double_backward_errors(const OpInfo<T>&); \
  template std::vector<std::string> message_errors(const OpInfo<T>&);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

}  // namespace checks
