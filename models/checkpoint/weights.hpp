// A model's weights as tensors of a safetensors file, under the names and in the layout that PyTorch's modules expect:
// `load_state_dict(load_file(path))` runs the model there.
#pragma once
#include "../module.hpp"
#include "safetensors.hpp"

namespace xgrad {

/// One parameter as a tensor of its dotted name, in the file's layout.
template <class T>
Tensor to_tensor(const NamedParameter<T>& p);

/// The reverse. Throws FormatError naming the tensor where it is missing, or has another type or shape.
template <class T>
void from_tensor(const SafeTensors& file, const NamedParameter<T>& p);

/// All weights of a model. PyTorch's recurrent layers have two biases each. Where a model has one for both, which are
/// then added to each other, the second is written as zeros, and added to the first where weights are read.
template <class T>
std::vector<Tensor> weights_of(const std::vector<NamedParameter<T>>& parameters);
template <class T>
void load_weights(const SafeTensors& file, const std::vector<NamedParameter<T>>& parameters);

template <class M>
std::vector<Tensor> weights_of(const M& model) {
  return weights_of(named_parameters(model));
}
template <class M>
void load_weights(const SafeTensors& file, const M& model) {
  load_weights(file, named_parameters(model));
}

}  // namespace xgrad
