#include "cross_entropy.hpp"

#include <algorithm>

#include "../../autograd/core/scalars.hpp"
#include "../../autograd/rules/record.hpp"
#include "../elementwise/arithmetic.hpp"
#include "../kernels/rows.hpp"
#include "../samples.hpp"
#include "reduce.hpp"

namespace xgrad {

namespace {

struct Targets {
  const Index* at;  // in the tape's memory
  Index count;

  void check(const char* op, const Shape& logits) const {
    if (logits.rank() == 0) fail<ShapeError>(op, "logits need an axis of classes, they are ()");
    const Index classes = logits[logits.rank() - 1];
    if (logits.without(logits.rank() - 1).size() != count)
      fail<ShapeError>(op, std::to_string(count) + " targets for logits, which are " + logits.str());
    for (Index i = 0; i < count; ++i)
      if (at[i] < 0 || at[i] >= classes)
        fail<ValueError>(op, "target " + std::to_string(at[i]) + " at position " + std::to_string(i) +
                                 " is outside the " + std::to_string(classes) + " classes");
  }
};

// weight (softmax(x) - onehot(target)): the gradient of the loss, for derivatives of higher order.
template <class T>
struct CrossEntropySlope {
  static constexpr const char* name = "softmax_cross_entropy_slope";
  static constexpr int arity = 1;
  Targets targets;
  T weight;

  Shape shape(const Inputs<T>& x) const { return x.shape(0); }
  void forward(const Inputs<T>& x, const Output<T>& y) {
    const Index n = y.shape()[y.shape().rank() - 1];
    kernels::cross_entropy_rows(targets.count, n, x[0], targets.at, weight, y.data());
  }
  // weight times softmax's own, which is symmetric.
  Var<T> vjp(const Context<T>& c, int, const Var<T>& y_bar) const {
    const Var<T> p = softmax(c.x(0));
    return weight * (p * (y_bar - sum(p * y_bar, -1, true)));
  }
  Var<T> jvp(const Context<T>& c, int i, const Var<T>& x_dot) const { return vjp(c, i, x_dot); }
};

template <class T>
struct CrossEntropy {
  static constexpr const char* name = "softmax_cross_entropy";
  static constexpr int arity = 1;
  Targets targets;
  T weight;
  T* slope = nullptr;  // of x's shape; written once, so that several sweeps may hand it out

  Shape shape(const Inputs<T>& x) const {
    targets.check(name, x.shape(0));
    return {};
  }
  void forward(const Inputs<T>& x, const Output<T>& y) {
    const Index n = x.shape(0)[x.shape(0).rank() - 1];
    slope = y.save(x.size(0));
    *y.data() = kernels::cross_entropy_rows(targets.count, n, x[0], targets.at, weight, slope);
  }
  Var<T> vjp(const Context<T>& c, int, const Var<T>& y_bar) const {
    return record<T>(CrossEntropySlope<T>{targets, weight}, c.x(0)) * y_bar;
  }
  Var<T> jvp(const Context<T>& c, int, const Var<T>& x_dot) const {
    return sum(record<T>(CrossEntropySlope<T>{targets, weight}, c.x(0)) * x_dot);
  }
  void accumulate(Pullback<T>& p) const {
    const T y_bar = *p.y_bar();
    if (y_bar == T(1)) return p.give(0, slope);
    const Acc<T> x_bar = p.into_own(0);
    if (!x_bar) return;
    for (Size i = 0, n = p.size(0); i < n; ++i)
      x_bar.data()[i] = (x_bar.add() ? x_bar.data()[i] : T(0)) + y_bar * slope[i];
  }

  static std::vector<Sample<T>> samples(Rng& rng) {
    std::vector<Sample<T>> all;
    const auto add = [&](const Shape& s, std::vector<Index> t, Reduction reduction) {
      all.push_back({s.str() + (reduction == Reduction::sum ? " sum" : " mean"),
                     {samples::uniform<T>(-2, 2)(rng, s)},
                     [=](auto x) { return softmax_cross_entropy(x[0], t, reduction); }});
    };
    for (const Reduction r : {Reduction::sum, Reduction::mean}) {
      add({4, 3}, {2, 0, 2, 1}, r), add({1, 5}, {3}, r), add({3, 1}, {0, 0, 0}, r), add({4, 4}, {0, 1, 2, 2}, r);
      add({2, 3, 5}, {4, 0, 1, 1, 2, 3}, r), add({7}, {6}, r), add({2, 1, 3, 2}, {1, 0, 0, 1, 1, 0}, r);
    }
    add({0, 3}, {}, Reduction::sum);
    all.push_back({"weighted", {samples::uniform<T>(-2, 2)(rng, {2, 3})}, [](auto x) {
                     return softmax_cross_entropy(x[0], std::vector<Index>{0, 2}, T(0.25));
                   }});
    all.push_back({"twice", {samples::uniform<T>(-2, 2)(rng, {2, 3})}, [](auto x) {
                     const Var<T> y = 2 * x[0];
                     return softmax_cross_entropy(y, std::vector<Index>{0, 2}, Reduction::sum) +
                            3 * softmax_cross_entropy(y, std::vector<Index>{1, 1}, Reduction::sum);
                   }});
    return all;
  }
  static std::vector<Kink<T>> kinks() { return no_kinks<T>(); }
  static constexpr DoubleBackward double_backward = twice_differentiable;
  static std::vector<ErrorSample> error_samples() {
    const auto call = [](const Shape& s, std::vector<Index> t) {
      softmax_cross_entropy(Tape<T>::require("test").filled(s, T(0)), t);
    };
    const std::string start = "[softmax_cross_entropy] ";
    return {{[=] {
               call({4, 3}, {0, 1});
             },
             start + "2 targets for logits, which are (4, 3)"},
            {[=] {
               call({2, 3}, {0, 3});
             },
             start + "target 3 at position 1 is outside the 3 classes"},
            {[=] {
               call({2, 3}, {-1, 0});
             },
             start + "target -1 at position 0 is outside the 3 classes"},
            {[=] { call({}, {0}); }, start + "logits need an axis of classes, they are ()"},
            {[=] {
               call({0, 3}, {});
             },
             start + "the mean over no rows is not defined"}};
  }
};

}  // namespace

template <class T>
Var<T> softmax_cross_entropy(const Var<T>& logits, std::span<const Index> targets, std::type_identity_t<T> weight) {
  Tape<T>& tape = Tape<T>::require("softmax_cross_entropy");
  return record<T>(CrossEntropy<T>{{tape.keep(targets), static_cast<Index>(targets.size())}, weight}, logits);
}

template <class T>
Var<T> softmax_cross_entropy(const Var<T>& logits, std::span<const Index> targets, Reduction reduction) {
  if (reduction == Reduction::sum) return softmax_cross_entropy(logits, targets, T(1));
  if (targets.empty()) fail<ValueError>("softmax_cross_entropy", "the mean over no rows is not defined");
  return softmax_cross_entropy(logits, targets, static_cast<T>(1.0 / static_cast<double>(targets.size())));
}

template <class T>
std::vector<OpInfo<T>> cross_entropy_ops() {
  return {op_info<T, CrossEntropy<T>>()};
}

#define XGRAD_INSTANTIATE(T)                                                               \
  template Var<T> softmax_cross_entropy(const Var<T>&, std::span<const Index>, Reduction); \
  template Var<T> softmax_cross_entropy(const Var<T>&, std::span<const Index>, T);         \
  template std::vector<OpInfo<T>> cross_entropy_ops<T>();
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad
