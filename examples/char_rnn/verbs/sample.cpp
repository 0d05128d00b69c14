// char_rnn sample: text drawn from a run, as it is drawn.
#include "../failure.hpp"
#include "../model/writer.hpp"
#include "../run/checkpoint.hpp"
#include "../terminal/terminal.hpp"
#include "verbs.hpp"

namespace char_rnn {

namespace {

using xgrad::Index;

std::vector<Index> encoded(const std::string& prime, const xgrad::Vocabulary& vocabulary) {
  try {
    return vocabulary.encode(prime, "--prime");
  } catch (const xgrad::ValueError& e) {
    throw failure_of(e, Exit::text, "use only symbols of the text that the run learned from");
  }
}

}  // namespace

int sample(const SampleOptions& options) {
  const LoadedRun run(options.run);
  const Checkpoint& checkpoint = run.checkpoint;
  const xgrad::Vocabulary& vocabulary = checkpoint.vocabulary();
  const xgrad::Array<float> state = checkpoint.first_stream(run.model);
  const std::vector<Index> prime = encoded(options.prime, vocabulary);

  TextOut out;
  xgrad::Rng rng(options.seed);
  for (std::int64_t n = 0; n < options.count; ++n) {
    if (n > 0 && !out.put("\n----\n")) return 0;
    bool reading = out.put(vocabulary, prime);  // a reader who has seen enough is no error
    if (reading)
      Writer(run.model, vocabulary, state, rng, options.how).write(prime, options.length, [&](Index id) {
        return reading = out.put(vocabulary, {&id, 1});
      });
    if (!reading) return 0;
  }
  out.flush();
  return 0;
}

}  // namespace char_rnn
