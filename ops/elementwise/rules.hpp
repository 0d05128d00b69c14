// From a function object to a rule: forward and accumulate are its kernels, vjp and jvp its partial derivatives on
// Vars.
#pragma once
#include "../../autograd/rules/record.hpp"
#include "../kernels/elementwise/elementwise.hpp"
#include "arithmetic.hpp"
#include "function_objects.hpp"
#include "functions.hpp"

namespace xgrad {

template <class T, class F>
struct UnaryRule : F {  // a base, so that a function without numbers takes no room among the attributes
  static constexpr int arity = 1;

  Shape shape(const Inputs<T>& x) const { return x.shape(0); }
  void forward(const Inputs<T>& x, const Output<T>& y) {
    kernels::Unary<T, F>::forward(*this, y.size(), x[0], y.data());
  }
  Var<T> vjp(const Context<T>& c, int, const Var<T>& y_bar) const {
    if constexpr (functions::Flat<F>) return {};
    else return y_bar * this->d(c.x(0), c.y());
  }
  Var<T> jvp(const Context<T>& c, int i, const Var<T>& x_dot) const { return vjp(c, i, x_dot); }
  void accumulate(Pullback<T>& p) const {
    if constexpr (!functions::Flat<F>)
      if (const Acc<T> x_bar = p.into(0))
        kernels::Unary<T, F>::backward(*this, p.size(), p.x(0), p.y(), p.y_bar(), x_bar.data(), x_bar.add());
  }
};

template <class T, class F>
struct BinaryRule : F {
  static constexpr int arity = 2;

  Shape shape(const Inputs<T>& x) const {
    return x.same_shape(0, 1) ? x.shape(0) : broadcast(F::name, x.shape(0), x.shape(1));
  }
  void forward(const Inputs<T>& x, const Output<T>& y) {
    kernels::Binary<T, F>::forward(*this, {x[0], x.shape(0), x[1], x.shape(1), y.shape()}, y.data());
  }
  Var<T> vjp(const Context<T>& c, int i, const Var<T>& y_bar) const {
    if constexpr (functions::Flat<F>) return {};
    else return y_bar * (i == 0 ? this->d0(c.x(0), c.x(1), c.y()) : this->d1(c.x(0), c.x(1), c.y()));
  }
  Var<T> jvp(const Context<T>& c, int i, const Var<T>& x_dot) const { return vjp(c, i, x_dot); }
  void accumulate(Pullback<T>& p) const {
    if constexpr (!functions::Flat<F>) {
      const kernels::Operands<T> x{p.x(0), p.shape(0), p.x(1), p.shape(1), p.shape()};
      for (int i = 0; i < 2; ++i)
        if (const Acc<T> x_bar = p.into(i))
          kernels::Binary<T, F>::backward(*this, x, i, p.y(), p.y_bar(), x_bar.data(), x_bar.add());
    }
  }
};

}  // namespace xgrad
