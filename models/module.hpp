// What a model is: a plain struct of parameters and of other models, with typed calls of its own and one `visit` that
// names its parts. There is no base class. From `visit` alone come the list of parameters, their number, and saving
// under dotted names.
//
//   template <class T>
//   struct Mlp {
//     using Value = T;
//     Linear<T> hidden, out;
//     Var<T> operator()(const Var<T>& x) const { return out(tanh(hidden(x))); }
//     void visit(auto&& f) const { f("hidden", hidden), f("out", out); }
//   };
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "../ops/ops.hpp"

namespace xgrad {

/// How a file keeps a matrix. Ours are (in, out), so that rows of x multiply them; PyTorch's are (out, in).
enum class Layout { as_is, transposed };

template <class T>
struct NamedParameter {
  std::string name;  // "head.weight"
  Parameter<T> parameter;
  Layout layout;
};

namespace detail {

template <class T, class M>
void collect(const M& model, const std::string& prefix, std::vector<NamedParameter<T>>& out) {
  model.visit([&](const std::string& name, const auto& part, Layout layout = Layout::as_is) {
    if constexpr (std::is_same_v<std::decay_t<decltype(part)>, Parameter<T>>)
      out.push_back({prefix + name, part, layout});
    else collect<T>(part, prefix + name + ".", out);
  });
}

}  // namespace detail

/// All parameters of a model under dotted names, in the order of visit.
template <class M>
std::vector<NamedParameter<typename M::Value>> named_parameters(const M& model) {
  std::vector<NamedParameter<typename M::Value>> all;
  detail::collect<typename M::Value>(model, "", all);
  return all;
}

/// The number of elements in all parameters.
template <class M>
Size count_parameters(const M& model) {
  Size n = 0;
  for (const auto& p : named_parameters(model)) n += p.parameter.size();
  return n;
}

}  // namespace xgrad
