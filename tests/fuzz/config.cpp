// Files of settings. The first byte says for which verb, the file follows.
#include <fmt/format.h>
#include <string>

#include "../../examples/char_rnn/failure.hpp"
#include "../../examples/char_rnn/options/options.hpp"
#include "fuzz.hpp"

using namespace char_rnn;
using fuzz::must;

namespace {

constexpr const char* verbs[] = {"train", "gradcheck", "bench"};

Command parsed(const char* verb, std::string_view settings) {
  const fuzz::MemoryFile file(settings);
  const std::string path = file.path().string();
  const char* const command[] = {"char_rnn", verb, "text.txt", "--config", path.c_str()};
  return parse(5, command);
}

const TrainOptions& training(const Command& command) {
  if (const auto* o = std::get_if<GradcheckOptions>(&command)) return o->train;
  if (const auto* o = std::get_if<BenchOptions>(&command)) return o->train;
  must(std::holds_alternative<TrainOptions>(command), "a file of settings does not choose the verb");
  return std::get<TrainOptions>(command);
}

/// A file that says the same. A name in it is quoted by what it does not have itself.
std::string file_of(const Command& command) {
  const TrainOptions& o = training(command);
  std::string file;
  const auto put = [&](std::string_view name, std::string_view value) {
    const char quote = value.find('"') == std::string_view::npos ? '"' : '\'';
    file += fmt::format("{0} = {1}{2}{1}\n", name, quote, value);
  };
  const auto setting = [&](const Field& field, const auto& value, const auto& rule) {
    if (const std::string text = show(value, rule); !text.empty()) put(field.name, text);
  };
  visit_model_settings(o.settings, setting);
  if (!std::holds_alternative<GradcheckOptions>(command)) visit_step_settings(o.settings, setting);
  if (o.settings.encoding != EncodingChoice::automatic) put(show(o.settings.encoding, encoding_names), "true");
  if (o.threads) put("threads", std::to_string(*o.threads));
  if (const auto* b = std::get_if<BenchOptions>(&command))
    put("seconds", show(b->seconds)), put("json", b->json ? "true" : "false");
  if (!std::holds_alternative<TrainOptions>(command)) return file;
  visit_run_settings(o.settings, setting);
  put("checkpoint-every", std::to_string(o.checkpoint_every));
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return -1;
  const char* verb = verbs[data[0] % std::size(verbs)];
  try {
    const Command command = parsed(verb, fuzz::text_of(data + 1, size - 1));
    const std::string file = file_of(command);
    must(file_of(parsed(verb, file)) == file, "settings that are written again are the same");
  } catch (const Failure& e) {
    must(e.code() == Exit::usage, "a wrong file of settings is a mistake in usage");
    fuzz::must_be_printable(e.what());
    fuzz::must_be_printable(e.hint());
  }
  return 0;
}
