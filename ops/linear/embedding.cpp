#include "embedding.hpp"

#include <algorithm>

#include "../../autograd/core/scalars.hpp"
#include "../../autograd/rules/record.hpp"
#include "../elementwise/arithmetic.hpp"
#include "../kernels/rows.hpp"
#include "../samples.hpp"

namespace xgrad {

namespace {

struct Ids {
  const Index* at;  // in the tape's memory
  Index count;

  void check(const char* op, Index rows) const {
    for (Index i = 0; i < count; ++i)
      if (at[i] < 0 || at[i] >= rows)
        fail<ValueError>(op, "id " + std::to_string(at[i]) + " at position " + std::to_string(i) + " is outside the " +
                                 std::to_string(rows) + " rows");
  }
};

template <class T>
Ids keep(const char* op, std::span<const Index> ids) {
  return {Tape<T>::require(op).keep(ids), static_cast<Index>(ids.size())};
}

// out[ids[i]] += x[i], rows of n elements.
template <class T>
void add_rows(const Ids& ids, Index n, const T* x, T* out) {
  kernels::scatter_rows(ids.count, n, x, ids.at, out);
}

// out[i] (+)= x[ids[i]].
template <class T>
void take_rows(const Ids& ids, Index n, const T* x, T* out, bool add) {
  kernels::take_rows(ids.count, n, x, ids.at, out, add);
}

template <class T>
struct ScatterRows {
  static constexpr const char* name = "scatter_rows";
  static constexpr int arity = 1;
  static constexpr bool linear = true;
  Ids ids;
  Index rows;

  Shape shape(const Inputs<T>& x) const {
    const Shape s = x.shape(0);
    if (s.rank() != 2 || s[0] != ids.count)
      fail<ShapeError>(name, "x needs a row for each of " + std::to_string(ids.count) + " ids, it is " + s.str());
    ids.check(name, rows);
    return {rows, s[1]};
  }
  void forward(const Inputs<T>& x, const Output<T>& y) {
    std::fill_n(y.data(), y.size(), T(0));
    add_rows(ids, y.shape()[1], x[0], y.data());
  }
  Var<T> vjp(const Context<T>&, int, const Var<T>& y_bar) const {
    return embedding(y_bar, std::span<const Index>(ids.at, std::size_t(ids.count)));
  }
  void accumulate(Pullback<T>& p) const {
    if (const Acc<T> x_bar = p.into_own(0)) take_rows(ids, p.shape()[1], p.y_bar(), x_bar.data(), x_bar.add());
  }

  static std::vector<Sample<T>> samples(Rng& rng) {
    std::vector<Sample<T>> all;
    const auto draw = samples::uniform<T>(-2, 2);
    const auto add = [&](const std::string& label, std::vector<Index> to, Index columns, Index count) {
      const Shape s{static_cast<Index>(to.size()), columns};
      all.push_back({s.str() + " to " + std::to_string(count) + " rows, " + label, {draw(rng, s)}, [=](auto x) {
                       return scatter_rows(x[0], to, count);
                     }});
    };
    add("a repeated id", {2, 0, 2, 4}, 3, 5), add("no ids", {}, 3, 2);
    add("in order", {0, 1, 2}, 5, 3), add("a permutation", {3, 1, 0, 2}, 4, 4), add("backwards", {4, 3, 2, 1, 0}, 3, 5);
    add("all into one", {1, 1, 1, 1, 1, 1, 1}, 1, 3), add("all into the only one", {0, 0, 0}, 2, 1);
    add("one row", {6}, 5, 7), add("one number", {0}, 1, 1), add("one number in many", {3}, 1, 5);
    add("no columns", {2, 1, 2}, 0, 3), add("pairs", {0, 0, 3, 3}, 5, 4);
    all.push_back({"(3, 4) twice, computed", {draw(rng, {3, 4})}, [](auto x) {
                     const Index some[] = {1, 0, 1}, others[] = {4, 1, 0};
                     return scatter_rows(x[0] * x[0], some, 5) * scatter_rows(x[0], others, 5);
                   }});
    return all;
  }
  static std::vector<Kink<T>> kinks() { return no_kinks<T>(); }
  static constexpr DoubleBackward double_backward = twice_differentiable;
  static std::vector<ErrorSample> error_samples() {
    return {{[] {
               const Index some[] = {0, 1};
               scatter_rows(Tape<T>::require("test").filled({3, 2}, T(0)), some, 4);
             },
             "[scatter_rows] x needs a row for each of 2 ids, it is (3, 2)"}};
  }
};

template <class T>
struct Embedding {
  static constexpr const char* name = "embedding";
  static constexpr int arity = 1;
  static constexpr bool linear = true;
  Ids ids;

