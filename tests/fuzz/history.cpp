// The log of a run, log.jsonl, and the page that is made of it.
#include "../../examples/char_rnn/pages/report/history.hpp"

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>
#include <xgrad/autograd/core/error.hpp>

#include "../../examples/char_rnn/pages/report/report.hpp"
#include "fuzz.hpp"

using char_rnn::read_history;
using char_rnn::RunHistory;
using fuzz::must;

namespace {

using Json = nlohmann::ordered_json;

template <class T>
Json value(const std::optional<T>& x) {
  return x ? Json(*x) : Json();
}

void put(std::string& log, const Json& line) { log += line.dump() + "\n"; }

Json start(const RunHistory& h) {
  Json settings = Json::object();
  for (const auto& [name, text] : h.settings) settings[name] = text;
  return {{"event", "start"},
          {"time", h.time},
          {"version", h.version},
          {"text", h.text},
          {"sha256", h.sha256},
          {"isa", h.isa},
          {"blas_core", h.blas_core},
          {"protocol", h.protocol},
          {"bytes", value(h.bytes)},
          {"symbols", value(h.symbols)},
          {"vocabulary", value(h.vocabulary)},
          {"threads", value(h.threads)},
          {"parameters", value(h.parameters)},
          {"settings", settings}};
}

/// A log that says the same; resumptions first, where they take nothing back.
std::string log_of(const RunHistory& h) {
  std::string log;
  put(log, start(h));
  for (const auto& r : h.resumes) put(log, {{"event", "resume"}, {"step", r.step}, {"time", r.time}});
  for (const auto& s : h.steps)
    put(log, {{"event", "step"},
              {"step", s.step},
              {"seconds", s.seconds},
              {"loss", s.loss},
              {"smooth_loss", s.smooth_loss},
              {"learning_rate", s.learning_rate},
              {"gradient_norm", s.gradient_norm},
              {"clipped", s.clipped},
              {"chars_per_s", s.chars_per_s}});
  for (const auto& v : h.validations)
    put(log, {{"event", "validation"},
              {"step", v.step},
              {"seconds", v.seconds},
              {"nats", v.nats},
              {"chars", value(v.chars)}});
  for (const auto& s : h.samples) put(log, {{"event", "sample"}, {"step", s.step}, {"text", s.text}});
  if (h.end)
    put(log, {{"event", "end"}, {"step", h.end->step}, {"seconds", h.end->seconds}, {"reason", h.end->reason}});
  return log;
}

RunHistory read(std::string_view log) { return read_history(fuzz::MemoryFile(log).path()); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  RunHistory history;
  try {
    history = read(fuzz::text_of(data, size));
  } catch (const xgrad::FormatError& e) {
    fuzz::must_be_printable(e.what());
    return 0;
  }
  const std::string log = log_of(history);
  const RunHistory again = read(log);
  must(log_of(again) == log, "a log that is written again says the same");
  const std::string page = char_rnn::report_page(history);
  must(page.size() < 300'000 + 40 * size, "a page is not much longer than what it shows");
  must(char_rnn::report_page(again) == page, "and makes the same page");
  return 0;
}
