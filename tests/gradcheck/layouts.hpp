// How an op's input may come to be: it is a leaf, or the result of an op that reads it in another order, or it is used
// twice. So gradients are assigned and added, adopted, forwarded, and written through strides.
#pragma once
#include <xgrad/autograd/gradcheck/gradcheck.hpp>
#include <xgrad/ops/ops.hpp>

namespace suite {

using namespace xgrad;

enum class Layout { leaf, transposed, sliced, reused };
inline constexpr Layout layouts[] = {Layout::leaf, Layout::transposed, Layout::sliced, Layout::reused};
inline const char* name_of(Layout layout) {
  constexpr const char* names[] = {"leaf", "transposed", "sliced", "reused"};
  return names[static_cast<int>(layout)];
}

/// The shape of the leaf from which an input of shape `s` is read.
inline Shape outer_shape(Layout layout, const Shape& s) {
  Shape outer = s;
  if (layout == Layout::transposed)
    for (int axis = 0; axis < s.rank(); ++axis) outer.set(axis, s[s.rank() - 1 - axis]);
  if (layout == Layout::sliced) {
    if (s.rank() == 0) return {5};
    outer.set(0, 2 * s[0] + 1);
  }
  return outer;
}

/// The input of shape `s`, read from its leaf z.
template <class T>
Var<T> inner(Layout layout, const Var<T>& z, const Shape& s) {
  if (layout == Layout::transposed) return transpose(z);
  if (layout != Layout::sliced) return z;
  if (s.rank() == 0) return reshape(slice(z, {{3, 1, -2}}), Shape{});
  const Slice every_other{1, {}, 2}, backward{{}, {}, -1};
  if (s.rank() == 1) return slice(z, {every_other});
  if (s.rank() == 2) return slice(z, {every_other, backward});
  if (s.rank() == 3) return slice(z, {every_other, {}, backward});
  return slice(z, {every_other, {}, {}, backward});
}

/// A leaf from which `a` is read: a's elements in their places, random ones in the others.
inline Array<double> outer(Layout layout, const Array<double>& a, Rng& rng) {
  const Shape s = shape_of(a);
  const auto put = [&](const Array<double>& values) {  // the adjoint of reading, which never reads an element twice
    Tape<double> tape;
    const Var<double> z = leaf(rng.uniform_array<double>(outer_shape(layout, s), 0, 1));
    backward(inner(layout, z, s), values);
    return z.grad();
  };
  if (layout == Layout::leaf || layout == Layout::reused) return a;
  Array<double> ones = make_array<double>(s);
  ones.fill(1);
  const Array<double> mask = put(ones);
  Array<double> z = put(a);
  for (std::size_t i = 0; i < z.size(); ++i)
    if (mask.data()[i] == 0) z.data()[i] = rng.normal();
  return z;
}

/// A sample in one number type, its inputs read as the layout has it.
template <class T>
Callable<T> arranged(Layout layout, const Sample<T>& sample, const std::vector<Shape>& shapes) {
  std::vector<Shape> outer_shapes;
  for (const Shape& s : shapes) outer_shapes.push_back(outer_shape(layout, s));
  return {detail::bind_leaves<T>(outer_shapes), [layout, f = sample.f, shapes](std::span<const Var<T>> z) -> Var<T> {
            std::vector<Var<T>> x;
            for (std::size_t i = 0; i < z.size(); ++i) x.push_back(inner(layout, z[i], shapes[i]));
            const Var<T> y = f(x);
            return layout == Layout::reused ? y + 2 * f(x) : y;
          }};
}

}  // namespace suite
