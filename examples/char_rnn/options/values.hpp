// What was given to the options of a verb, on the command line or else in a configuration file, as text; and the same
// read into values of a kind (rules.hpp). What was not given stays as it is.
#pragma once
#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <vector>

#include "../settings/rules.hpp"

namespace char_rnn {

/// Throws Failure with Exit::usage.
[[noreturn]] void refuse(const std::string& what, const std::string& hint);

std::vector<std::string> option_names(const CLI::App& verb);
/// The hint that says where the options of a verb are listed.
std::string see_help(const CLI::App& verb);

class Values {
 public:
  /// Where the verb has --config and it was given, reads that file. Throws Failure with Exit::usage for what is no line
  /// "name = value" or names no option or is larger than such a file can be, with Exit::io where the file cannot be
  /// read.
  explicit Values(const CLI::App& verb);

  /// Not in the file.
  bool on_command_line(const std::string& name) const {
    const CLI::Option* option = verb_.get_option_no_throw(name);
    return option && option->count() > 0;
  }
  bool given(const std::string& name) const { return on_command_line(name) || from_file_.count(name) > 0; }
  /// The last one counts.
  const std::string& text(const std::string& name) const;
  /// A flag: "true" or "false" in a file.
  bool flag(const std::string& name) const;
  /// The same where `other` excludes it: one on the command line counts for more than the other in the file.
  bool flag_over(const std::string& name, const std::string& other) const {
    return flag(name) && (on_command_line(name) || !on_command_line(other));
  }
  /// Throws Failure with Exit::usage where the value is not what the rule wants.
  template <class T, class Rule>
  void read(const std::string& name, const Rule& rule, T& out) const {
    if (!given(name)) return;
    const std::string wrong = char_rnn::read(text(name), rule, out);
    if (!wrong.empty()) refuse_value(name, wrong);
  }

 private:
  [[noreturn]] void refuse_value(const std::string& name, const std::string& wrong) const;
  void read_file(const std::string& path);

  const CLI::App& verb_;
  std::string file_;
  std::map<std::string, std::string> from_file_;  // by "--name"
};

}  // namespace char_rnn
