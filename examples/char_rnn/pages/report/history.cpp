#include "history.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <system_error>
#include <xgrad/autograd/core/error.hpp>
#include <xgrad/models/text/vocabulary.hpp>

namespace char_rnn {

namespace {

using Json = nlohmann::ordered_json;

/// The members of one line, null where they are absent. Throws xgrad::FormatError where one has another type.
class Members {
 public:
  Members(const Json& object, const std::string& where) : object_(object), where_(where) {}

  double number(const char* key) const {
    const Json& value = get(key);
    if (value.is_null()) return std::numeric_limits<double>::quiet_NaN();
    if (!value.is_number()) refuse(key, "a number");
    return value.get<double>();
  }
  std::optional<std::int64_t> count(const char* key) const {
    const Json& value = get(key);
    if (value.is_null()) return std::nullopt;
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > largest) refuse(key, "a count");
    return value.get<std::int64_t>();
  }
  std::int64_t step() const {
    const auto value = count("step");
    if (!value) refuse("step", "a count");
    return *value;
  }
  std::string text(const char* key) const {
    const Json& value = get(key);
    if (value.is_null()) return "";
    if (!value.is_string()) refuse(key, "a text");
    return value.get<std::string>();
  }
  const Json& object(const char* key) const {
    const Json& value = get(key);
    if (!value.is_null() && !value.is_object()) refuse(key, "an object");
    return value;
  }
  [[noreturn]] void refuse_setting(const std::string& name) const {
    throw xgrad::FormatError(fmt::format("{}: setting '{}' is an array or an object", where_, xgrad::escaped(name)));
  }

 private:
  static constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();

  const Json& get(const char* key) const {
    static const Json none;
    const auto at = object_.find(key);
    return at == object_.end() ? none : *at;
  }
  [[noreturn]] void refuse(const char* key, const char* wanted) const {
    throw xgrad::FormatError(fmt::format("{}: '{}' is not {}", where_, key, wanted));
  }

  const Json& object_;
  const std::string& where_;
};

/// What a run was begun with, or, where its log does not have that, what it went on with; settings are those it went on
/// with.
void read_start(RunHistory& history, const Members& line, bool goes_on) {
  const auto text = [&](std::string& known, const char* key) {
    if (std::string found = line.text(key); !found.empty() && (!goes_on || known.empty())) known = std::move(found);
  };
  const auto count = [&](std::optional<std::int64_t>& known, const char* key) {
    if (const auto found = line.count(key); found && (!goes_on || !known)) known = found;
  };
  if (!goes_on) text(history.time, "time");
  text(history.version, "version");
  text(history.text, "text");
  text(history.sha256, "sha256");
  text(history.isa, "isa");
  text(history.blas_core, "blas_core");
  text(history.protocol, "protocol");
  count(history.bytes, "bytes");
  count(history.symbols, "symbols");
  count(history.vocabulary, "vocabulary");
  count(history.threads, "threads");
  count(history.parameters, "parameters");
  const Json& settings = line.object("settings");
  if (settings.is_null()) return;
  history.settings.clear();
  for (const auto& [name, value] : settings.items()) {
    if (value.is_structured()) line.refuse_setting(name);  // to write it as text would take a stack as deep as it is
    history.settings.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
  }
}

template <class Event>
void append(std::vector<Event>& events, Event event, const std::string& where) {
  if (!events.empty() && events.back().step > event.step)
    throw xgrad::FormatError(fmt::format("{}: step {} comes after step {}, and no resumption between", where,
                                         event.step, events.back().step));
  if (!events.empty() && events.back().step == event.step) events.pop_back();  // it was done again
  events.push_back(std::move(event));
}

void resume(RunHistory& history, const Members& line) {
  read_start(history, line, true);
  const std::int64_t step = line.step();
  const auto drop = [step](auto& events) { std::erase_if(events, [step](const auto& e) { return e.step > step; }); };
  drop(history.steps);
  drop(history.validations);
  drop(history.samples);
  drop(history.saves);
  drop(history.resumes);
  history.resumes.push_back({step, line.text("time")});
  history.end.reset();
}

void read_event(RunHistory& history, const Json& object, const std::string& where) {
  const Members line(object, where);
  const std::string event = line.text("event");
  if (event == "start") read_start(history, line, false);
  if (event == "step")
    append(history.steps,
           {line.step(), line.number("seconds"), line.number("loss"), line.number("smooth_loss"),
            line.number("learning_rate"), line.number("gradient_norm"), line.number("clipped"),
            line.number("chars_per_s")},
           where);
  if (event == "validation")
    append(history.validations, {line.step(), line.number("seconds"), line.number("nats"), line.count("chars")}, where);
  if (event == "sample") append(history.samples, {line.step(), line.text("text")}, where);
  if (event == "save") append(history.saves, {line.step(), line.number("seconds")}, where);
  if (event == "resume") resume(history, line);
  if (event == "end") history.end = {line.step(), line.number("seconds"), line.text("reason")};
}

}  // namespace

const RunHistory::Validation* RunHistory::best() const {
  const Validation* best = nullptr;
  for (const Validation& v : validations)
    if (std::isfinite(v.nats) && (best == nullptr || v.nats < best->nats)) best = &v;
  return best;
}

std::int64_t RunHistory::last_step() const {
  std::int64_t step = end ? end->step : 0;
  if (!steps.empty()) step = std::max(step, steps.back().step);
  if (!validations.empty()) step = std::max(step, validations.back().step);
  return step;
}

const RunHistory::Step* RunHistory::at(std::int64_t step) const {
  const auto after = std::upper_bound(steps.begin(), steps.end(), step,
                                      [](std::int64_t number, const Step& s) { return number < s.step; });
  return after == steps.begin() ? nullptr : &*std::prev(after);
}

const RunHistory::Step* RunHistory::last(double Step::*member) const {
  const auto at = std::find_if(steps.rbegin(), steps.rend(), [&](const Step& s) { return std::isfinite(s.*member); });
  return at == steps.rend() ? nullptr : &*at;
}

double RunHistory::seconds_until(std::int64_t step) const {
  double longest = 0;
  const auto look = [&](const auto& events) {
    for (const auto& at : events)
      if (at.step <= step && at.seconds > longest) longest = at.seconds;
  };
  look(steps), look(saves);
  return longest;
}

namespace {

/// Values that are nested deeper are not looked at, and copying one, as an object does that grows, would take a stack
/// as deep as it is.
bool no_deeper_than_settings(int depth, Json::parse_event_t, Json&) { return depth <= 2; }

}  // namespace

RunHistory read_history(const std::filesystem::path& path) {
  const std::string log = fmt::format("log '{}'", xgrad::escaped(path.string()));
  const auto refuse = [&log] {
    throw xgrad::FileError(fmt::format("cannot read {}: {}", log, std::generic_category().message(errno)));
  };
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) refuse();
  RunHistory history;
  std::string line;
  for (std::int64_t number = 1; std::getline(file, line); ++number) {
    const std::string where = fmt::format("{}, line {}", log, number);
    const Json object = Json::parse(line, no_deeper_than_settings, /*allow_exceptions=*/false);
    if (object.is_object()) read_event(history, object, where);
    else if (!file.eof()) throw xgrad::FormatError(where + ": is no JSON object");  // eof: the line has no end
  }
  if (file.bad()) refuse();
  return history;
}

}  // namespace char_rnn
