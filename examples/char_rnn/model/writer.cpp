#include "writer.hpp"

#include "../failure.hpp"
#include "../terminal/waiting.hpp"

namespace char_rnn {

using xgrad::Index;

Writer::Writer(const Model& model, const xgrad::Vocabulary& vocabulary, const xgrad::Array<float>& state,
               xgrad::Rng& rng, const xgrad::Sampling& how)
    : sampler_(model, rng, how), line_end_(vocabulary.find('\n')) {
  sampler_.set_state(state);
}

void Writer::write(xgrad::IdsView prime, std::int64_t length, const std::function<bool(Index)>& sink) {
  Waiting waiting;
  const auto what = [&] { return fmt::format("going through {} characters to continue from", prime.size()); };
  try {
    if (line_end_ || prime.empty()) sampler_.feed(line_end_.value_or(0));
    for (xgrad::Size i = 0; i < prime.size(); ++i) {
      sampler_.feed(prime[i]);
      waiting.tell(double(i + 1) / double(prime.size()), what);
    }
    for (std::int64_t n = 0; n < length; ++n)
      if (!sink(sampler_.next())) return;
  } catch (const xgrad::ValueError& e) {  // the ids are the vocabulary's, so it is the distribution that is none
    throw failure_of(e, Exit::numerical, "the run has diverged; train again with a lower --lr");
  }
}

}  // namespace char_rnn
