#include "waiting.hpp"

namespace char_rnn {

bool Waiting::is_due(double seconds, double done) {
  if (seconds < next_ || (seconds < some_ && seconds < some_ * done)) return false;
  next_ = seconds + between;
  return true;
}

std::string Waiting::line(const std::string& what, double seconds, double done) {
  if (seconds < between || done <= 0) return fmt::format("char_rnn: {}\n", what);
  return fmt::format("char_rnn: {}: {:.0f}%, {} left\n", what, 100 * done, clock_text(seconds * (1 - done) / done));
}

}  // namespace char_rnn
