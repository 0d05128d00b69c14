// CLI11, which only this folder knows: it finds options and their values and writes the help. What a value means, and
// every message, is ours: a user is told which option, what it wants and what it got, in one form throughout.
#pragma once
#include <CLI/CLI.hpp>
#include <span>
#include <string>
#include <vector>

#include "../settings/settings.hpp"
#include "specs.hpp"

namespace char_rnn {

/// What a verb is given besides options.
struct Positional {
  const char* name = "";  // empty: nothing
  const char* help = "";
  bool needed = true, many = false;
};

/// A verb that takes options as they come: values are read from Values.
CLI::App* add_verb(CLI::App& app, const char* name, const char* help, const Positional& place);
/// `group`: the heading under which the help has it; empty for that of all options.
void add_option(CLI::App& verb, const Spec& spec, const char* group = "");
/// Paragraphs, below the options.
void add_footer(CLI::App& verb, const char* text);

/// Adds the options of settings: `visit` is one of visit_model_settings and its kin.
template <class Visit>
void add_settings(CLI::App& verb, const char* group, Visit visit) {
  const Settings defaults;
  visit(defaults, [&](const Field& field, const auto& value, const auto& rule) {
    const std::string otherwise = field.otherwise ? field.otherwise : show(value, rule);
    const std::string name = std::string("--") + field.name, help = field.help + (" (default " + otherwise + ")");
    add_option(verb, {name.c_str(), field.value, help.c_str()}, group);
  });
}

/// Reads the command line. Returns the text of the help where it was asked for, else "". Throws Failure with
/// Exit::usage for what the app does not know.
std::string parse(CLI::App& app, int argc, const char* const* argv);

}  // namespace char_rnn
