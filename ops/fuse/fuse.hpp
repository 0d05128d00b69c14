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
#include "../kernels/simd/dispatch.hpp"
#include "dual.hpp"

namespace xgrad {

namespace detail {

template <class T, class F, int N>
struct Fused {
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
  void run_forward(const Inputs<T>& in, T* y, Size n, std::index_sequence<I...>) const {
    const std::array<const T*, N> x = {in[int(I)]...};
    simd::on_lanes<T>([x, y, n, f = f]<class L>() {
      simd::map<L>(
          n, y, false, [&](const auto&... a) { return L(f(a...)); }, x[I]...);
    });
  }

  // All partial derivatives of f at one lane of inputs.
  template <class L, std::size_t... I>
  static std::array<L, N> partials(const F& f, std::index_sequence<I...>, const std::array<L, N>& x) {
    using D = Dual<L, N>;
    const auto seed = [](std::size_t k) {
      std::array<typename D::Partial, N> d{};
      d[k] = {L(1), true};
      return d;
    };
    const auto d = D(f(D{x[I], seed(I)}...)).d;
    return {d[I].v...};
  }

  struct Target {  // of one input's contribution; null where none is wanted
    T* data;
    bool add;
  };

  // Inputs may be one and the same, or scratches that are summed into one: assign, then add, in order.
  template <std::size_t... I>
  void run_backward(Pullback<T>& p, std::index_sequence<I...> all) const {
    const std::array<const T*, N> x = {p.x(int(I))...};
    const Acc<T> acc[] = {p.into(int(I))...};
    const std::array<Target, N> out = {Target{acc[I].data(), acc[I].add()}...};
    simd::on_lanes<T>([x, out, all, y_bar = p.y_bar(), n = p.size(), f = f]<class L>() {
      for (Size i = 0; i < n; i += L::width) {
        const Size left = n - i;
        const std::array<L, N> d = partials<L>(f, all, {simd::load<L>(x[I] + i, left)...});
        const L g = simd::load<L>(y_bar + i, left);
        const auto put = [&](const Target& to, const L& slope) {
          if (!to.data) return;
          const L v = g * slope;
          simd::store(to.add ? simd::load<L>(to.data + i, left) + v : v, to.data + i, left);
        };
        (put(out[I], d[I]), ...);
      }
    });
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
