// How an op becomes a node: `record` resolves the inputs on the current tape, computes, and appends.
// A rule of yours, outside the library, is recorded by the same call.
#pragma once
#include <array>

#include "context.hpp"
#include "pullback.hpp"

namespace xgrad {

namespace detail {

template <class T, class R>
constexpr RuleTable<T> make_table() {
  static_assert(R::arity == any_number || (R::arity >= 0 && R::arity <= 3),
                "more than three inputs: arity = any_number");
  RuleTable<T> t{R::name, static_cast<std::int8_t>(R::arity), -1, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr};
  t.vjp = [](const Context<T>& c, int i, const Var<T>& y_bar) {
    return c.tape().template attributes<R>(c.id()).vjp(c, i, y_bar);
  };
  if constexpr (DefinesJvp<R, T>) {
    t.jvp = [](const Context<T>& c, int i, const Var<T>& x_dot) {
      return c.tape().template attributes<R>(c.id()).jvp(c, i, x_dot);
    };
  } else {
    t.apply = [](const Context<T>& c, std::span<const Var<T>> x) {
      R rule = c.tape().template attributes<R>(c.id());
      std::vector<Index> in;
      for (const Var<T>& v : x) in.push_back(c.tape().resolve(R::name, v));
      return c.tape().push(rule, in.data(), static_cast<int>(in.size()));
    };
  }
  if constexpr (HasAccumulate<R, T>) {
    t.accumulate = [](Pullback<T>& p) { p.tape().template attributes<R>(p.id()).accumulate(p); };
    if constexpr (Passes<R>) t.passes = static_cast<std::int8_t>(R::passes);
  }
  if constexpr (HasFlush<R, T>) t.flush = [](const DeferredRun<T>& run) { R::flush(run); };
  if constexpr (IsPart<R>) t.part = [](const Context<T>& c) { return c.tape().template attributes<R>(c.id()).part; };
  return t;
}

template <class T, class R>
inline constexpr RuleTable<T> rule_table = make_table<T, R>();

}  // namespace detail

template <class T>
template <class R>
Var<T> Tape<T>::push(R& rule, const Index* in, int count) {
  if constexpr (R::arity != any_number) count = R::arity;  // known to the compiler: its loops are none
  const Inputs<T> x(*this, in, count);
  const Shape shape = rule.shape(x);
  std::uint8_t flags = 0;
  for (int i = 0; i < count; ++i) flags |= nodes_.data()[in[i]].flags;
  const bool differentiated = (flags & needs_grad) != 0 && !paused_;

  T* value = nullptr;
  if constexpr (IsAlias<R, T>)
    if (!Computes<R, T> || !(flags & is_parameter)) value = rule.alias(x);  // a parameter may be overwritten: copy it
  if constexpr (Computes<R, T>) {
    if (!value) {
      const Size size = shape.size();
      value = values_.allocate(size);
      rule.forward(x, Output<T>(*this, value, shape, size));
    }
  }
  const Index id = append(value, shape, 0);
  if (!differentiated) return var(id);  // a constant: nothing but the value is kept

  Node<T>& y = nodes_.data()[id];
  if constexpr (R::arity == any_number) {
    y.in[0] = static_cast<Index>(lists_.size());
    y.in[1] = count;
    lists_.insert(lists_.end(), in, in + count);
  } else {
    for (int i = 0; i < count; ++i) y.in[std::size_t(i)] = in[i];
  }
  if constexpr (!std::is_empty_v<R>) {
    const std::size_t at = attributes_.size();
    attributes_.resize(at + (sizeof(R) + 7) / 8);
    std::memcpy(attributes_.data() + at, &rule, sizeof(R));
    y.attributes = static_cast<Index>(at);
  }
  for (int i = 0; i < count; ++i) nodes_.data()[in[i]].count_use();
  y.rule = &detail::rule_table<T, R>;
  y.flags = needs_grad;
  return var(id);
}

/// Records `rule` on the current tape. Throws TapeError for handles that cannot be used, and what rule.shape throws.
template <class T, class R, class... X>
Var<T> record(R rule, const X&... x) requires Rule<R, T> {
  static_assert(R::arity == any_number || R::arity == int(sizeof...(X)), "this rule takes another number of inputs");
  Tape<T>& tape = Tape<T>::require(R::name);
  const std::array<Index, sizeof...(X)> in = {tape.resolve(R::name, x)...};
  return tape.push(rule, in.data(), static_cast<int>(in.size()));
}

/// The same for a rule on a list.
template <class T, class R>
Var<T> record_list(R rule, std::span<const Var<T>> x) requires Rule<R, T> {
  static_assert(R::arity == any_number);
  Tape<T>& tape = Tape<T>::require(R::name);
  thread_local std::vector<Index> in;  // kept for its capacity; no shape or forward records anything
  in.clear();
  for (const Var<T>& v : x) in.push_back(tape.resolve(R::name, v));
  return tape.push(rule, in.data(), static_cast<int>(in.size()));
}

}  // namespace xgrad
