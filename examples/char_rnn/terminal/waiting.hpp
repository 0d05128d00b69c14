// What somebody is told who is kept waiting: what for, and now and then how far it has come.
#pragma once
#include <string>

#include "clock.hpp"
#include "terminal.hpp"

namespace char_rnn {

class Waiting {
 public:
  /// Nothing is said of what will take less than `some` seconds, or a little more.
  explicit Waiting(double some = 1) : some_(some) {}

  /// To be called often, with the part that is done, below 0 where that is not known. `what` gives "scoring 5000
  /// characters": asked for only when a line is due.
  template <class What>
  void tell(double done, What what) {
    if (const double seconds = seconds_since_start() - start_; is_due(seconds, done))
      say("{}", line(what(), seconds, done));
  }

  /// Within a second of the beginning where it will take more than `some`, and every half minute from then on.
  bool is_due(double seconds, double done);
  /// "char_rnn: scoring 5000 characters", after half a minute ": 12%, 3:40 left".
  static std::string line(const std::string& what, double seconds, double done);

 private:
  const double start_ = seconds_since_start(), some_;
  double next_ = first;
  static constexpr double first = 0.3, between = 30;  // seconds
};

}  // namespace char_rnn
