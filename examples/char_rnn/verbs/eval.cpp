// char_rnn eval: how well a run predicts a text.
#include <fmt/format.h>

#include "../failure.hpp"
#include "../run/checkpoint.hpp"
#include "../terminal/report.hpp"
#include "../terminal/terminal.hpp"
#include "../terminal/waiting.hpp"
#include "../training/begin.hpp"
#include "../training/evaluate.hpp"
#include "verbs.hpp"

namespace char_rnn {

using namespace xgrad;

namespace {

HeldOut all_of(const EvalOptions& options, const Text& text) {
  if (text.ids.size() < 2)
    throw Failure(Exit::text,
                  fmt::format("text '{}' has 1 symbol; the first is predicted by none", escaped(options.text.string())),
                  "name a text of at least 2 symbols");
  const Size targets = text.ids.size() - 1;
  auto ranges = scored_ranges(1, targets, options.streams, warm_up);
  const std::string how = ranges.size() == 1
                              ? "one pass that begins with a state of zeros"
                              : fmt::format("{} streams that have read up to {} before", ranges.size(), warm_up);
  return {std::move(ranges), targets, "all symbols but the first, once each, in " + how};
}

HeldOut part_of(const EvalOptions& options, const Checkpoint& run, const Text& text) {
  if (options.part == Part::all) return all_of(options, text);
  if (text.sha256 != run.text_sha256())
    throw Failure(Exit::text,
                  fmt::format("text '{}' is not the one that the run was trained on: its SHA-256 is {}, that was {}",
                              escaped(options.text.string()), text.sha256, run.text_sha256()),
                  "name that text, or leave --part away");
  return held_out(run.settings(), text, options.part == Part::test);
}

// With --surprise, of each symbol: its place, its nats and itself.
std::function<bool(Size, double)> lines_to(TextOut& out, const EvalOptions& options, const Text& text) {
  if (!options.surprise) return nullptr;
  return [&out, &text, json = options.json, characters = as_characters(text.vocabulary)](Size place, double nats) {
    const Index id = text.ids[place];
    return out.put(
        json ? nlohmann::ordered_json{{"place", place}, {"nats", nats}, {"symbol", characters.decode(id)}}.dump() + "\n"
             : fmt::format("{}\t{:.6f}\t{}\n", place, nats, escaped(text.vocabulary.decode(id))));
  };
}

void print(const Score& score, const std::string& protocol, const Checkpoint& checkpoint, bool json) {
  Report report;
  report.add("nats per character", fmt::format("{:.6f}", score.nats), {{"nats", score.nats}});
  report.add("bits per character", fmt::format("{:.6f}", score.bits()), {{"bits_per_char", score.bits()}});
  report.add("perplexity", fmt::format("{:.4f}", score.perplexity()), {{"perplexity", score.perplexity()}});
  report.add("characters scored", std::to_string(score.chars), {{"chars", score.chars}});
  report.add("protocol", protocol, {{"protocol", protocol}});
  const std::string file = checkpoint.path().string();
  report.add("checkpoint", fmt::format("{}, step {}", escaped(file), checkpoint.step()),
             {{"checkpoint", file}, {"step", checkpoint.step()}});
  report.print(json);
}

}  // namespace

int eval(const EvalOptions& options) {
  const LoadedRun run(options.run);
  const Text text = read_text(options.text, run.checkpoint.vocabulary());
  const HeldOut part = part_of(options, run.checkpoint, text);
  TextOut out;
  Waiting waiting;
  const auto go_on = [&](double done) {
    waiting.tell(done, [&] { return fmt::format("scoring {} characters", part.chars); });
    return true;
  };
  const auto score = evaluate(run.model, text.ids, part.ranges, 2, go_on, lines_to(out, options, text));
  if (!score) return 0;  // a reader who has seen enough is no error
  out.flush();
  print(*score, part.protocol, run.checkpoint, options.json);
  return 0;
}

}  // namespace char_rnn
