// gradcheck for a model: its inputs are the parameters, which the report calls by their dotted names.
#pragma once
#include "../autograd/gradcheck/gradcheck.hpp"
#include "module.hpp"

namespace xgrad {

namespace detail {

/// A model's parameters as the inputs of `f(model)`.
template <class T, class F, class M>
Callable<T> parameters_of(const F& f, const M& model) {
  const auto parameters = named_parameters(model);
  Callable<T> c;
  c.bind = [parameters](std::span<const T> x) {
    std::vector<Var<T>> v;
    std::size_t at = 0;
    for (const auto& p : parameters) {
      const auto part = x.subspan(at, std::size_t(p.parameter.size()));
      // Only what changes: a tape that has used the parameter at this very value may still be swept.
      if (!std::equal(part.begin(), part.end(), p.parameter.data()))
        std::copy(part.begin(), part.end(), p.parameter.mutable_value().begin());
      at += part.size();
      v.push_back(p.parameter);
    }
    return v;
  };
  c.call = [&f, &model](std::span<const Var<T>>) -> Var<T> { return f(model); };
  c.zero = [parameters] {
    for (const auto& p : parameters) p.parameter.slot().store->zero_grad();
  };
  return c;
}

/// All values of a model's parameters, one after the other; written back when it goes out of scope.
template <class M>
class KeptValues {
 public:
  explicit KeptValues(const M& model) : parameters_(named_parameters(model)) {
    for (const auto& p : parameters_)
      values_.insert(values_.end(), p.parameter.data(), p.parameter.data() + p.parameter.size());
  }
  ~KeptValues() {
    auto from = values_.begin();
    for (const auto& p : parameters_) {
      const auto value = p.parameter.mutable_value();
      std::copy_n(from, value.size(), value.begin());
      from += std::ptrdiff_t(value.size());
    }
  }
  KeptValues(const KeptValues&) = delete;
  KeptValues& operator=(const KeptValues&) = delete;
  const std::vector<typename M::Value>& values() const { return values_; }

 private:
  std::vector<NamedParameter<typename M::Value>> parameters_;
  std::vector<typename M::Value> values_;
};

template <class M>
GradcheckFunction of_model(const M& model) {
  GradcheckFunction function;
  for (const auto& p : named_parameters(model)) {
    function.names.push_back(p.name);
    function.shapes.push_back(p.parameter.shape());
  }
  return function;
}

}  // namespace detail

/// Checks the gradient of f(model) by all parameters of the model, at their values. These are the same afterwards; the
/// gradients of their store are not. What needs float or complex numbers is not applicable.
template <class F, class M>
GradcheckReport gradcheck(const F& f, const M& model,
                          const GradcheckOptions& options = {}) requires std::is_same_v<typename M::Value, double> {
  const detail::KeptValues<M> kept(model);
  GradcheckFunction function = detail::of_model(model);
  function.f = detail::parameters_of<double>(f, model);
  return gradcheck(function, kept.values(), options);
}

/// The same with the model in float and in std::complex<double> beside it, of the same sizes and with any values, so
/// that all methods apply; f takes each of the three.
template <class F, class M, class N, class C>
GradcheckReport gradcheck(const F& f, const M& model, const N& narrow, const C& complex,
                          const GradcheckOptions& options = {}) requires std::is_same_v<typename N::Value, float> {
  const detail::KeptValues<M> kept(model);
  const detail::KeptValues<N> kept_narrow(narrow);
  const detail::KeptValues<C> kept_complex(complex);
  GradcheckFunction function = detail::of_model(model);
  function.f = detail::parameters_of<double>(f, model);
  function.narrow = detail::parameters_of<float>(f, narrow);
  function.complex = detail::parameters_of<std::complex<double>>(f, complex);
  return gradcheck(function, kept.values(), options);
}

}  // namespace xgrad
