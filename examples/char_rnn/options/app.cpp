#include "app.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <sstream>

#include "../failure.hpp"
#include "../settings/suggestions.hpp"
#include "values.hpp"

namespace char_rnn {

using xgrad::escaped;

namespace {

constexpr std::size_t help_columns = 79, name_columns = 24;  // of a terminal, and of what options are called

/// Lines of so many columns at most: those of the text, broken at spaces.
std::string wrapped(const std::string& text, std::size_t columns) {
  std::string out;
  std::istringstream lines(text);
  for (std::string line, word; std::getline(lines, line);) {
    if (!out.empty()) out += '\n';
    std::size_t used = 0;
    for (std::istringstream words(line); words >> word; used += word.size()) {
      const bool first = used == 0, fits = used + 1 + word.size() <= columns;
      if (!first) out += fits ? ' ' : '\n';
      used = !first && fits ? used + 1 : 0;
      out += word;
    }
  }
  return out;
}

}  // namespace

CLI::App* add_verb(CLI::App& app, const char* name, const char* help, const Positional& place) {
  CLI::App* verb = app.add_subcommand(name, help);
  verb->footer("");  // not that of the program
  verb->set_help_flag("--help", "print this and exit");
  verb->get_formatter()->column_width(name_columns);
  verb->allow_extras();
  if (*place.name != '\0') {
    const auto ignore = [](const CLI::results_t&) { return true; };
    CLI::Option* option = verb->add_option(place.name, ignore, place.help)->type_name(" ")->required(place.needed);
    if (place.many) option->expected(1, -1)->allow_extra_args();
  }
  return verb;
}

void add_option(CLI::App& verb, const Spec& spec, const char* group) {
  const std::string help = wrapped(spec.help, help_columns - name_columns);
  CLI::Option* option = nullptr;
  if (*spec.value == '\0') option = verb.add_flag(spec.name, help)->disable_flag_override();
  else
    option = verb.add_option(
                     spec.name, [](const CLI::results_t&) { return true; }, help)
                 ->type_name(spec.value)
                 ->expected(1)
                 ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  if (*group != '\0') option->group(group);
}

void add_footer(CLI::App& verb, const char* text) { verb.footer(wrapped(text, help_columns)); }

namespace {

/// Throws where an option swallowed the next option's name: "--hidden --lr 1".
void check_values(const CLI::App& verb) {
  const auto names = option_names(verb);
  for (const std::string& name : names) {
    const auto& results = verb.get_option(name)->results();
    if (!results.empty() && std::find(names.begin(), names.end(), results.back()) != names.end())
      refuse(name + " needs a value", see_help(verb));
  }
}

[[noreturn]] void mismatch(const CLI::App& app, const CLI::ArgumentMismatch& error) {
  std::string text = error.what();  // "--hidden: 1 required H missing", "utf8 was given a disallowed flag override"
  const bool flag = text.find("override") != std::string::npos;
  text.resize(std::min(text.find_first_of(": "), text.size()));
  refuse(fmt::format("--{} {}", bare(text), flag ? "takes no value" : "needs a value"),
         see_help(app.get_subcommands().empty() ? app : *app.get_subcommands().front()));
}

/// Complains about what `app` did not understand.
void check_extras(const CLI::App& app, const std::vector<std::string>& names, const char* kind, const char* hint) {
  for (const std::string& extra : app.remaining()) {
    const bool option = extra.size() > 1 && extra[0] == '-';
    refuse(fmt::format("{} '{}'{}", option ? "unknown option" : kind, escaped(extra), did_you_mean(extra, names)),
           hint);
  }
}

/// "-h" is --help where a verb or an option may stand first. CLI11 gets long options alone: of "-hidden" it would
/// make -h and nonsense.
std::vector<std::string> arguments(int argc, const char* const* argv) {
  std::vector<std::string> args(argv + std::min(argc, 1), argv + argc);
  for (std::size_t i = 0; i < std::min<std::size_t>(2, args.size()); ++i)
    if (args[i] == "-h") args[i] = "--help";
  std::reverse(args.begin(), args.end());  // as CLI11 wants them
  return args;
}

std::vector<std::string> verb_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* verb : app.get_subcommands(nullptr)) names.push_back(verb->get_name());
  return names;
}

}  // namespace

std::string parse(CLI::App& app, int argc, const char* const* argv) {
  try {
    app.parse(arguments(argc, argv));
  } catch (const CLI::CallForHelp&) {
    return app.help();  // or that of the verb
  } catch (const CLI::ArgumentMismatch& e) {
    mismatch(app, e);
  } catch (const CLI::RequiredError&) {  // a positional: seen to by the verb
  } catch (const CLI::ParseError& e) {
    refuse(escaped(e.what()), "char_rnn --help lists verbs and options");
  }
  check_extras(app, verb_names(app), "unknown verb",
               "char_rnn train FILE, or char_rnn sample DIR; options follow the verb");
  if (app.get_subcommands().empty()) refuse("a verb is missing", "char_rnn train FILE, or char_rnn sample DIR");
  const CLI::App& verb = *app.get_subcommands().front();
  check_values(verb);
  check_extras(verb, option_names(verb), "unexpected argument", see_help(verb).c_str());
  return "";
}

}  // namespace char_rnn
