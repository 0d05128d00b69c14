#include "../failure.hpp"
#include "../terminal/terminal.hpp"
#include "../training/run.hpp"
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

Writer::Writer(const xgrad::CharRnn<float>& model, const xgrad::Vocabulary& vocabulary,
               const xgrad::Array<float>& state, xgrad::Rng& rng, double temperature)
    : sampler_(model, rng, temperature), line_end_(vocabulary.find('\n')) {
  sampler_.set_state(state);
}

void Writer::write(std::span<const Index> prime, std::int64_t length, const std::function<bool(Index)>& sink) {
  try {
    if (line_end_ || prime.empty()) sampler_.feed(line_end_.value_or(0));
    for (const Index id : prime) sampler_.feed(id);
    for (std::int64_t n = 0; n < length; ++n)
      if (!sink(sampler_.next())) return;
  } catch (const xgrad::ValueError& e) {  // the ids are the vocabulary's, so it is the distribution that is none
    throw failure_of(e, Exit::numerical, "the run has diverged; train again with a lower --lr");
  }
}

int sample(const SampleOptions& options) {
  const Checkpoint checkpoint(options.run);
  const xgrad::Vocabulary& vocabulary = checkpoint.vocabulary();
  xgrad::ParamStore<float> store;
  const xgrad::CharRnn<float> model(store, {vocabulary.size(), checkpoint.hidden()});
  checkpoint.load_into(model);
  const xgrad::Array<float> state = checkpoint.state();
  const std::vector<Index> prime = encoded(options.prime, vocabulary);

  TextOut out;
  xgrad::Rng rng(options.seed);
  if (!out.put(vocabulary, prime)) return 0;  // a reader who has seen enough is no error
  Writer(model, vocabulary, state, rng, options.temperature).write(prime, options.length, [&](Index id) {
    return out.put(vocabulary, {&id, 1});
  });
  out.flush();
  return 0;
}

}  // namespace char_rnn
