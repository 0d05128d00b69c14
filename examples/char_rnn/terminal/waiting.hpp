// What somebody is told who is kept waiting: what for, and now and then how far it has come.
#pragma once
#include <string>

#include "clock.hpp"
#include "terminal.hpp"

namespace char_rnn {

class Waiting {
 public:
  /// To be called often, with the part that is done, below 0 where that is not known. `what` gives "scoring 5000
  /// characters": asked for only when a line is due.
  template <class What>
  void tell(double done, What what) {
    if (const double seconds = seconds_since_start() - start_; is_due(seconds)) say("{}", line(what(), seconds, done));
  }

  /// Within a second of the beginning, and every half minute from then on.
  bool is_due(double seconds);
  /// "char_rnn: scoring 5000 characters", after half a minute ": 12%, 3:40 left".
  static std::string line(const std::string& what, double seconds, double done);

 private:
  const double start_ = seconds_since_start();
  double next_ = first;
  static constexpr double first = 0.3, between = 30;  // seconds
};

}  // namespace char_rnn
