#include "begin.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>

#include "../failure.hpp"
#include "../terminal/terminal.hpp"
#include "../terminal/waiting.hpp"

namespace char_rnn {

using namespace xgrad;

namespace {

ReadProgress tell_reading(const std::filesystem::path& file) {
  return
      [name = escaped(file.filename().string()), waiting = Waiting()](std::uint64_t done, std::uint64_t all) mutable {
        waiting.tell(all > 0 ? double(done) / double(all) : -1, [&] {  // -1: of a pipe
          return fmt::format("reading '{}', {:.0f} MB", name, 1e-6 * double(all > 0 ? all / 2 : done));
        });
      };
}

template <class Load>
Text read(const std::filesystem::path& file, const std::string& hint, Load load) {
  Text text = explained(Exit::text, hint, [&] {
    try {
      return load(Reading{.progress = tell_reading(file)});
    } catch (const FileError& e) {
      throw failure_of(e, Exit::io, "name a text file that can be read");
    }
  });
  for (const std::string& notice : text.notices)
    say("char_rnn: {}: {}\n", notice.rfind("vocabulary", 0) == 0 ? "warning" : "note", notice);
  return text;
}

// "text has 12 symbols; ...": says which text, or which part of it.
Failure named(const FormatError& e, const std::filesystem::path& file, Size all, Size learned) {
  std::string what = e.what();
  const std::string text = fmt::format("text '{}'", escaped(file.string()));
  const bool of_symbols = what.rfind("text has ", 0) == 0;
  if (learned < all)
    what = fmt::format("{} has {} symbols, {} of them to learn from{}", text, all, learned,
                       of_symbols ? what.substr(what.find(';')) : "; " + what);
  else if (of_symbols) what.replace(0, 4, text);
  return failure_of(FormatError(what), Exit::text, "use a longer text, or a smaller --seq-len, --batch or --split");
}

bool is_split(const SplitChoice& choice) { return choice.validation != 0 || choice.train != 1; }

Split cut(const Settings& s, const Text& text) {
  const Fractions fractions{s.split.train, s.split.validation};
  constexpr Index streams = 64;  // fast, and each is long enough that its context costs little
  return s.split.of_streams ? stream_split(text.ids, fractions, s.batch, s.seq_len, warm_up)
                            : tail_split(text.ids, fractions, streams, warm_up);
}

HeldOut to_be_scored(const SplitChoice& choice, const std::vector<ScoredRange>& ranges, bool test) {
  if (ranges.empty()) return {};
  Size chars = 0;
  for (const ScoredRange& range : ranges) chars += range.count;
  const bool between = !test && Fractions{choice.train, choice.validation}.has_test();
  const std::string where =
      between ? fmt::format("{:g} after the first {:g}", choice.validation, choice.train)
              : fmt::format("last {:g}", test ? 1 - choice.train - choice.validation : choice.validation);
  const std::string what = where + (choice.of_streams ? " of each training stream" : " of the text");
  return {ranges, chars,
          fmt::format("on the {}, {} characters once each, in {} streams that have read up to {} before", what, chars,
                      ranges.size(), warm_up),
          fmt::format("{} characters, the {}, warm", chars, what)};
}

}  // namespace

Text read_text(const std::filesystem::path& file, EncodingChoice encoding) {
  std::optional<Encoding> wanted;
  if (encoding != EncodingChoice::automatic)
    wanted = encoding == EncodingChoice::utf8 ? Encoding::utf8 : Encoding::bytes;
  return read(file, "name a text that is not empty", [&](const Reading& how) { return load_text(file, wanted, how); });
}

Text read_text(const std::filesystem::path& file, const Vocabulary& vocabulary) {
  return read(file, "name a text in the symbols of the run",
              [&](const Reading& how) { return load_text(file, vocabulary, how); });
}

Parts split_text(const TrainOptions& options, const Text& text) {
  const Settings& s = options.settings;
  const Size all = text.ids.size();
  Size learned = all;
  try {
    if (!is_split(s.split)) return {BpttWindows(text.ids, s.batch, s.seq_len), learned, {}};
    const Split split = cut(s, text);
    learned = split.windows ? *split.windows * s.batch * s.seq_len : split.train.size();
    return {BpttWindows(split.train, s.batch, s.seq_len, split.windows), learned,
            to_be_scored(s.split, split.validation, false)};
  } catch (const FormatError& e) {
    throw named(e, options.text, all, learned);
  }
}

HeldOut held_out(const Settings& settings, const Text& text, bool test) {
  HeldOut part;
  if (is_split(settings.split)) {
    const Split split = cut(settings, text);
    part = to_be_scored(settings.split, test ? split.test : split.validation, test);
  }
  if (part.ranges.empty())
    throw Failure(Exit::usage,
                  fmt::format("the run's --split {} keeps nothing for {}", show(settings.split, TwoFractions{}),
                              test ? "a test" : "validation"),
                  test ? "a --split of 0.8,0.1 would keep a tenth" : "a --split of 0.9,0.1 would keep a tenth");
  return part;
}

void check_memory(const Settings& s, Index vocabulary, double number) {
  const double v = vocabulary, h = s.hidden, layers = s.layers, chars = double(s.batch) * s.seq_len;
  const double bytes = number * ((4 + s.shards.value_or(1)) * count_weights(architecture_of(s, vocabulary)) +
                                 chars * (layers * (4 * gates_of(s.model) + 6) * h + 2 * s.embedding + 4 * v));
  const double available = double(sysconf(_SC_PHYS_PAGES)) * double(sysconf(_SC_PAGESIZE));
  if (bytes > available)
    throw Failure(
        Exit::usage,
        fmt::format("model needs {:.1f} GB of memory, this machine has {:.1f} GB", bytes / 1e9, available / 1e9),
        "use a smaller --hidden, --layers, --batch or --seq-len");
}

namespace {

// One-hot characters and vectors of unit variance, and matrices that keep the length of what they multiply; the output
// layer begins near zero, so that the first loss is ln V. PyTorch's range, 1 / sqrt(H) also for the rows of one-hot
// characters, begins with states near zero, and min-char-rnn's N(0, 0.01^2) more so. 300 steps of an LSTM of 2 x 256 on
// tinyshakespeare, Adam at 0.002 falling to 0, end at 2.07 nats on the tail where PyTorch's weights end at 2.50; 6,000
// steps of a tanh layer on the Bible by Adagrad, three seeds, at 2.39 to 2.45 bits against 2.56 to 2.79 with
// min-char-rnn's.
template <class T>
void init_scaled(const BasicModel<T>& model, Rng& rng) {
  const bool one_hot = model.architecture().embedding == 0;
  for (const auto& p : named_parameters(model)) {
    if (p.parameter.rank() != 2) continue;
    const bool row = p.name == "embed.weight" || (one_hot && p.name == "rnn.weight_ih_l0");
    const double inputs = row ? 1.0 : p.parameter.shape()[0];
    init_normal(p.parameter, p.layout, p.name == "head.weight" ? 0.01 : 1 / std::sqrt(inputs), rng);
  }
}

}  // namespace

template <class T>
void init_weights(const Settings& s, const BasicModel<T>& model) {
  Rng rng(s.seed);
  if (s.init == Init::scaled) init_scaled(model, rng);
  else if (s.init == Init::pytorch) init_as_pytorch(model, rng);
  else if (s.init == Init::char_rnn) init_uniform(model, 0.08, rng);
  else init_normal(model, 0.01, rng);
  model.with([&](const auto& m) {
    if constexpr (std::is_same_v<std::decay_t<decltype(m)>, CharLstm<T>>)
      for (const auto& cell : m.cells) set_forget_bias(cell, s.forget_bias);
  });
}
template void init_weights(const Settings&, const BasicModel<float>&);
template void init_weights(const Settings&, const BasicModel<double>&);

}  // namespace char_rnn
