// Every op of the library, for the checks that are generated from the list. Written out on purpose: objects that
// register themselves are dropped by the linker when nothing else in their file of a static library is used.
#pragma once
#include "op_info.hpp"

namespace xgrad {

template <class T>
std::vector<OpInfo<T>> all_ops();

}  // namespace xgrad
