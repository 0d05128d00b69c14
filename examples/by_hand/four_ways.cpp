#include "four_ways.hpp"

#include <cstdio>
#include <xgrad/autograd/gradcheck/probe.hpp>

namespace by_hand {

namespace {

using xgrad::gradchecks::dot, xgrad::gradchecks::indices, xgrad::gradchecks::norm, xgrad::gradchecks::ulps;

std::string both(const std::string& name, double got, double want) {
  char text[80];
  std::snprintf(text, sizeof text, ": %.17g, reference %.17g", got, want);
  return name + text;
}

}  // namespace

Agreement compare(const std::vector<Block>& blocks, const Flat& got, const Flat& want) {
  Agreement r;
  double peak = -1;  // of the component's error over what it may be
  std::size_t first = 0;
  for (const Block& block : blocks) {
    const std::size_t n = std::size_t(block.shape.size());
    double difference = 0, size = 0, top = 0;
    for (std::size_t i = first; i < first + n; ++i) {
      difference += (got[i] - want[i]) * (got[i] - want[i]);
      size += want[i] * want[i];
      top = std::max(top, std::abs(want[i]));
    }
    const double error = difference == 0 ? 0 : std::sqrt(difference / size);
    if (!(error <= r.error)) r.error = error;
    for (std::size_t i = first; i < first + n; ++i) {
      const double off = std::abs(got[i] - want[i]), allowed = 1e-10 * std::abs(want[i]) + 1e-14 * top;
      const double share = off == 0 ? 0 : off / allowed;
      if (!(share <= 1)) r.agrees = false;
      if (!(share <= peak)) {
        peak = share;
        r.ulps = ulps(got[i], want[i]);
        r.worst = both(block.name + indices(block.shape, i - first), got[i], want[i]);
      }
    }
    first += n;
  }
  r.agrees = r.agrees && r.error <= 1e-12;
  return r;
}

Agreement compare_along(const std::vector<Flat>& directions, const Flat& gradient, const Flat& slopes) {
  Agreement r;
  for (std::size_t d = 0; d < directions.size(); ++d) {
    const double along = dot(gradient, directions[d]);
    const double share = norm(gradient) * norm(directions[d]) / std::sqrt(double(gradient.size()));
    const double error = along == slopes[d] ? 0 : std::abs(along - slopes[d]) / std::max(share, std::abs(slopes[d]));
    if (d == 0 || !(error <= r.error)) {
      r.error = error;
      r.ulps = ulps(along, slopes[d]);
      r.worst = both("direction " + std::to_string(d), along, slopes[d]);
    }
  }
  r.agrees = r.error <= 1e-12;
  return r;
}

}  // namespace by_hand
