#include "begin.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>

#include "../failure.hpp"

namespace char_rnn {

namespace {

using namespace xgrad;

void check_length(const TrainOptions& options, const Text& text) {
  try {
    BpttWindows(text.ids, options.batch, options.seq_len);
  } catch (const FormatError& e) {
    std::string what = e.what();  // "text has 12 symbols; ...": say which
    if (what.rfind("text ", 0) == 0) what.insert(5, fmt::format("'{}' ", escaped(options.text.string())));
    throw failure_of(FormatError(what), Exit::text, "");
  }
}

}  // namespace

Text read_text(const TrainOptions& options, const Vocabulary* known) {
  const std::string hint = known ? "name the text that the run learned from"
                                 : fmt::format("name a text of at least {} symbols", options.seq_len + 1);
  Text text = explained(Exit::text, hint, [&] {
    try {
      return known ? load_text(options.text, *known) : load_text(options.text, options.encoding);
    } catch (const FileError& e) {
      throw failure_of(e, Exit::io, "name a text file that can be read");
    }
  });
  for (const std::string& notice : text.notices)
    fmt::print(stderr, "char_rnn: {}: {}\n", notice.rfind("vocabulary", 0) == 0 ? "warning" : "note", notice);
  check_length(options, text);
  return text;
}

void check_memory(const TrainOptions& options, Index vocabulary) {
  const double v = vocabulary, h = options.hidden, chars = double(options.batch) * options.seq_len;
  const double bytes = 4 * (3 * (2 * v * h + h * h + h + v) + chars * (10 * h + 4 * v));
  const double available = double(sysconf(_SC_PHYS_PAGES)) * double(sysconf(_SC_PAGESIZE));
  if (bytes > available)
    throw Failure(
        Exit::usage,
        fmt::format("model needs {:.1f} GB of memory, this machine has {:.1f} GB", bytes / 1e9, available / 1e9),
        "use a smaller --hidden, --batch or --seq-len");
}

// N(0, 0.01^2) everywhere, as min-char-rnn has it, begins with states near zero, and Adagrad's first steps, each of the
// size of the learning rate, make of them what they will. Inputs of unit variance and a recurrent matrix that keeps a
// state's length learn faster: 6,000 steps on the Bible, three seeds, end at 2.39 to 2.45 bits per character, against
// 2.56 to 2.79.
void init_weights(const TrainOptions& options, const CharRnn<float>& model) {
  Rng rng(options.seed);
  if (options.init) return init_normal(model, *options.init, rng);
  init_normal(model.cells[0].weight_ih, Layout::transposed, 1.0, rng);
  init_normal(model.cells[0].weight_hh, Layout::transposed, 1 / std::sqrt(double(options.hidden)), rng);
  init_normal(model.head.weight, Layout::transposed, 0.01, rng);  // the first loss is ln V
}

}  // namespace char_rnn
