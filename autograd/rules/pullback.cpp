#include "pullback.hpp"

#include <algorithm>
#include "../core/scalars.hpp"

namespace xgrad {

template <class T>
void Pullback<T>::sum_into(int i, const T* y_bar) {
  const Destination<T> d = sweep_.destination(in_[std::size_t(i)]);
  loops::sum_to(shape(), shape(i), y_bar, d.data, d.add);
}

template <class T>
void Pullback<T>::pass_pieces() {
  const Node<T>& y = node();
  const bool shared = (y.flags & (is_shared | is_retained)) != 0;
  Size end = y.size();
  for (int i = count() - 1; i >= 0; --i) {  // newest first, as the sweep will come to them
    end -= input(i).size();
    sweep_.give(in_[std::size_t(i)], y.grad + end, shared);
  }
}

template <class T>
void Pullback<T>::pass_part(const Part& part) {
  if (!needs(0)) return;
  Node<T>&block = input(0), &y = node();
  const Size n = y.size(), offset = part.index * n;
  if (block.flags & assembling) {
    if (y.grad != block.grad + offset) std::copy_n(y.grad, n, block.grad + offset);
    block.flags |= y.flags & is_shared;
    return;
  }
  const Size all = block.size();
  const Destination<T> d = sweep_.destination(in_[0]);
  if (!d.add) std::fill_n(d.data, all, T(0));
  loops::accumulate(n, y.grad, d.data + offset);
}

#define XGRAD_INSTANTIATE(T) template class Pullback<T>;
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad
