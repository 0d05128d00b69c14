#include "values.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <sstream>
#include <xgrad/models/text/vocabulary.hpp>

#include "../failure.hpp"
#include "../settings/settings.hpp"
#include "../settings/suggestions.hpp"

namespace char_rnn {

using xgrad::escaped;

void refuse(const std::string& what, const std::string& hint) { throw Failure(Exit::usage, what, hint); }

namespace {

// The settings.toml of a run is for all verbs that take a file: what is nothing to them is left out.
bool is_of_train_alone(const CLI::App& verb, bool known, const std::string& key) {
  if (verb.get_name() == "train") return false;
  bool setting = false, of_run = false;
  const Settings defaults;
  visit_settings(defaults,
                 [&](const Field& field, const auto&, const auto&) { setting = setting || key == field.name; });
  visit_run_settings(defaults,
                     [&](const Field& field, const auto&, const auto&) { of_run = of_run || key == field.name; });
  return of_run || (setting && !known);
}

}  // namespace

std::vector<std::string> option_names(const CLI::App& verb) {
  std::vector<std::string> names;
  for (const CLI::Option* option : verb.get_options())
    if (!option->get_positional()) names.push_back(option->get_name());
  return names;
}

std::string see_help(const CLI::App& verb) {
  return fmt::format("char_rnn {} --help lists the options", verb.get_name());
}

Values::Values(const CLI::App& verb) : verb_(verb) {
  if (on_command_line("--config")) read_file(text("--config"));
}

const std::string& Values::text(const std::string& name) const {
  if (on_command_line(name)) return verb_.get_option(name)->results().back();
  return from_file_.at(name);
}

bool Values::flag(const std::string& name) const {
  if (on_command_line(name)) return true;
  const auto at = from_file_.find(name);
  if (at == from_file_.end()) return false;
  if (at->second != "true" && at->second != "false") refuse_value(name, "is not true or false");
  return at->second == "true";
}

void Values::refuse_value(const std::string& name, const std::string& wrong) const {
  const std::string where = on_command_line(name) ? name : fmt::format("'{}': {}", escaped(file_), bare(name));
  const std::string value = escaped(text(name));
  refuse(wrong.starts_with("is") ? fmt::format("{}: '{}' {}", where, value, wrong)
                                 : fmt::format("{} {}, got '{}'", where, wrong, value),
         see_help(verb_));
}

namespace {

std::vector<std::string> bare_names(std::vector<std::string> names) {
  for (std::string& name : names) name = bare(name);
  return names;
}

}  // namespace

void Values::read_file(const std::string& path) {
  file_ = path;
  constexpr std::size_t most = 1'000'000;  // it may be one that never ends
  std::istringstream content(read_whole(path, "--config names a file of lines such as: hidden = 256", most));
  std::vector<std::string> names = option_names(verb_);
  std::vector<CLI::ConfigItem> items;
  try {
    items = CLI::ConfigTOML().from_config(content);
  } catch (const CLI::Error& e) {
    refuse(fmt::format("'{}': {}", escaped(path), escaped(e.what())), "one line for each option: hidden = 256");
  }
  for (const CLI::ConfigItem& item : items) {
    if (!item.parents.empty())
      refuse(fmt::format("'{}' has a section, '{}'", escaped(path), escaped(item.parents.front())),
             "keys are the names of options, without dashes and sections");
    const std::string name = "--" + item.fullname();
    const bool known = std::find(names.begin(), names.end(), name) != names.end();
    if (is_of_train_alone(verb_, known, item.fullname())) continue;
    if (!known || name == "--config" || name == "--help")
      refuse(fmt::format("'{}': unknown key '{}'{}", escaped(path), escaped(item.fullname()),
                         did_you_mean(item.fullname(), bare_names(names))),
             "keys are the names of options, without dashes and sections");
    if (item.inputs.size() != 1)
      refuse(
          fmt::format("'{}': '{}' needs one value, it has {}", escaped(path), escaped(item.name), item.inputs.size()),
          "one line for each option: hidden = 256");
    const std::string& value = item.inputs.front();
    if (value.size() < 2 ? value == "\"" : value.front() == '"' && value.back() != '"')  // it was cut at a #
      refuse(fmt::format("'{}': the value of '{}' has a quote without its other", escaped(path), escaped(item.name)),
             "values may not contain #");
    from_file_[name] = value;
  }
}

}  // namespace char_rnn