  Shape shape(const Inputs<T>& x) const {
    const Shape w = x.shape(0);
    if (w.rank() != 2) fail<ShapeError>(name, "w needs 2 axes, it is " + w.str());
    ids.check(name, w[0]);
    return {ids.count, w[1]};
  }
  void forward(const Inputs<T>& x, const Output<T>& y) { take_rows(ids, y.shape()[1], x[0], y.data(), false); }
  Var<T> vjp(const Context<T>& c, int, const Var<T>& y_bar) const {
    return record<T>(ScatterRows<T>{ids, c.shape(0)[0]}, y_bar);
  }
  void accumulate(Pullback<T>& p) const {
    const Acc<T> w_bar = p.into_own(0);
    if (!w_bar) return;
    if (!w_bar.add()) std::fill_n(w_bar.data(), p.size(0), T(0));
    add_rows(ids, p.shape()[1], p.y_bar(), w_bar.data());
  }

  static std::vector<Sample<T>> samples(Rng& rng) {
    std::vector<Sample<T>> all;
    const auto draw = samples::uniform<T>(-2, 2);
    const auto add = [&](const Shape& s, const std::string& label, std::vector<Index> some) {
      all.push_back({s.str() + ", " + label, {draw(rng, s)}, [=](auto x) { return embedding(x[0], some); }});
    };
    add({4, 3}, "a repeated id", {2, 0, 2, 1, 3}), add({5, 5}, "some rows unread", {4, 4, 1});
    add({1, 4}, "its only row twice", {0, 0}), add({3, 2}, "no ids", {}), add({3, 0}, "no columns", {2, 1});
    add({3, 5}, "in order", {0, 1, 2}), add({4, 4}, "a permutation", {3, 1, 0, 2}), add({5, 3}, "one row", {1});
    add({7, 1}, "backwards", {6, 5, 4, 3, 2, 1, 0}), add({1, 1}, "its only element", {0});
    add({1, 5}, "its only row", {0, 0, 0}), add({5, 1}, "one row again and again", {4, 4, 4, 4, 4, 4});
    all.push_back({"(3, 5) twice, computed", {draw(rng, {3, 5})}, [](auto x) {
                     const Index some[] = {1, 0, 1}, others[] = {2, 2, 0};
                     const Var<T> w = x[0] * x[0];
                     return embedding(w, some) * embedding(w, others);
                   }});
    return all;
  }
  static std::vector<Kink<T>> kinks() { return no_kinks<T>(); }
  static constexpr DoubleBackward double_backward = twice_differentiable;
  static std::vector<ErrorSample> error_samples() {
    const auto call = [](const Shape& s, Index id) {
      const Index some[] = {0, id};
      embedding(Tape<T>::require("test").filled(s, T(0)), some);
    };
    return {{[=] {
               call({3, 2}, 3);
             },
             "[embedding] id 3 at position 1 is outside the 3 rows"},
            {[=] {
               call({3, 2}, -1);
             },
             "[embedding] id -1 at position 1 is outside the 3 rows"},
            {[=] { call({3}, 0); }, "[embedding] w needs 2 axes, it is (3)"}};
  }
};

}  // namespace

template <class T>
Var<T> embedding(const Var<T>& w, std::span<const Index> ids) {
  return record<T>(Embedding<T>{keep<T>("embedding", ids)}, w);
}

template <class T>
Var<T> scatter_rows(const Var<T>& x, std::span<const Index> ids, Index rows) {
  return record<T>(ScatterRows<T>{keep<T>("scatter_rows", ids), rows}, x);
}

template <class T>
std::vector<OpInfo<T>> embedding_ops() {
  return {op_info<T, Embedding<T>>(), op_info<T, ScatterRows<T>>()};
}

#define XGRAD_INSTANTIATE(T)                                                  \
  template Var<T> embedding(const Var<T>&, std::span<const Index>);           \
  template Var<T> scatter_rows(const Var<T>&, std::span<const Index>, Index); \
  template std::vector<OpInfo<T>> embedding_ops<T>();
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad
