// What a rule is, as the tape sees it.
//
// A rule is one trivially copyable struct; its members are the op's attributes. The tape copies them beside the node
// and points the node at a constexpr table of the rule's functions: no virtual functions, no std::function. The
// concepts below are the checklist of a rule's author, one concept per part, so that the compiler names what is
// missing:
//
//   name, arity     `static constexpr const char* name = "tanh"`, `static constexpr int arity = 1` (or any_number)
//   shape           `Shape shape(const Inputs<T>&) const`: every check of arguments, before any work
//   forward         `void forward(const Inputs<T>&, const Output<T>&)`: a kernel; or `T* alias(const Inputs<T>&) const`
//                   for an op whose result lies in its input's memory; or both, where alias may say null
//   vjp             `Var<T> vjp(const Context<T>&, int i, const Var<T>& y_bar) const`: input i's contribution, in ops
//   jvp             `Var<T> jvp(const Context<T>&, int i, const Var<T>& x_dot) const`, likewise; a rule with
//                   `static constexpr bool linear = true` needs none: its JVP is itself on tangents
//   accumulate      optional: `void accumulate(Pullback<T>&) const`: vjp as a kernel, straight into the gradients
//   passes          optional, with accumulate: the input that receives y_bar unchanged where sizes agree
//   flush           with `Pullback::product`: `static void flush(const DeferredRun<T>&)`: the product put off
//   part            for `unstack` alone: which part of how many of its input the result is
#pragma once
#include <concepts>
#include <type_traits>

#include "../tape/var.hpp"

namespace xgrad {

inline constexpr int any_number = -1;  ///< the arity of a rule that takes any number of inputs

template <class T>
class Inputs;
template <class T>
class Output;
template <class T>
class Context;
template <class T>
class Pullback;

/// Products that were put off until the sweep reached their weight: w_bar (+)= a^T d over all rows.
template <class T>
struct DeferredRun {
  const T* a;  // (rows, k), rows `a_stride` apart
  Size a_stride;
  const T* d;  // (rows, n), rows `d_stride` apart
  Size d_stride;
  Index rows, k, n;
  T* w_bar;  // (k, n)
  bool add;  // to what is there, else assign
};

/// Which part of a block a value is. A count of zero: a lone part, whose block is not assembled from its parts.
struct Part {
  Index index = 0, count = 0;
};

// clang-format off
template <class R> concept HasName = requires { { R::name } -> std::convertible_to<const char*>; };
template <class R> concept HasArity = requires { { R::arity } -> std::convertible_to<int>; };
template <class R, class T> concept HasShape = requires(const R& r, const Inputs<T>& x) { { r.shape(x) } -> std::same_as<Shape>; };
template <class R, class T> concept IsAlias = requires(const R& r, const Inputs<T>& x) { { r.alias(x) } -> std::same_as<T*>; };
template <class R, class T> concept Computes = requires(R& r, const Inputs<T>& x, const Output<T>& y) { r.forward(x, y); };
template <class R, class T> concept HasForward = IsAlias<R, T> || Computes<R, T>;
template <class R, class T> concept HasVjp = requires(const R& r, const Context<T>& c, int i, const Var<T>& y_bar) { { r.vjp(c, i, y_bar) } -> std::same_as<Var<T>>; };
template <class R> concept IsLinear = requires { requires R::linear; };
template <class R, class T> concept DefinesJvp = requires(const R& r, const Context<T>& c, int i, const Var<T>& x_dot) { { r.jvp(c, i, x_dot) } -> std::same_as<Var<T>>; };
template <class R, class T> concept HasJvp = DefinesJvp<R, T> || IsLinear<R>;
template <class R, class T> concept HasAccumulate = requires(const R& r, Pullback<T>& p) { r.accumulate(p); };
template <class R, class T> concept HasFlush = requires(const DeferredRun<T>& run) { R::flush(run); };
template <class R> concept IsPart = requires(const R& r) { { r.part } -> std::convertible_to<Part>; };
template <class R> concept Passes = requires { { R::passes } -> std::convertible_to<int>; };
// clang-format on

/// Everything that the tape needs of a rule.
template <class R, class T>
concept Rule = std::is_trivially_copyable_v<R> && alignof(R) <= 8 &&
               HasName<R>&& HasArity<R>&& HasShape<R, T>&& HasForward<R, T>&& HasVjp<R, T>&& HasJvp<R, T>;

/// The functions of one rule: what a node points at.
template <class T>
struct RuleTable {
  const char* name;
  std::int8_t arity;
  std::int8_t passes;  // -1: none
  Var<T> (*vjp)(const Context<T>&, int i, const Var<T>& y_bar);
  Var<T> (*jvp)(const Context<T>&, int i, const Var<T>& x_dot);   // null: apply is the JVP
  Var<T> (*apply)(const Context<T>&, std::span<const Var<T>> x);  // a linear rule on other inputs
  void (*accumulate)(Pullback<T>&);                               // null: the sweep records vjp and rewinds
  void (*flush)(const DeferredRun<T>&);
  Part (*part)(const Context<T>&);
};

}  // namespace xgrad
