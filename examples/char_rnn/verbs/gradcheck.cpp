// char_rnn gradcheck: the gradient of one window of the user's own text, on the user's own model, in four ways that
// share no code for the derivative (by_hand/four_ways.hpp). By the formulas it is compared component by component; by
// forward mode and complex step, which cost a forward pass for each direction, along 21 directions.
#include <fmt/format.h>
#include <algorithm>
#include <by_hand/four_ways.hpp>
#include <xgrad/autograd/gradcheck/probe.hpp>

#include "../failure.hpp"
#include "../terminal/terminal.hpp"
#include "../training/begin.hpp"
#include "../training/run.hpp"
#include "verbs.hpp"

namespace char_rnn {

namespace {

using namespace xgrad;
using by_hand::Agreement;
using by_hand::Flat;

// At least three steps of two streams, or some mistakes would not show; and not more work than a few seconds allow.
void choose_window(TrainOptions& o, double vocabulary) {
  constexpr double most = 6e7;  // multiplications in one forward pass
  const double each = double(o.hidden) * (double(o.hidden) + vocabulary);
  o.batch = std::max(o.batch, Index(2));
  o.seq_len = std::max(o.seq_len, Index(3));
  while (o.batch > 2 && each * o.seq_len * o.batch > most) o.batch = std::max(Index(2), o.batch / 2);
  while (o.seq_len > 3 && each * o.seq_len * o.batch > most) o.seq_len = std::max(Index(3), o.seq_len / 2);
}

by_hand::Case first_window(const TrainOptions& o, const Text& text, Rng& rng) {
  BpttWindows windows(text.ids, o.batch, o.seq_len);
  const Window window = windows.next();
  return {{window.inputs.begin(), window.inputs.end()},
          {window.targets.begin(), window.targets.end()},
          {rng.normal_array<double>({o.batch, o.hidden}, 0.5)}};
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
template <class Complex>
void check_directions(const CharRnn<double>& model, const Complex& complex, const by_hand::Case& c,
                      const Flat& gradient, Rng& rng, Verdicts& verdicts) {
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
  ParamStore<float> narrow_store;
  std::optional<Checkpoint> checkpoint;
  if (options.run) checkpoint.emplace(*options.run), o.hidden = checkpoint->hidden();
  choose_window(o, checkpoint ? checkpoint->vocabulary().size() : 100);
  const Text text = read_text(o, checkpoint ? &checkpoint->vocabulary() : nullptr);

  const CharRnn<float> narrow(narrow_store, {text.vocabulary.size(), o.hidden});
  checkpoint ? checkpoint->load_into(narrow) : init_weights(o, narrow);
  ParamStore<double> store;
  const CharRnn<double> model(store, {text.vocabulary.size(), o.hidden});
  const auto from = named_parameters(narrow);
  const auto to = named_parameters(model);
  for (std::size_t i = 0; i < from.size(); ++i)
    std::copy_n(from[i].parameter.data(), from[i].parameter.size(), to[i].parameter.mutable_value().begin());
  ParamStore<std::complex<double>> complex_store;
  const CharRnn<std::complex<double>> complex(complex_store, {text.vocabulary.size(), o.hidden});

  Rng rng(o.seed);
  const by_hand::Case c = first_window(o, text, rng);
  Verdicts verdicts;
  verdicts.put(fmt::format("tanh RNN, {} symbols, {} hidden units, {} weights, {}; {} steps of {} streams\n",
                           text.vocabulary.size(), o.hidden, count_parameters(model),
                           checkpoint ? "those of the run" : "as training begins", o.seq_len, o.batch));
  verdicts.put(
      fmt::format("{:<14} {:<24} {:<9} {}   {}\n", "the tape and", "compared", "verdict", "error  ", "most off"));
  const Flat gradient = by_hand::tape_gradient(model, c);
  verdicts.put("BPTT by hand", "every component",
               by_hand::compare(by_hand::blocks(model, c), gradient, by_hand::hand_gradient(model, c, by_hand::rnn)));
  check_directions(model, complex, c, gradient, rng, verdicts);
  verdicts.finish();
  return 0;
}

}  // namespace char_rnn
