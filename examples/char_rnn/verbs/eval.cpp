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

int eval(const EvalOptions& options) {
  const LoadedRun run(options.run);
  const Checkpoint& checkpoint = run.checkpoint;
  const Text text = read_text(options.text, checkpoint.vocabulary());
  if (text.ids.size() < 2)
    throw Failure(Exit::text,
                  fmt::format("text '{}' has 1 symbol; the first is predicted by none", escaped(options.text.string())),
                  "name a text of at least 2 symbols");
  const Size targets = text.ids.size() - 1;
  const auto ranges = scored_ranges(1, targets, options.streams, warm_up);
  TextOut out;
  const Vocabulary characters = as_characters(text.vocabulary);
  const auto line = [&](Size place, double nats) {
    const Index id = text.ids[place];
    if (options.json)
      out.put(nlohmann::ordered_json{{"place", place}, {"nats", nats}, {"symbol", characters.decode(id)}}.dump() +
              "\n");
    else out.put(fmt::format("{}\t{:.6f}\t{}\n", place, nats, escaped(text.vocabulary.decode(id))));
  };
  const std::function<void(Size, double)> sink = options.surprise ? std::function<void(Size, double)>(line) : nullptr;
  Waiting waiting;
  const auto tell = [&](double done) {
    waiting.tell(done, [&] { return fmt::format("scoring {} characters", targets); });
  };
  const Score score = evaluate(run.model, text.ids, ranges, 2, tell, sink);
  const std::string protocol =
      ranges.size() == 1
          ? "all symbols but the first, once each, in one pass that begins with a state of zeros"
          : fmt::format("all symbols but the first, once each, in {} streams that have read up to {} before",
                        ranges.size(), warm_up);
  Report report;
  report.add("nats per character", fmt::format("{:.6f}", score.nats), {{"nats", score.nats}});
  report.add("bits per character", fmt::format("{:.6f}", score.bits()), {{"bits_per_char", score.bits()}});
  report.add("perplexity", fmt::format("{:.4f}", score.perplexity()), {{"perplexity", score.perplexity()}});
  report.add("characters scored", std::to_string(score.chars), {{"chars", score.chars}});
  report.add("protocol", protocol, {{"protocol", protocol}});
  const std::string file = escaped(checkpoint.path().string());
  report.add("checkpoint", fmt::format("{}, step {}", file, checkpoint.step()),
             {{"checkpoint", file}, {"step", checkpoint.step()}});
  out.flush();
  report.print(options.json);
  return 0;
}

}  // namespace char_rnn
