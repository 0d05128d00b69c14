#include "reshape.hpp"

#include <algorithm>
#include <utility>

#include "../../autograd/core/scalars.hpp"
#include "../elementwise/arithmetic.hpp"
#include "../samples.hpp"
#include "strided_rules.hpp"

namespace xgrad {

namespace {

template <class T>
struct Reshape {
  static constexpr const char* name = "reshape";
  static constexpr int arity = 1, passes = 0;
  static constexpr bool linear = true;
  Shape to;

  Shape shape(const Inputs<T>& x) const {
    if (x.size(0) != to.size())
      fail<ShapeError>(name, "x, which is " + x.shape(0).str() + ", does not fill the shape " + to.str());
    return to;
  }
  T* alias(const Inputs<T>& x) const { return const_cast<T*>(x[0]); }
  Var<T> vjp(const Context<T>& c, int, const Var<T>& y_bar) const { return reshape(y_bar, c.shape(0)); }
  void accumulate(Pullback<T>& p) const { p.pass(0, false); }

  static std::vector<Sample<T>> samples(Rng& rng) {
    std::vector<Sample<T>> all;
    const std::pair<Shape, Shape> cases[] = {
        {{}, {1, 1}},     {{3, 5}, {5, 3}},  {{3, 5}, {15}}, {{2, 3, 4}, {4, 6}}, {{2, 1, 3, 2}, {12}},
        {{0, 3}, {3, 0}}, {{4, 4}, {4, 4}},  {{1}, {}},      {{7}, {7, 1}},       {{5, 1}, {1, 5}},
        {{1, 5}, {5}},    {{2, 1, 5}, {10}}, {{3, 0}, {0}},  {{16}, {4, 4}},      {{2, 3, 5}, {5, 3, 2}}};
    for (const auto& [from, to] : cases)
      all.push_back({from.str() + " to " + to.str(),
                     {samples::uniform<T>(-2, 2)(rng, from)},
                     [target = to](std::span<const Var<T>> x) { return reshape(x[0], target); }});
    return all;
  }
  static std::vector<Kink<T>> kinks() { return no_kinks<T>(); }
  static constexpr DoubleBackward double_backward = twice_differentiable;
  static std::vector<ErrorSample> error_samples() {
    const auto x = [] { return Tape<T>::require("test").filled({3, 4}, T(0)); };
    return {{[=] {
               reshape(x(), {5, 2});
             },
             "[reshape] x, which is (3, 4), does not fill the shape (5, 2)"},
            {[=] {
               reshape(x(), {5, -1});
             },
             "[reshape] x, which is (3, 4), does not divide into the shape (5, -1)"},
            {[=] {
               reshape(x(), {-1, -1});
             },
             "[reshape] more than one length is -1"},
            {[] { reshape(Var<T>{}, Shape{1}); }, "[reshape] an empty Var was passed"}};
  }
};

template <class T>
struct Transpose {
  static constexpr const char* name = "transpose";
  static constexpr int arity = 1;
  static constexpr bool linear = true;
  std::array<int, 4> axes;

  Shape shape(const Inputs<T>& x) const {
    const Shape from = x.shape(0);
    Shape to = from;
    for (int i = 0; i < from.rank(); ++i) to.set(i, from[axes[std::size_t(i)]]);
    return to;
  }
  void forward(const Inputs<T>& x, const Output<T>& y) {
    const kernels::Steps from = kernels::dense_steps(x.shape(0));
    kernels::Steps steps{};
    for (std::size_t i = 0; i < std::size_t(y.shape().rank()); ++i) steps[i] = from[std::size_t(axes[i])];
    kernels::read_strided(y.shape(), x[0], steps, y.data(), false);
  }
  std::array<int, 4> inverse() const {
    std::array<int, 4> back{};
    for (std::size_t i = 0; i < 4; ++i) back[std::size_t(axes[i])] = int(i);
    return back;
  }
  Var<T> vjp(const Context<T>&, int, const Var<T>& y_bar) const { return record<T>(Transpose{inverse()}, y_bar); }
  void accumulate(Pullback<T>& p) const {
    const Acc<T> x_bar = p.into_own(0);
    if (!x_bar) return;
    const kernels::Steps from = kernels::dense_steps(p.shape());
    const auto back = inverse();
    kernels::Steps steps{};
    for (std::size_t i = 0; i < std::size_t(p.shape().rank()); ++i) steps[i] = from[std::size_t(back[i])];
    kernels::read_strided(p.shape(0), p.y_bar(), steps, x_bar.data(), x_bar.add());
  }

