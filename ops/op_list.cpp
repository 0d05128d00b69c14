#include "op_list.hpp"

#include "../autograd/core/scalars.hpp"
#include "ops.hpp"

namespace xgrad {

template <class T>
std::vector<OpInfo<T>> all_ops() {
  std::vector<OpInfo<T>> all;
  for (auto&& ops :
       {arithmetic_ops<T>(), function_ops<T>(), dropout_ops<T>(), reshape_ops<T>(), stack_ops<T>(), product_ops<T>(),
        affine_ops<T>(), embedding_ops<T>(), reduce_ops<T>(), cross_entropy_ops<T>(), fuse_ops<T>()})
    all.insert(all.end(), ops.begin(), ops.end());
  return all;
}

#define XGRAD_INSTANTIATE(T) template std::vector<OpInfo<T>> all_ops<T>();
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad
