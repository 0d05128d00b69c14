// The checks that a mutant must get past, and what they say of it.
#pragma once
#include <xgrad/autograd/gradcheck/gradcheck.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace battery {

/// A mutant convicted: by which method, at what.
struct Conviction {
  std::string method, what;
};

/// What checks write down: their convictions, and a hash of all gradients and values that they computed, which tells a
/// mutant that nobody caught from one that does nothing.
class Sheet {
 public:
  void convict(std::string method, std::string what) { convictions_.push_back({std::move(method), std::move(what)}); }
  /// Convicts unless `fine`.
  void hold(bool fine, const char* method, const std::string& what) {
    if (!fine) convict(method, what);
  }
  void number(double v);
  void numbers(const std::vector<double>& all) {
    for (const double v : all) number(v);
  }
  /// The number is within `tolerance`, relative, of what it must be.
  void close(double got, double want, double tolerance, const char* method, const std::string& what);
  void add(const Sheet& other);

  const std::vector<Conviction>& convictions() const { return convictions_; }
  std::uint64_t hash() const { return hash_; }
  /// Which methods convict, in the order of their names.
  std::vector<std::string> methods() const;

 private:
  std::vector<Conviction> convictions_;
  std::uint64_t hash_ = 14695981039346656037u;
};

/// One check. `method` is the one that is running where it throws.
struct Check {
  std::string what, method;
  std::function<void(Sheet&)> run;
};

/// f at x by eight methods of gradcheck; numbers: f, and its gradients by kernels, by recorded rules, of second order.
/// `exact` is the tolerance of methods that are exact to round-off.
void check_function(const xgrad::GradcheckFunction& f, const std::vector<double>& x, double exact,
                    const std::string& what, Sheet& sheet);

// The checks by subject. They are to be made while no mutant is selected: their points come from ops, too.
std::vector<Check> op_checks();     // ops.cpp: every op, on every sample
std::vector<Check> model_checks();  // models.cpp: tanh RNN, LSTM, GRU, and what surrounds them
std::vector<Check> point_checks();  // points.cpp: closed forms, kinks, extreme numbers

/// All of them, over two threads.
Sheet run(const std::vector<Check>& checks);

}  // namespace battery
