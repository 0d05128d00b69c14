// The two rules behind slice and unstack, adjoint to each other: reading elements in steps, and putting a dense array
// at steps into zeros.
#pragma once
#include <algorithm>

#include "../../autograd/rules/record.hpp"
#include "../kernels/elementwise/strided.hpp"

namespace xgrad {

/// Elements of a dense array of shape `whole`: those of `part`'s shape, from `offset` on, in `steps`.
struct Place {
  Shape whole, part;
  Size offset;
  kernels::Steps steps;
};

template <class T>
Var<T> take(const Var<T>& x, const Place& place);
template <class T>
Var<T> put(const Var<T>& x, const Place& place);

/// x is `whole`, y is `part`.
template <class T>
struct Take {
  static constexpr const char* name = "slice";
  static constexpr int arity = 1;
  static constexpr bool linear = true;
  Place place;

  Shape shape(const Inputs<T>&) const { return place.part; }
  void forward(const Inputs<T>& x, const Output<T>& y) {
    kernels::read_strided(place.part, x[0] + place.offset, place.steps, y.data(), false);
  }
  Var<T> vjp(const Context<T>&, int, const Var<T>& y_bar) const { return put(y_bar, place); }
  void accumulate(Pullback<T>& p) const {
    const Acc<T> x_bar = p.into_own(0);
    if (!x_bar) return;
    if (!x_bar.add()) std::fill_n(x_bar.data(), place.whole.size(), T(0));
    kernels::write_strided(place.part, p.y_bar(), x_bar.data() + place.offset, place.steps, true);
  }
};

/// x is `part`, y is `whole`, zero elsewhere.
template <class T>
struct Put {
  static constexpr const char* name = "put";
  static constexpr int arity = 1;
  static constexpr bool linear = true;
  Place place;

  Shape shape(const Inputs<T>&) const { return place.whole; }
  void forward(const Inputs<T>& x, const Output<T>& y) {
    std::fill_n(y.data(), y.size(), T(0));
    kernels::write_strided(place.part, x[0], y.data() + place.offset, place.steps, false);
  }
  Var<T> vjp(const Context<T>&, int, const Var<T>& y_bar) const { return take(y_bar, place); }
  void accumulate(Pullback<T>& p) const {
    if (const Acc<T> x_bar = p.into_own(0))
      kernels::read_strided(place.part, p.y_bar() + place.offset, place.steps, x_bar.data(), x_bar.add());
  }
};

template <class T>
Var<T> take(const Var<T>& x, const Place& place) {
  return record<T>(Take<T>{place}, x);
}

template <class T>
Var<T> put(const Var<T>& x, const Place& place) {
  return record<T>(Put<T>{place}, x);
}

}  // namespace xgrad
