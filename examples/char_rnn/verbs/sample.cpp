// char_rnn sample: text drawn from a run, as it is drawn.
#include <algorithm>

#include "../failure.hpp"
#include "../model/writer.hpp"
#include "../run/checkpoint.hpp"
#include "../terminal/terminal.hpp"
#include "../training/begin.hpp"
#include "verbs.hpp"

namespace char_rnn {

namespace {

using xgrad::Index;
using xgrad::Size;

xgrad::Ids ids_of_prime(const SampleOptions& options, const xgrad::Vocabulary& vocabulary) {
  if (options.prime_file) return read_text(*options.prime_file, vocabulary).ids;
  try {
    return {vocabulary.encode(options.prime, "--prime"), vocabulary.size()};
  } catch (const xgrad::ValueError& e) {
    throw failure_of(e, Exit::text, "use only symbols of the text that the run learned from");
  }
}

/// In pieces, for it may be large.
bool put(TextOut& out, const xgrad::Vocabulary& vocabulary, xgrad::IdsView ids) {
  constexpr Size piece = 4096;
  bool reading = true;
  for (Size at = 0; at < ids.size() && reading; at += piece)
    reading = out.put(vocabulary, ids.subview(at, std::min(piece, ids.size() - at)).unpacked());
  return reading;
}

}  // namespace

int sample(const SampleOptions& options) {
  const LoadedRun run(options.run);
  const Checkpoint& checkpoint = run.checkpoint;
  const xgrad::Vocabulary& vocabulary = checkpoint.vocabulary();
  const xgrad::Array<float> state = checkpoint.first_stream(run.model);
  const xgrad::Ids prime = ids_of_prime(options, vocabulary);

  TextOut out;
  xgrad::Rng rng(options.seed);
  for (std::int64_t n = 0; n < options.count; ++n) {
    if (n > 0 && !out.put("\n----\n")) return 0;
    bool reading = put(out, vocabulary, prime);  // a reader who has seen enough is no error
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
