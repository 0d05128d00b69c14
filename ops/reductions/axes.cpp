#include "reduce.hpp"

namespace xgrad {

std::vector<bool> Axes::resolve(const char* op, const Shape& shape) const {
  std::vector<bool> reduced(static_cast<std::size_t>(shape.rank()), all_);
  for (const int axis : axes_) {
    std::vector<bool>::reference seen = reduced[static_cast<std::size_t>(resolve_axis(op, axis, shape))];
    if (seen) fail<ShapeError>(op, "axis " + std::to_string(axis) + " is named twice for x, which is " + shape.str());
    seen = true;
  }
  return reduced;
}

}  // namespace xgrad
