// char_rnn visualize: a page of a text in the colours of hidden units.
#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "../failure.hpp"
#include "../pages/numbers.hpp"
#include "../pages/visualize/visualize.hpp"
#include "../run/checkpoint.hpp"
#include "../training/begin.hpp"
#include "page.hpp"
#include "verbs.hpp"

namespace char_rnn {

namespace {

using namespace xgrad;

constexpr std::size_t guesses = 5;

// Appends what every unit does: of an LSTM tanh c, which is what its output gate lets through, else h.
void add_values(const Model& model, const Var<float>& state, Activations& page) {
  const Architecture& a = model.architecture();
  const bool lstm = a.kind == ModelKind::lstm;
  const float* x = state.data() + (lstm ? Size{a.layers} * a.hidden : 0);
  for (Size i = 0; i < Size{a.layers} * a.hidden; ++i)
    page.values.push_back(static_cast<std::int8_t>(std::lround(127 * (lstm ? std::tanh(x[i]) : x[i]))));
}

// Appends the most probable next characters.
void add_guesses(std::span<const float> log_p, std::vector<Index>& order, Activations& page) {
  const std::size_t count = std::min(guesses, order.size());
  std::partial_sort(order.begin(), order.begin() + std::ptrdiff_t(count), order.end(), [&](Index a, Index b) {
    return std::pair(-log_p[std::size_t(a)], a) < std::pair(-log_p[std::size_t(b)], b);
  });
  for (std::size_t i = 0; i < count; ++i) page.guesses.push_back({order[i], std::exp(log_p[std::size_t(order[i])])});
}

Activations read_through(const Model& model, const Vocabulary& vocabulary, IdsView ids) {
  Activations page;
  page.layers = model.architecture().layers;
  page.units = model.architecture().hidden;
  std::vector<Index> order(static_cast<std::size_t>(vocabulary.size()));
  std::iota(order.begin(), order.end(), 0);
  for (const Index id : order) page.alphabet.push_back(vocabulary.decode(id));
  page.surprise.push_back(std::numeric_limits<float>::quiet_NaN());

  Array<float> carried = model.initial_state(1);
  Tape<float> tape;
  const PauseGuard<float> pause(tape);
  for (Size i = 0; i < ids.size(); ++i) {
    tape.clear();
    const Index id = ids[i];
    page.symbols.push_back(vocabulary.decode(id));
    const auto [logits, state] = model.step({&id, 1}, constant(carried));
    const Var<float> log_p = log_softmax(logits);
    add_values(model, state, page);
    add_guesses({log_p.data(), std::size_t(log_p.size())}, order, page);
    if (i + 1 < ids.size()) page.surprise.push_back(-log_p.data()[ids[i + 1]]);
    std::copy_n(state.data(), state.size(), carried.data());
  }
  return page;
}

}  // namespace

int visualize(const VisualizeOptions& options) {
  const LoadedRun run(options.run);
  const Checkpoint& checkpoint = run.checkpoint;
  const Text text = read_text(options.text, checkpoint.vocabulary());
  const Size shown = std::min<Size>(text.ids.size(), options.length);
  Activations page = read_through(run.model, checkpoint.vocabulary(), text.ids.subview(0, shown));
  const Settings& s = checkpoint.settings();
  page.title = options.text.filename().string();
  page.run = fmt::format("{}, {} x {} units, after {} step{}; {} {} characters", show(s.model, model_names), s.layers,
                         s.hidden, grouped(checkpoint.step()), checkpoint.step() == 1 ? "" : "s",
                         shown < text.ids.size() ? fmt::format("the first {} of", grouped(shown)) : "all",
                         grouped(text.ids.size()));
  const std::filesystem::path folder = checkpoint.path().parent_path();
  write_page(options.out.value_or(folder / "visualize.html"), visualize_page(page));
  return 0;
}

}  // namespace char_rnn
