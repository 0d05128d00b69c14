// fuse: an elementwise lambda of yours becomes one op.
//
//   Var<float> c = fuse([](auto i, auto f, auto g, auto c0) { return sigmoid(f) * c0 + sigmoid(i) * tanh(g); }, i, f,
//   g, c0);
//
// One node, one loop forward and one backward, whatever the lambda computes: its partial derivatives come from dual
// numbers in the same loop, so nothing between input and result is stored. Derivatives of higher order run the same
// lambda on duals of Vars. What is gained is nodes and memory; for a large array the time is about that of the ops
// written out. The lambda may capture numbers by value (what is captured by reference would be read again in the
// sweep). It calls unqualified, with numbers mixed in anywhere: + - * / exp log sqrt square abs tanh sigmoid relu gelu,
// pow with a number, maximum, minimum, clip.
#pragma once
#include <algorithm>
#include <utility>

#include "../../autograd/rules/record.hpp"
#include "dual.hpp"

namespace xgrad {

namespace detail {

template <class T, class F, int N>
struct Fused {
  using L = LaneOf<T>;
  static constexpr const char* name = "fuse";
  static constexpr int arity = N > 3 ? any_number : N;
  using All = std::make_index_sequence<std::size_t(N)>;

  [[no_unique_address]] F f;

  Shape shape(const Inputs<T>& x) const { return x.shape(0); }  // fuse() has broadcast them
  void forward(const Inputs<T>& x, const Output<T>& y) { run_forward(x, y.data(), y.size(), All{}); }
  void accumulate(Pullback<T>& p) const { run_backward(p, All{}); }
  Var<T> vjp(const Context<T>& c, int i, const Var<T>& y_bar) const { return times(partial(c, i, All{}), y_bar); }
  Var<T> jvp(const Context<T>& c, int i, const Var<T>& x_dot) const { return vjp(c, i, x_dot); }

 private:
  template <std::size_t... I>
  [[gnu::flatten]] void run_forward(const Inputs<T>& in, T* y, Size n, std::index_sequence<I...>) const {
    const T* const x[] = {in[int(I)]...};
    Size i = 0;
    for (; i + L::width <= n; i += L::width) L(f(L::load(x[I] + i)...)).store(y + i);
    if (i < n) {  // the tail, by way of a buffer: what lies past the end belongs to others
      T t[std::size_t(N)][std::size_t(L::width)] = {};
      (void(std::copy(x[I] + i, x[I] + n, t[I])), ...);
      L(f(L::load(t[I])...)).store(t[0]);
      std::copy_n(t[0], n - i, y + i);
    }
  }

  // All partial derivatives of f at one lane of inputs.
  template <std::size_t... I>
  std::array<L, N> partials(std::index_sequence<I...>, const std::array<L, N>& x) const {
    using D = Dual<L, N>;
    const auto seed = [](std::size_t k) {
      std::array<typename D::Partial, N> d{};
      d[k] = {L(1), true};
      return d;
    };
    const auto d = D(f(D{x[I], seed(I)}...)).d;
    return {d[I].v...};
  }

  template <std::size_t... I>
  [[gnu::flatten]] void run_backward(Pullback<T>& p, std::index_sequence<I...> all) const {
    const Size n = p.size();
    const T* const y_bar = p.y_bar();
    const T* const x[] = {p.x(int(I))...};
    const Acc<T> acc[] = {p.into(int(I))...};
    const auto lane = [&](std::size_t k, const L& g, const std::array<L, N>& d, T* out) {
      (acc[k].add() ? L::load(out) + g * d[k] : g * d[k]).store(out);
    };
    Size i = 0;
    for (; i + L::width <= n; i += L::width) {
      const std::array<L, N> d = partials(all, {L::load(x[I] + i)...});
      const L g = L::load(y_bar + i);
      ((acc[I] ? lane(I, g, d, acc[I].data() + i) : void()), ...);
    }
    if (i < n) {
      T t[std::size_t(N) + 1][std::size_t(L::width)] = {};
      (void(std::copy(x[I] + i, x[I] + n, t[I])), ...);
      std::copy(y_bar + i, y_bar + n, t[std::size_t(N)]);
      const std::array<L, N> d = partials(all, {L::load(t[I])...});
      const L g = L::load(t[std::size_t(N)]);
      ((g * d[I]).store(t[I]), ...);
      for (Size j = i; j < n; ++j)  // inputs may be one and the same: assign, then add, in order
        ((acc[I] ? void(acc[I].data()[j] = (acc[I].add() ? acc[I].data()[j] : T(0)) + t[I][j - i]) : void()), ...);
    }
  }

  template <std::size_t... I>
  Var<T> partial(const Context<T>& c, int i, std::index_sequence<I...>) const {
    using D = Dual<Var<T>, 1>;
    const Var<T> one = c.tape().filled(c.shape(0), T(1));
    return D(f(D{c.x(int(I)), {int(I) == i ? one : Var<T>{}}}...)).d[0];
  }
};

}  // namespace detail

/// f(x0, x...) elementwise as one op; inputs broadcast. f is a generic lambda, trivially copyable.
/// Throws ShapeError where the shapes do not broadcast.
template <class F, class T, class... X>
Var<T> fuse(F f, const Var<T>& x0, const X&... x) {
  static_assert(std::is_trivially_copyable_v<F>, "fuse: the lambda may capture numbers only, by value");
  constexpr int n = 1 + int(sizeof...(X));
  Shape shape = x0.shape();
  ((shape = broadcast("fuse", shape, x.shape())), ...);
  const auto whole = [&](const Var<T>& v) { return v.shape() == shape ? v : broadcast_to(v, shape); };
  if constexpr (n <= 3) {
    return record<T>(detail::Fused<T, F, n>{f}, whole(x0), whole(x)...);
  } else {
    const Var<T> all[] = {whole(x0), whole(x)...};
    return record_list<T>(detail::Fused<T, F, n>{f}, std::span<const Var<T>>(all));
  }
}

template <class T>
std::vector<OpInfo<T>> fuse_ops();

}  // namespace xgrad