  static std::vector<Sample<T>> samples(Rng& rng) {
    auto all = samples::unary<T>(rng, samples::uniform<T>(-2, 2), [](const Var<T>& x) { return transpose(x); });
    const auto draw = samples::uniform<T>(-2, 2);
    all.push_back({"(2, 3, 5) by 1 2 0", {draw(rng, {2, 3, 5})}, [](auto x) { return transpose(x[0], {1, 2, 0}); }});
    all.push_back({"(2, 4, 3, 5) by 2 0 3 1", {draw(rng, {2, 4, 3, 5})}, [](auto x) {
                     return transpose(x[0], {2, 0, -1, 1});
                   }});
    return all;
  }
  static std::vector<Kink<T>> kinks() { return no_kinks<T>(); }
  static constexpr DoubleBackward double_backward = twice_differentiable;
  static std::vector<ErrorSample> error_samples() {
    const auto x = [] { return Tape<T>::require("test").filled({3, 4}, T(0)); };
    return {{[=] {
               transpose(x(), {0, 0});
             },
             "[transpose] the axes are not a permutation of those of x, which is (3, 4)"},
            {[=] { transpose(x(), {0}); }, "[transpose] the axes are not a permutation of those of x, which is (3, 4)"},
            {[=] {
               transpose(x(), {0, 2});
             },
             "[transpose] axis 2 is out of range for x, which is (3, 4)"}};
  }
};

// Python's rule: clamp into the axis, then count.
Index resolve_slice(const Slice& s, Index length, Size* offset) {
  if (s.step == 0) fail<ValueError>("slice", "the step is 0");
  const bool back = s.step < 0;
  const auto clamp = [&](Index i) {
    const Index at = i < 0 ? i + length : i;
    return std::clamp(at, back ? Index(-1) : Index(0), back ? Index(length - 1) : length);
  };
  const Index start = s.start ? clamp(*s.start) : back ? length - 1 : 0;
  const Index stop = s.stop ? clamp(*s.stop) : back ? -1 : length;
  const Size span = back ? Size(start) - stop : Size(stop) - start, step = back ? -Size(s.step) : Size(s.step);
  *offset = start;
  return span > 0 ? static_cast<Index>((span + step - 1) / step) : 0;
}

template <class T>
Var<T> slice_axes(const Var<T>& x, std::span<const Slice> slices) {
  const Shape whole = x.shape();
  if (static_cast<int>(slices.size()) > whole.rank())
    fail<ShapeError>("slice", std::to_string(slices.size()) + " slices for x, which is " + whole.str());
  Place place{whole, whole, 0, kernels::dense_steps(whole)};
  for (std::size_t axis = 0; axis < slices.size(); ++axis) {
    Size start = 0;
    const Index n = resolve_slice(slices[axis], whole[int(axis)], &start);
    place.part.set(int(axis), n);
    if (n > 0) place.offset += start * place.steps[axis];
    place.steps[axis] *= slices[axis].step;
  }
  if (place.part.size() == 0) place.offset = 0;
  return take(x, place);
}

template <class T>
struct SliceSamples {
  static constexpr const char* name = "slice";
  static std::vector<Sample<T>> samples(Rng& rng) {
    std::vector<Sample<T>> all;
    const auto add = [&](const Shape& s, const std::string& label, auto f) {
      all.push_back({s.str() + label, {samples::uniform<T>(-2, 2)(rng, s)}, f});
    };
    add({7}, " [2:5]", [](auto x) { return slice(x[0], {{2, 5}}); });
    add({7}, " [::-1]", [](auto x) { return slice(x[0], {{{}, {}, -1}}); });
    add({7}, " [5:0:-2]", [](auto x) { return slice(x[0], {{5, 0, -2}}); });
    add({7}, " [-3:]", [](auto x) { return slice(x[0], {{-3, {}}}); });
    add({7}, " [4:2]", [](auto x) { return slice(x[0], {{4, 2}}); });
    add({5, 3}, " [:, 1:]", [](auto x) { return slice(x[0], 1, {1, {}}); });
    add({4, 4}, " [::2, ::-1]", [](auto x) { return slice(x[0], {{{}, {}, 2}, {{}, {}, -1}}); });
    add({2, 3, 5}, " [:, -1, ::3]", [](auto x) { return slice(x[0], {{}, {-1, {}}, {{}, {}, 3}}); });
    add({2, 1, 3, 2}, " [1:, :, ::-2]", [](auto x) { return slice(x[0], {{1, {}}, {}, {{}, {}, -2}}); });
    add({0, 3}, " [:, :2]", [](auto x) { return slice(x[0], {{}, {{}, 2}}); });
    add({}, " []", [](auto x) { return slice(x[0], {}); });
    add({3, 5}, " read twice", [](auto x) { return slice(x[0], 1, {0, 3}) + slice(x[0], 1, {2, 5}); });
    return all;
  }
  static std::vector<Kink<T>> kinks() { return no_kinks<T>(); }
  static constexpr DoubleBackward double_backward = twice_differentiable;
  static std::vector<ErrorSample> error_samples() {
    const auto x = [] { return Tape<T>::require("test").filled({3, 4}, T(0)); };
    return {{[=] {
               slice(x(), {{0, 1}, {0, 1}, {0, 1}});
             },
             "[slice] 3 slices for x, which is (3, 4)"},
            {[=] {
               slice(x(), 0, {0, 1, 0});
             },
             "[slice] the step is 0"},
            {[=] {
               slice(x(), 2, {0, 1});
             },
             "[slice] axis 2 is out of range for x, which is (3, 4)"}};
  }
};

}  // namespace

template <class T>
Var<T> reshape(const Var<T>& x, const Shape& shape) {
  return record<T>(Reshape<T>{shape}, x);
}

template <class T>
Var<T> reshape(const Var<T>& x, std::initializer_list<Index> lengths) {
  const Size size = x.size();
  Size known = 1;
  int open = 0;
  std::string text;
  std::vector<Index> dims;
  for (const Index n : lengths) {
    text += (text.empty() ? "(" : ", ") + std::to_string(n);
    n == -1 ? void(++open) : void(known *= n);
    dims.push_back(n);
  }
  if (open > 1) fail<ShapeError>("reshape", "more than one length is -1");
  if (open == 1) {
    if (known == 0 || size % known != 0)
      fail<ShapeError>("reshape", "x, which is " + x.shape().str() + ", does not divide into the shape " + text + ")");
    std::replace(dims.begin(), dims.end(), Index(-1), static_cast<Index>(size / known));
  }
  return reshape(x, Shape(dims));
}

template <class T>
Var<T> transpose(const Var<T>& x, std::span<const int> axes) {
  const Shape shape = x.shape();
  std::array<int, 4> order{0, 1, 2, 3};
  std::array<bool, 4> seen{};
  bool whole = static_cast<int>(axes.size()) == shape.rank();
  std::size_t i = 0;
  for (const int axis : axes) {
    const int resolved = resolve_axis("transpose", axis, shape);
    whole = whole && !std::exchange(seen[std::size_t(resolved)], true);
    if (i < 4) order[i++] = resolved;
  }
  if (!whole) fail<ShapeError>("transpose", "the axes are not a permutation of those of x, which is " + shape.str());
  return record<T>(Transpose<T>{order}, x);
}

template <class T>
Var<T> transpose(const Var<T>& x) {
  std::array<int, 4> order{0, 1, 2, 3};
  std::reverse(order.begin(), order.begin() + x.rank());
  return record<T>(Transpose<T>{order}, x);
}

template <class T>
Var<T> slice(const Var<T>& x, std::initializer_list<Slice> slices) {
  return slice_axes(x, std::span<const Slice>(slices.begin(), slices.size()));
}

template <class T>
Var<T> slice(const Var<T>& x, int axis, const Slice& one) {
  std::vector<Slice> slices(static_cast<std::size_t>(resolve_axis("slice", axis, x.shape())) + 1);
  slices.back() = one;
  return slice_axes(x, std::span<const Slice>(slices));
}

template <class T>
std::vector<OpInfo<T>> reshape_ops() {
  return {op_info<T, Reshape<T>>(), op_info<T, Transpose<T>>(), op_info<T, SliceSamples<T>>()};
}

#define XGRAD_INSTANTIATE(T)                                            \
  template Var<T> reshape(const Var<T>&, const Shape&);                 \
  template Var<T> reshape(const Var<T>&, std::initializer_list<Index>); \
  template Var<T> transpose(const Var<T>&, std::span<const int>);       \
  template Var<T> transpose(const Var<T>&);                             \
  template Var<T> slice(const Var<T>&, std::initializer_list<Slice>);   \
  template Var<T> slice(const Var<T>&, int, const Slice&);              \
  template std::vector<OpInfo<T>> reshape_ops<T>();
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad
