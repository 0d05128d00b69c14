#include "sweep.hpp"

#include <algorithm>
#include <cassert>

#include "../core/loops.hpp"
#include "../core/scalars.hpp"
#include "../rules/context.hpp"
#include "../rules/pullback.hpp"

namespace xgrad {

// Where the gradients of a parameter go.
template <class T>
GradientBuffer<T>& Sweep<T>::buffer_of(const Slot<T>& slot) {
  return tape_.buffer_ && &tape_.buffer_->store() == slot.store ? *tape_.buffer_ : slot.store->gradients();
}

template <class T>
void Sweep<T>::prepare(Index root) {
  if (tape_.consumed_)
    fail<TapeError>("backward",
                    "this recording was swept before\nhint: pass {.retain_graph = true} to the first backward, or "
                    "clear() the tape and record again");
  if (tape_.paused_) fail<TapeError>("backward", "recording is paused on this tape");
  if (!(node(root).flags & needs_grad))
    fail<TapeError>("backward",
                    "the root of shape " + node(root).shape.str() + " does not depend on any leaf or parameter");
  tape_.check_parameters("backward");
  if (tape_.swept_) reset_gradients();
  tape_.swept_ = true;
  tape_.incomplete_ = false;
  tape_.consumed_ = !options_.retain_graph;
  for (const auto& b : tape_.bound_) {
    GradientBuffer<T>& buffer = buffer_of(*b.slot);
    buffer.fit();
    node(b.id).grad = buffer.data(*b.slot);
  }
}

template <class T>
void Sweep<T>::reset_gradients() {
  for (Node<T>& x : tape_.nodes_) {
    x.flags &= needs_grad | is_parameter | is_retained;
    x.deferred = -1;
    x.grad = nullptr;
  }
  tape_.deferred_.clear();
  tape_.derived_.clear();
  tape_.gradients_.rewind();
}

template <class T>
void Sweep<T>::run(Index root, const T* y_bar) {
  prepare(root);
  try {
    const Destination<T> d = destination(root);
    const Size n = node(root).size();
    if (d.add) loops::accumulate(n, y_bar, d.data);
    else std::copy_n(y_bar, n, d.data);
    for (Index id = root; id >= 0; --id) sweep_node(id);
  } catch (...) {  // half of a gradient must not pass for one
    tape_.consumed_ = tape_.incomplete_ = true;
    for (const auto& b : tape_.bound_) buffer_of(*b.slot).mark_incomplete();
    throw;
  }
}

template <class T>
void Sweep<T>::sweep_node(Index id) {
  const Node<T>& y = node(id);
  if (y.flags & assembling) complete(id);
  else if (y.deferred >= 0) flush(id);
  if (y.flags & is_retained) node(id).flags |= is_kept;
  if (!(y.flags & has_grad) || !y.rule) return;
  if (y.rule->accumulate && options_.use_kernels) {
    Pullback<T> p(*this, id);
    y.rule->accumulate(p);
  } else {
    by_vjp(id);
  }
}

// ---- where gradients lie

// The input to which node id's rule will pass y_bar on, and where in it.
template <class T>
typename Sweep<T>::Hop Sweep<T>::hop(Index id) {
  const Node<T>& y = node(id);
  if (!y.rule || !options_.use_kernels) return {};
  if (y.rule->part) {
    const Part part = y.rule->part(Context<T>(tape_, id));
    return {y.in[0], part.index * y.size(), part};
  }
  if (y.rule->passes < 0) return {};
  return {tape_.inputs(id)[static_cast<std::size_t>(y.rule->passes)], 0, {}};
}

template <class T>
bool Sweep<T>::forwards(Index id, const Hop& to) {
  if (to.to < 0) return false;
  const Node<T>&y = node(id), &x = node(to.to);
  if ((y.flags & is_retained) || !(x.flags & needs_grad) || (x.flags & (has_grad | is_parameter))) return false;
  if (to.part.count > 0) {
    if (x.flags & assembling) return true;
    return !x.grad && x.deferred < 0 && x.uses == to.part.count && x.uses != 0xffff;
  }
  return !y.rule->part && !x.grad && x.deferred < 0 && x.uses == 1 && x.size() == y.size();
}

// Storage for the gradient of a node that has none yet: its own, or that of the node at the end of a chain of those
// that pass their gradient on. Such a chain may have a million links; only the first few are followed, for what is
// looked for is the block at its end: without one, adoption moves the buffer along as well.
template <class T>
T* Sweep<T>::storage(Index id) {
  Node<T>& own = node(id);
  if (own.grad) return own.grad;
  if (!own.rule || (own.rule->passes < 0 && !own.rule->part)) return own.grad = scratch(own.size());
  Size offset = 0;
  Index end = id;
  int links = 0;
  for (Hop next = hop(end); links < most_links && forwards(end, next); next = hop(end), ++links) {
    offset += next.offset;
    end = next.to;
    if (node(end).grad) break;  // a block that another part has reached before
  }
  if (!node(end).grad) node(end).grad = scratch(node(end).size());
  T* const base = node(end).grad;
  for (Index at = id; at != end;) {
    const Hop next = hop(at);
    node(at).grad = base + offset;
    offset -= next.offset;
    Node<T>& x = node(next.to);
    if (next.part.count > 0 && !(x.flags & assembling)) {
      x.flags |= assembling;
      x.deferred = at - next.part.index;
    }
    at = next.to;
  }
  return node(id).grad;
}

template <class T>
Destination<T> Sweep<T>::destination(Index id) {
  Node<T>& x = node(id);
  if (x.flags & is_parameter) {
    const Slot<T>& slot = *tape_.bound_[static_cast<std::size_t>(x.attributes)].slot;
    std::uint8_t& fresh = buffer_of(slot).fresh_[static_cast<std::size_t>(slot.place)];
    const bool add = !fresh;
    fresh = 0;
    x.flags |= has_grad;
    return {x.grad, add};
  }
  assert(!(x.flags & assembling));
  if (x.flags & has_grad) {
    if (x.flags & is_shared) {
      T* own = scratch(x.size());
      std::copy_n(x.grad, x.size(), own);
      x.grad = own;
      x.flags &= std::uint8_t(~is_shared);
    }
    return {x.grad, true};
  }
  T* data = storage(id);
  node(id).flags |= has_grad;
  return {data, false};
}

template <class T>
void Sweep<T>::add_or_assign(Index id, const T* buffer) {
  const Size n = node(id).size();
  const Destination<T> d = destination(id);
  if (d.data == buffer) return;
  if (d.add) loops::accumulate(n, buffer, d.data);
  else std::copy_n(buffer, n, d.data);
}

// A block all of whose consumers are parts: zero what received nothing.
template <class T>
void Sweep<T>::complete(Index id) {
  Node<T>& block = node(id);
  for (Index part = 0; part < block.uses; ++part) {
    const Node<T>& y = node(block.deferred + part);
    if (!(y.flags & has_grad)) std::fill_n(block.grad + part * y.size(), y.size(), T(0));
  }
  block.deferred = -1;
  block.flags = std::uint8_t((block.flags & ~assembling) | has_grad);
}

// ---- rules without a kernel

template <class T>
void Sweep<T>::by_vjp(Index id) {
  const RuleTable<T>* rule = node(id).rule;
  const int count = static_cast<int>(tape_.inputs(id).size());
  for (int i = 0; i < count; ++i) {
    const Index in = tape_.inputs(id)[static_cast<std::size_t>(i)];  // anew each time: recording moves the lists
    if (!(node(in).flags & needs_grad)) continue;
    const Scratch<T> scratch(tape_);
    const Var<T> y_bar = tape_.var(tape_.append(node(id).grad, node(id).shape, 0));
    const Var<T> x_bar = rule->vjp(Context<T>(tape_, id), i, y_bar);
    if (x_bar) contribute(rule->name, tape_.resolve(rule->name, x_bar), in);
  }
}

// Adds the value of node `from` to the gradient of node `id`.
template <class T>
void Sweep<T>::contribute(const char* rule, Index from, Index id) {
  const Shape given = node(from).shape, wanted = node(id).shape;
  if (!broadcasts_to(wanted, given))
    fail<ShapeError>(rule, "vjp returned shape " + given.str() + " for an input of shape " + wanted.str());
  const T* value = node(from).value;
  const Destination<T> d = destination(id);
  if (given.size() != wanted.size()) loops::sum_to(given, wanted, value, d.data, d.add);
  else if (d.add) loops::accumulate(wanted.size(), value, d.data);
  else std::copy_n(value, wanted.size(), d.data);
}

// ---- deferred products

template <class T>
void Sweep<T>::product(Index weight, Index y, Index x, const T* d, Index rows) {
  const RuleTable<T>* const rule = node(y).rule;
  if (!rule->flush || node(weight).shape.rank() != 2)
    fail<TapeError>(rule->name, "product() needs a rule with a static flush, and a weight of 2 axes; the weight is " +
                                    node(weight).shape.str());
  const Deferred record{node(x).value, d, y, x, rows, -1, 1, rows};
  if (options_.defer) put_off(weight, record);
  else multiply(weight, record, node(weight).shape[0], node(weight).shape[1], rows);
}

template <class T>
void Sweep<T>::multiply(Index weight, const Deferred& at, Size a_stride, Size d_stride, Index rows) {
  const Index k = node(weight).shape[0], n = node(weight).shape[1];
  const Destination<T> d = destination(weight);
  node(at.y).rule->flush({at.a, a_stride, at.d, d_stride, rows, k, n, d.data, d.add});
}

// Adds a record to the weight's group. A group to which it does not belong is multiplied first, and one that has no
// room for another record like it at once, while its numbers are in the cache.
template <class T>
void Sweep<T>::put_off(Index weight, Deferred x) {
  Index head = node(weight).deferred;
  if (head >= 0 && !belongs(deferred(head), x)) {
    Deferred& newest = tape_.deferred_[static_cast<std::size_t>(head)];
    if (newest.count == 2 && newest.rows >= short_below) {  // any two are a loop: the newer may begin another one
      multiply(weight, deferred(newest.next), node(weight).shape[0], node(weight).shape[1], deferred(newest.next).rows);
      newest.next = -1, newest.count = 1, newest.total = newest.rows;
    }
    if (!belongs(newest, x)) {
      flush(weight);
      head = -1;
    }
  }
  if (head >= 0) x.next = head, x.count += deferred(head).count, x.total += deferred(head).total;
  node(weight).deferred = static_cast<Index>(tape_.deferred_.size());
  tape_.deferred_.push_back(x);
  if (Size(x.total) + x.rows > most_grouped) flush(weight);
}

// Whether x is multiplied together with the group whose newest record is given. That is settled by what was recorded,
// and not by where it happens to lie: so no digit depends on what the tape held before. The steps of a loop repeat
// their nodes, and are equally far apart as tapes count; what is short and no loop is worth a copy.
template <class T>
bool Sweep<T>::belongs(const Deferred& newest, const Deferred& x) const {
  if (rule_of(newest)->flush != rule_of(x)->flush || Size(newest.total) + x.rows > most_grouped) return false;
  if (newest.rows < short_below || x.rows < short_below) return newest.rows < short_below && x.rows < short_below;
  if (newest.rows != x.rows || newest.count == 1) return newest.rows == x.rows;
  const Deferred& before = deferred(newest.next);
  return newest.x - x.x == before.x - newest.x && newest.y - x.y == before.y - newest.y;
}

// Multiplies the weight's group: where its records are equally spaced as they lie, else copied together.
template <class T>
void Sweep<T>::flush(Index weight) {
  const Index head = node(weight).deferred;
  node(weight).deferred = -1;
  const Deferred& newest = deferred(head);
  const Size k = node(weight).shape[0], n = node(weight).shape[1];
  Size a_stride = k, d_stride = n;
  if (newest.count == 1) multiply(weight, newest, a_stride, d_stride, newest.total);
  else if (const Deferred* lowest = spaced(newest, a_stride, d_stride))
    multiply(weight, *lowest, a_stride, d_stride, newest.total);
  else multiply_packed(weight, newest);
}

// The record that lies lowest, if those of a group make two matrices as they lie, and these matrices' strides; else
// null.
template <class T>
auto Sweep<T>::spaced(const Deferred& newest, Size& a_stride, Size& d_stride) const -> const Deferred* {
  const auto apart = [](const T* p, const T* q) {  // elements; as integers, the two may lie in different chunks
    return (reinterpret_cast<std::intptr_t>(p) - reinterpret_cast<std::intptr_t>(q)) /
           static_cast<std::intptr_t>(sizeof(T));
  };
  const Deferred& second = deferred(newest.next);
  const Size a_step = apart(second.a, newest.a), d_step = apart(second.d, newest.d);
  const Deferred* last = &newest;
  while (last->next >= 0) {
    const Deferred& x = deferred(last->next);
    if (x.rows != newest.rows || apart(x.a, last->a) != a_step || apart(x.d, last->d) != d_step) return nullptr;
    last = &x;
  }
  const Size k = a_stride, n = d_stride;
  // One row each: the step is the leading dimension, whatever lies between. More rows: only if nothing does.
  const Size row_limit = Size(1) << 22;
  const bool one_row = newest.rows == 1 && std::abs(a_step) < row_limit && std::abs(d_step) < row_limit;
  const bool dense = std::abs(a_step) == Size(newest.rows) * k && std::abs(d_step) == Size(newest.rows) * n;
  const bool up = a_step >= k && d_step >= n, down = -a_step >= k && -d_step >= n;
  const bool rising = newest.x < second.x;  // as a copy would be ordered
  if (!(one_row || dense) || !(rising ? up : down)) return nullptr;
  if (!dense) a_stride = std::abs(a_step), d_stride = std::abs(d_step);
  return up ? &newest : last;
}

// Copies a group together, so that one product does for it all.
template <class T>
void Sweep<T>::multiply_packed(Index weight, const Deferred& newest) {
  const Size k = node(weight).shape[0], n = node(weight).shape[1];
  T *const a = scratch(newest.total * k), *const d = scratch(newest.total * n);
  const bool rising = newest.x < deferred(newest.next).x;  // in the order in which spaced() takes them
  Size at = rising ? 0 : newest.total;
  for (const Deferred* x = &newest;; x = &deferred(x->next)) {
    if (!rising) at -= x->rows;
    std::copy_n(x->a, x->rows * k, a + at * k);
    std::copy_n(x->d, x->rows * n, d + at * n);
    if (rising) at += x->rows;
    if (x->next < 0) break;
  }
  Deferred all = newest;
  all.a = a, all.d = d;
  multiply(weight, all, k, n, all.total);
}

#define XGRAD_INSTANTIATE(T) template class Sweep<T>;
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad
