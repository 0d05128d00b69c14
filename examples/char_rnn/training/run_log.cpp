#include "run_log.hpp"

#include <cmath>
#include <ctime>
#include <nlohmann/json.hpp>

namespace char_rnn {

using namespace xgrad;
using nlohmann::ordered_json;

namespace {

std::string utc() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  char text[32];
  gmtime_r(&now, &parts);
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

ordered_json shown(const Settings& settings) {
  ordered_json all;
  visit_settings(settings, [&](const Field& field, const auto& value, const auto& rule) {
    if (const std::string text = show(value, rule); !text.empty()) all[field.name] = text;
  });
  return all;
}

}  // namespace

void RunLog::begin(const TrainOptions& options, const Text& text, const Parts& parts, Trainer& trainer) {
  ordered_json line;
  if (options.resume) line = {{"event", "resume"}, {"step", trainer.steps()}};
  else line = {{"event", "start"}};
  line.update({{"time", utc()},
               {"version", XGRAD_VERSION},
               {"text", options.text.filename().string()},
               {"bytes", text.bytes},
               {"symbols", text.ids.size()},
               {"vocabulary", text.vocabulary.size()},
               {"sha256", text.sha256},
               {"isa", isa()},
               {"blas_core", blas_core()},
               {"threads", trainer.threads()},
               {"parameters", count_parameters(trainer.model())},
               {"protocol", parts.validation.protocol},
               {"settings", shown(options.settings)}});
  folder_.log(line);
}

void RunLog::count(const StepResult& result, double seconds) {
  stepped_ += seconds;
  clipped_ += result.clipped > 0 ? 1 : 0;
}

ordered_json RunLog::event(const char* name, std::int64_t step) const {
  return {{"event", name}, {"step", step}, {"seconds", time_.now()}};
}

void RunLog::note(const Trainer& trainer, const StepResult& result, double smooth_loss) {
  const std::int64_t step = trainer.steps();
  if (step == noted_) return;
  const double chars = double(step - noted_) * double(trainer.chars_per_step());
  ordered_json line = event("step", step);
  line["loss"] = result.loss;
  line["smooth_loss"] = smooth_loss;
  line["learning_rate"] = result.learning_rate;
  line["gradient_norm"] = result.gradient_norm;
  line["parameter_norm"] = trainer.parameter_norm();
  line["clipped"] = clipped_;
  const double busy = stepped_ - stepped_then_;
  line["chars_per_s"] = std::round(busy > 0 ? chars / busy : 0);
  folder_.log(line);
  stepped_then_ = stepped_;
  clipped_ = 0;
  noted_ = step;
}

void RunLog::validation(std::int64_t step, const Score& score, bool best) {
  ordered_json line = event("validation", step);
  line["nats"] = score.nats;
  line["bits_per_char"] = score.bits();
  line["perplexity"] = score.perplexity();
  line["chars"] = score.chars;
  line["best"] = best;
  folder_.log(line);
}

void RunLog::sample(std::int64_t step, const std::string& text) {
  folder_.log({{"event", "sample"}, {"step", step}, {"text", text}});
}

void RunLog::save(std::int64_t step) { folder_.log(event("save", step)); }

void RunLog::end(std::int64_t step, const std::string& reason) {
  ordered_json line = event("end", step);
  line["reason"] = reason;
  folder_.log(line);
}

}  // namespace char_rnn
