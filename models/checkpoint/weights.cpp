#include "weights.hpp"

#include <algorithm>
#include "../../autograd/core/scalars.hpp"

namespace xgrad {

namespace {

// out (columns, rows) = x (rows, columns) transposed.
template <class T>
std::vector<T> transposed(std::span<const T> x, std::size_t rows, std::size_t columns) {
  std::vector<T> out(x.size());
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t k = 0; k < columns; ++k) out[k * rows + i] = x[i * columns + k];
  return out;
}

template <class T>
std::vector<std::uint64_t> file_shape(const NamedParameter<T>& p) {
  const auto dims = p.parameter.shape().to_vector();
  std::vector<std::uint64_t> shape(dims.begin(), dims.end());
  if (p.layout == Layout::transposed) std::reverse(shape.begin(), shape.end());
  return shape;
}

std::string text(const std::vector<std::uint64_t>& shape) {
  std::string s;
  for (const auto d : shape) s.append(s.empty() ? "(" : ", ").append(std::to_string(d));
  return s.empty() ? "()" : s.append(")");
}

// "rnn.bias_hh_l0" for "rnn.bias_ih_l0" where the model has one bias for PyTorch's two, else empty: a GRU has both.
template <class T>
std::string second_bias(const std::string& name, const std::vector<NamedParameter<T>>& model) {
  const std::size_t at = name.find("bias_ih_l");
  if (at == std::string::npos) return "";
  const std::string other = name.substr(0, at) + "bias_hh_l" + name.substr(at + 9);
  const bool its_own = std::any_of(model.begin(), model.end(), [&](const auto& p) { return p.name == other; });
  return its_own ? "" : other;
}

template <class T>
std::vector<T> read(const SafeTensors& file, const std::string& name, const std::vector<std::uint64_t>& shape) {
  const Tensor* t = file.find(name);
  if (!t) fail<FormatError>("weights", "tensor '" + name + "' is missing");
  if (t->dtype != dtype_of<T>() || t->shape != shape)
    fail<FormatError>("weights", "tensor '" + name + "' is " + std::string(name_of(t->dtype)) + " " + text(t->shape) +
                                     ", the model wants " + std::string(name_of(dtype_of<T>())) + " " + text(shape));
  return t->values<T>();
}

// The tensor of p's name in p's layout.
template <class T>
std::vector<T> read(const SafeTensors& file, const NamedParameter<T>& p) {
  const auto values = read<T>(file, p.name, file_shape(p));
  if (p.layout == Layout::as_is) return values;
  const Shape s = p.parameter.shape();
  return transposed(std::span<const T>(values), std::size_t(s[1]), std::size_t(s[0]));
}

}  // namespace

template <class T>
Tensor to_tensor(const NamedParameter<T>& p) {
  const Shape s = p.parameter.shape();
  const std::span<const T> values(p.parameter.data(), std::size_t(s.size()));
  if (p.layout == Layout::as_is) return make_tensor<T>(p.name, file_shape(p), values);
  const auto turned = transposed(values, std::size_t(s[0]), std::size_t(s[1]));
  return make_tensor<T>(p.name, file_shape(p), std::span<const T>(turned));
}

template <class T>
void from_tensor(const SafeTensors& file, const NamedParameter<T>& p) {
  const auto values = read(file, p);
  std::copy(values.begin(), values.end(), p.parameter.mutable_value().begin());
}

template <class T>
std::vector<Tensor> weights_of(const std::vector<NamedParameter<T>>& parameters) {
  std::vector<Tensor> all;
  for (const auto& p : parameters) {
    all.push_back(to_tensor(p));
    if (const std::string other = second_bias(p.name, parameters); !other.empty()) {
      const std::vector<T> zeros(std::size_t(p.parameter.size()), T(0));
      all.push_back(make_tensor<T>(other, file_shape(p), std::span<const T>(zeros)));
    }
  }
  return all;
}

template <class T>
void load_weights(const SafeTensors& file, const std::vector<NamedParameter<T>>& parameters) {
  for (const auto& p : parameters) {
    auto values = read(file, p);
    if (const std::string other = second_bias(p.name, parameters); !other.empty() && file.find(other)) {
      const auto more = read<T>(file, other, file_shape(p));
      for (std::size_t i = 0; i < values.size(); ++i) values[i] += more[i];
    }
    std::copy(values.begin(), values.end(), p.parameter.mutable_value().begin());
  }
}

#define XGRAD_INSTANTIATE(T)                                                      \
  template Tensor to_tensor(const NamedParameter<T>&);                            \
  template void from_tensor(const SafeTensors&, const NamedParameter<T>&);        \
  template std::vector<Tensor> weights_of(const std::vector<NamedParameter<T>>&); \
  template void load_weights(const SafeTensors&, const std::vector<NamedParameter<T>>&);
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad
