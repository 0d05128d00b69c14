#include "linear_maps.hpp"

#include "../core/scalars.hpp"
#include "record.hpp"

namespace xgrad {

namespace {

template <class T>
struct Add {
  static constexpr const char* name = "add";
  static constexpr int arity = 2, passes = 0;

  Shape shape(const Inputs<T>& x) const {
    return x.same_shape(0, 1) ? x.shape(0) : broadcast(name, x.shape(0), x.shape(1));
  }
  void forward(const Inputs<T>& x, const Output<T>& y) {
    if (!x.same_shape(0, 1)) return loops::add(y.shape(), x[0], x.shape(0), x[1], x.shape(1), T(1), y.data());
    const T *a = x[0], *b = x[1];
    T* __restrict out = y.data();
    for (Size i = 0, n = y.size(); i < n; ++i) out[i] = a[i] + b[i];
  }
  Var<T> vjp(const Context<T>&, int, const Var<T>& y_bar) const { return y_bar; }
  Var<T> jvp(const Context<T>&, int, const Var<T>& x_dot) const { return x_dot; }
  void accumulate(Pullback<T>& p) const {
    const bool fills[] = {p.fills(0), p.fills(1)};
    if (fills[0] && fills[1]) {
      p.hand_over(0, p.needs(1));
      p.hand_over(1, p.needs(0));
      return;
    }
    // An input that was broadcast only reads y_bar: let it go first, and the other may have y_bar to itself.
    const int first = fills[1] ? 0 : 1;
    p.pass(first, false);
    p.pass(1 - first, false);
  }
};

template <class T>
struct SumTo {
  static constexpr const char* name = "sum_to";
  static constexpr int arity = 1, passes = 0;
  static constexpr bool linear = true;
  Shape to;

  Shape shape(const Inputs<T>& x) const {
    if (!broadcasts_to(to, x.shape(0)))
      fail<ShapeError>(name, "x, which is " + x.shape(0).str() + ", does not sum to " + to.str());
    return to;
  }
  void forward(const Inputs<T>& x, const Output<T>& y) { loops::sum_to(x.shape(0), to, x[0], y.data(), false); }
  Var<T> vjp(const Context<T>& c, int, const Var<T>& y_bar) const { return broadcast_to(y_bar, c.shape(0)); }
  void accumulate(Pullback<T>& p) const {
    if (p.size(0) == p.size()) return p.pass(0, false);
    if (const Acc<T> x_bar = p.into_own(0)) loops::broadcast_to(to, p.shape(0), p.y_bar(), x_bar.data(), x_bar.add());
  }
};

template <class T>
struct BroadcastTo {
  static constexpr const char* name = "broadcast_to";
  static constexpr int arity = 1, passes = 0;
  static constexpr bool linear = true;
  Shape to;

  Shape shape(const Inputs<T>& x) const {
    if (!broadcasts_to(x.shape(0), to))
      fail<ShapeError>(name, "x, which is " + x.shape(0).str() + ", does not broadcast to " + to.str());
    return to;
  }
  void forward(const Inputs<T>& x, const Output<T>& y) { loops::broadcast_to(x.shape(0), to, x[0], y.data(), false); }
  Var<T> vjp(const Context<T>& c, int, const Var<T>& y_bar) const { return sum_to(y_bar, c.shape(0)); }
  void accumulate(Pullback<T>& p) const { p.pass(0, false); }
};

}  // namespace

template <class T>
Var<T> add(const Var<T>& a, const Var<T>& b) {
  return record<T>(Add<T>{}, a, b);
}

template <class T>
Var<T> sum_to(const Var<T>& x, const Shape& shape) {
  return record<T>(SumTo<T>{shape}, x);
}

template <class T>
Var<T> broadcast_to(const Var<T>& x, const Shape& shape) {
  return record<T>(BroadcastTo<T>{shape}, x);
}

#define XGRAD_INSTANTIATE(T)                           \
  template Var<T> add(const Var<T>&, const Var<T>&);   \
  template Var<T> sum_to(const Var<T>&, const Shape&); \
  template Var<T> broadcast_to(const Var<T>&, const Shape&);
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad
