// What was given to the options of a verb, checked: numbers of a range, one of several names. And what is to be said to
// a user who mistyped one.
#pragma once
#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace char_rnn {

/// Throws Failure with Exit::usage.
[[noreturn]] void refuse(const std::string& what, const std::string& hint);

/// "; did you mean '--hidden'?", or nothing where no name is near.
std::string did_you_mean(const std::string& given, const std::vector<std::string>& names);

/// A name without its dashes.
std::string bare(const std::string& name);
std::vector<std::string> option_names(const CLI::App& verb);
/// The hint that says where the options of a verb are listed.
std::string see_help(const CLI::App& verb);

/// What was given to the options of a verb, as text; read into numbers of a range. What was not given stays as it is.
/// All throw Failure with Exit::usage where a value is not what the option wants.
class Values {
 public:
  explicit Values(const CLI::App& verb) : verb_(verb) {}

  bool given(const char* name) const { return verb_.get_option(name)->count() > 0; }
  /// The last one counts.
  const std::string& text(const char* name) const { return verb_.get_option(name)->results().back(); }

  /// In [low, high].
  template <class N>
  void integer(const char* name, std::int64_t low, std::int64_t high, N& out) const {
    if (given(name)) out = static_cast<std::decay_t<decltype(*&out)>>(read_integer(name, low, high));
  }
  /// Finite and > 0, also as a float.
  template <class N>
  void positive(const char* name, N& out) const {
    if (given(name)) out = read_positive(name);
  }
  /// One of the names.
  std::string choice(const char* name, const std::vector<std::string>& names) const;

 private:
  std::int64_t read_integer(const char* name, std::int64_t low, std::int64_t high) const;
  double read_positive(const char* name) const;

  const CLI::App& verb_;
};

}  // namespace char_rnn
