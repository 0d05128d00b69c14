#include "sampler.hpp"

#include <cmath>
#include <functional>

namespace xgrad {

NextCharacter::NextCharacter(const Sampling& how) : how_(how) {
  if (!(how.temperature > 0) || !std::isfinite(how.temperature))
    fail<ValueError>("sample", "the temperature must be a finite number > 0, it is " + std::to_string(how.temperature));
  if (how.top_k < 0) fail<ValueError>("sample", "top_k must be >= 0, it is " + std::to_string(how.top_k));
}

void NextCharacter::normalise() {
  const double top = *std::max_element(weights_.begin(), weights_.end());
  for (double& w : weights_) w = std::exp((w - top) / how_.temperature);
  if (const auto k = static_cast<std::size_t>(how_.top_k); k > 0 && k < weights_.size()) {
    ranked_ = weights_;
    std::nth_element(ranked_.begin(), ranked_.begin() + how_.top_k - 1, ranked_.end(), std::greater<>());
    const double least = ranked_[k - 1];
    std::ptrdiff_t ties =
        how_.top_k - std::count_if(weights_.begin(), weights_.end(), [=](double w) { return w > least; });
    for (double& w : weights_)
      if (w < least || (w == least && ties-- <= 0)) w = 0;
  }
  double total = 0;
  for (const double w : weights_) total += w;
  for (double& w : weights_) w /= total;
}

Index NextCharacter::draw(Rng& rng) const {
  if (how_.argmax) return static_cast<Index>(std::max_element(weights_.begin(), weights_.end()) - weights_.begin());
  return rng.choice(weights_);
}

}  // namespace xgrad
