// char_rnn gradcheck: the gradient of one window of the user's own text, on the user's own model, in four ways that
// share no code for the derivative (by_hand/four_ways.hpp). By the formulas it is compared component by component; by
// forward mode and complex step, which cost a forward pass for each direction, along 21 directions.
#include <fmt/format.h>
#include <algorithm>
#include <by_hand/four_ways.hpp>
#include <xgrad/autograd/gradcheck/probe.hpp>

#include "../failure.hpp"
#include "../run/checkpoint.hpp"
#include "../terminal/terminal.hpp"
#include "../training/begin.hpp"
#include "verbs.hpp"

namespace char_rnn {

namespace {

using namespace xgrad;
using by_hand::Agreement;
using by_hand::Flat;

by_hand::Formulas formulas(ModelKind kind) {
  return kind == ModelKind::rnn ? by_hand::rnn : kind == ModelKind::lstm ? by_hand::lstm : by_hand::gru;
}

// At least three steps of two streams, or some mistakes would not show; and not more work than a few seconds allow.
void choose_window(Settings& s, double vocabulary) {
  constexpr double most = 6e7;  // multiplications in one forward pass
  const double gates = gates_of(s.model);
  const double h = s.hidden, lowest = s.embedding;
  const double each = h * (gates * (h + lowest) + (s.layers - 1) * gates * 2 * h + vocabulary);
  s.batch = std::max(s.batch, Index(2));
  s.seq_len = std::max(s.seq_len, Index(3));
  while (s.batch > 2 && each * s.seq_len * s.batch > most) s.batch = std::max(Index(2), s.batch / 2);
  while (s.seq_len > 3 && each * s.seq_len * s.batch > most) s.seq_len = std::max(Index(3), s.seq_len / 2);
}

by_hand::Case first_window(const TrainOptions& o, const Text& text, Index parts, Rng& rng) {
  BpttWindows windows = split_text(o, text).windows;
  const Window window = windows.next();
  by_hand::Case c{{window.inputs.begin(), window.inputs.end()}, {window.targets.begin(), window.targets.end()}, {}};
  for (Index i = 0; i < parts; ++i)
    c.state.push_back(rng.normal_array<double>({o.settings.batch, o.settings.hidden}, 0.5));
  return c;
}

// 16 Gaussian directions, 4 of signs, and the gradient's own.
Flat direction(int which, const Flat& gradient, Rng& rng) {
  if (which == 20) return gradient;
  return which < 16 ? gradchecks::gaussian(gradient.size(), rng) : gradchecks::rademacher(gradient.size(), rng);
}

class Verdicts {
 public:
  void put(const char* way, const std::string& how, const Agreement& a) {
    out_.put(fmt::format("{:<14} {:<24} {:<9} {:.1e}   {}, {:.3g} ulp\n", way, how, a.agrees ? "agree" : "DISAGREE",
                         a.error, a.worst, a.ulps));
    if (!a.agrees && wrong_.empty()) wrong_ = way;
  }
  void put(const std::string& text) { out_.put(text); }
  /// Throws Failure where something disagreed.
  void finish() {
    out_.flush();
    if (!wrong_.empty())
      throw Failure(Exit::gradient, fmt::format("the tape's gradient is not that of {}", wrong_),
                    "this is a bug of xgrad; please report the command");
  }

 private:
  TextOut out_;
  std::string wrong_;
};

// Both ways that go along directions, one direction at a time: 21 at once would take 21 times the model's memory.
void check_directions(const BasicModel<double>& model, const BasicModel<std::complex<double>>& complex,
                      const by_hand::Case& c, const Flat& gradient, Rng& rng, Verdicts& verdicts) {
  const Flat x = by_hand::values(model, c);
  Agreement forward, by_complex;
  const auto worse = [](Agreement& worst, Agreement a, int which) {
    a.worst.replace(0, a.worst.find(':'), "direction " + std::to_string(which));
    if (which == 0 || !(a.error <= worst.error)) worst = a;
  };
  for (int which = 0; which < 21; ++which) {
    const std::vector<Flat> v{direction(which, gradient, rng)};
    worse(forward, by_hand::compare_along(v, gradient, by_hand::forward_mode(model, c, v)), which);
    worse(by_complex, by_hand::compare_along(v, gradient, by_hand::complex_step(complex, c, x, v)), which);
  }
  verdicts.put("forward mode", "21 directions", forward);
  verdicts.put("complex step", "21 directions", by_complex);
}

}  // namespace

int gradcheck(const GradcheckOptions& options) {
  TrainOptions o = options.train;
  std::optional<Checkpoint> checkpoint;
  if (options.run) {
    checkpoint.emplace(checkpoint_file(*options.run));
    const Settings& s = checkpoint->settings();
    o.settings.model = s.model, o.settings.layers = s.layers, o.settings.hidden = s.hidden;
    o.settings.embedding = s.embedding;
  }
  Settings& s = o.settings;
  choose_window(s, checkpoint ? checkpoint->vocabulary().size() : 100);
  const Text text = checkpoint ? read_text(o.text, checkpoint->vocabulary()) : read_text(o.text, s.encoding);
  check_memory(s, text.vocabulary.size(), sizeof(double) + sizeof(std::complex<double>));
  const Architecture architecture = architecture_of(s, text.vocabulary.size());

  ParamStore<double> store;
  const BasicModel<double> model(store, architecture);
  checkpoint ? checkpoint->load_into(model) : init_weights(s, model);
  ParamStore<std::complex<double>> complex_store;
  const BasicModel<std::complex<double>> complex(complex_store, architecture);

  Rng rng(s.seed);
  const by_hand::Case c = first_window(o, text, model.state_parts(), rng);
  Verdicts verdicts;
  verdicts.put(fmt::format("{}, {} symbols, {} x {} hidden units{}, {} weights, {}; {} steps of {} streams\n",
                           show(s.model, model_names), text.vocabulary.size(), s.layers, s.hidden,
                           s.embedding > 0 ? fmt::format(", embedding {}", s.embedding) : "", count_parameters(model),
                           checkpoint ? "those of the run" : "as training begins", s.seq_len, s.batch));
  verdicts.put(
      fmt::format("{:<14} {:<24} {:<9} {}   {}\n", "the tape and", "compared", "verdict", "error  ", "most off"));
  const Flat gradient = by_hand::tape_gradient(model, c);
  if (s.layers == 1 && s.embedding == 0)
    verdicts.put(
        "BPTT by hand", "every component",
        by_hand::compare(by_hand::blocks(model, c), gradient, by_hand::hand_gradient(model, c, formulas(s.model))));
  else verdicts.put("BPTT by hand   derived for one layer over one-hot characters alone\n");
  check_directions(model, complex, c, gradient, rng, verdicts);
  verdicts.finish();
  return 0;
}

}  // namespace char_rnn
