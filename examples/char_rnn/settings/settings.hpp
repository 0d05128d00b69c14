// What shapes a training: model, optimiser, schedule, windows, seed. The same text and the same settings give the same
// bytes after the same number of steps. Each setting is one line of `visit_settings`: from it come the option and its
// help, the key in a configuration file, what a checkpoint keeps, and what is compared when a run goes on.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <xgrad/models/models.hpp>

#include "rules.hpp"

namespace char_rnn {

enum class ModelKind { rnn, lstm, gru };
enum class Init { scaled, pytorch, char_rnn, min_char_rnn };
enum class EncodingChoice { automatic, utf8, bytes };

using xgrad::OptimizerKind;
using xgrad::ScheduleKind;

struct Settings {
  ModelKind model = ModelKind::lstm;
  xgrad::Index layers = 2;
  xgrad::Index hidden = 128;
  xgrad::Index embedding = 0;
  double dropout = 0;
  Init init = Init::scaled;
  double forget_bias = 1;

  xgrad::Index seq_len = 50;
  xgrad::Index batch = 50;
  std::optional<xgrad::Index> shards;
  SplitChoice split;
  EncodingChoice encoding = EncodingChoice::automatic;

  OptimizerKind optimizer = OptimizerKind::adam;
  std::optional<double> lr;
  double momentum = 0;
  std::optional<double> decay;
  double beta1 = 0.9, beta2 = 0.999;
  std::optional<double> weight_decay;
  ScheduleKind schedule = ScheduleKind::constant;
  std::int64_t warmup = 0;
  double lr_decay = 0.5;
  std::int64_t lr_decay_every = 5000;
  std::optional<std::int64_t> lr_decay_after;
  double min_lr = 0;
  double clip = 5;
  double clip_norm = 0;

  std::uint32_t seed = 1337;
  std::int64_t eval_every = 1000;
  std::optional<std::int64_t> steps;
  std::optional<double> seconds;
};

/// Gates of a cell: columns of its matrices for each hidden unit.
constexpr xgrad::Index gates_of(ModelKind model) {
  return model == ModelKind::rnn ? 1 : model == ModelKind::lstm ? 4 : 3;
}

/// The learning rate that a schedule begins with: what was asked for, or the optimiser's default.
inline double learning_rate(const Settings& s) {
  return s.lr.value_or(s.optimizer == OptimizerKind::sgd ? 0.001 : s.optimizer == OptimizerKind::adagrad ? 0.1 : 0.002);
}

/// The same, with what was left to defaults filled in.
inline Settings resolved(Settings s) {
  s.lr = learning_rate(s);
  s.decay = s.decay.value_or(0.95);
  s.weight_decay = s.weight_decay.value_or(0.01);
  s.lr_decay_after = s.lr_decay_after.value_or(s.lr_decay_every);
  return s;
}

/// How a setting is called on the command line and in files, what its help says, and its default there where a
/// default-constructed Settings does not tell.
struct Field {
  const char* name;
  const char* value;
  const char* help;
  const char* otherwise = nullptr;
};

inline constexpr std::int64_t max_hidden = 65536, max_steps = 1'000'000'000'000;
inline constexpr OneOf<ModelKind, 3> model_names{
    {{{"rnn", ModelKind::rnn}, {"lstm", ModelKind::lstm}, {"gru", ModelKind::gru}}}};
inline constexpr OneOf<Init, 4> init_names{{{{"scaled", Init::scaled},
                                             {"pytorch", Init::pytorch},
                                             {"char-rnn", Init::char_rnn},
                                             {"min-char-rnn", Init::min_char_rnn}}}};
inline constexpr OneOf<EncodingChoice, 3> encoding_names{
    {{{"auto", EncodingChoice::automatic}, {"utf8", EncodingChoice::utf8}, {"bytes", EncodingChoice::bytes}}}};
/// The names that the library has for these.
template <class E, std::size_t N>
OneOf<E, N> named(const std::array<E, N>& kinds) {
  OneOf<E, N> rule;
  for (std::size_t i = 0; i < N; ++i) rule.names[i] = {xgrad::name_of(kinds[i]).data(), kinds[i]};
  return rule;
}
inline const auto optimizer_names = named(xgrad::optimizer_kinds);
inline const auto schedule_names = named(xgrad::schedule_kinds);

/// Calls f(Field, value, rule) for each setting that shapes the model, in the order of the help.
template <class S, class F>
void visit_model_settings(S& s, F&& f) {
  f(Field{"model", "KIND", "cells of the layers: rnn (tanh), lstm or gru"}, s.model, model_names);
  f(Field{"layers", "N", "recurrent layers"}, s.layers, Between{1, 64});
  f(Field{"hidden", "H", "hidden units of each layer"}, s.hidden, Between{1, max_hidden});
  f(Field{"embedding", "E", "length of the vector that each symbol becomes; 0: one-hot"}, s.embedding,
    Between{0, max_hidden});
  f(Field{"seq-len", "T", "length of a window of text: gradients flow back no further"}, s.seq_len, Between{1, 65536});
  f(Field{"batch", "B", "windows of a step, from as many places of the text"}, s.batch, Between{1, 65536});
  f(Field{"init", "HOW",
          "first weights: scaled (so that signals keep their size), or as pytorch, char-rnn or min-char-rnn draws "
          "them"},
    s.init, init_names);
  f(Field{"forget-bias", "X", "first bias of the forget gates of an lstm"}, s.forget_bias, NotNegative{});
  f(Field{"seed", "N", "seed of the first weights and of all else that is drawn"}, s.seed, Between{0, 0xffffffff});
}

/// The same for those that shape what a step does with the model.
template <class S, class F>
void visit_step_settings(S& s, F&& f) {
  f(Field{"dropout", "P", "part of each layer's outputs that a step leaves out"}, s.dropout, Fraction{});
  f(Field{"shards", "N",
          "parts of a batch, which threads share out; last digits of the results depend on it, and not on the threads",
          "2, or --threads where that is more; at most --batch"},
    s.shards, Between{1, 1024});
  f(Field{"optimizer", "NAME", "sgd, adagrad, rmsprop, adam or adamw"}, s.optimizer, optimizer_names);
  f(Field{"lr", "X", "learning rate", "0.002; adagrad 0.1, sgd 0.001"}, s.lr, Positive{});
  f(Field{"momentum", "X", "momentum of sgd"}, s.momentum, Fraction{});
  f(Field{"decay", "X", "by what rmsprop's mean of squared gradients is multiplied each step", "0.95"}, s.decay,
    Fraction{});
  f(Field{"beta1", "X", "the same for adam's and adamw's mean of gradients"}, s.beta1, Fraction{});
  f(Field{"beta2", "X", "the same for their mean of squared gradients"}, s.beta2, Fraction{});
  f(Field{"weight-decay", "X", "weight decay of adamw", "0.01"}, s.weight_decay, NotNegative{});
  f(Field{"schedule", "NAME", "how the learning rate falls: constant, step, exponential or cosine"}, s.schedule,
    schedule_names);
  f(Field{"warmup", "N", "steps at the beginning in which the learning rate rises to --lr"}, s.warmup,
    Between{0, max_steps});
  f(Field{"lr-decay", "X", "factor by which the schedules step and exponential lower it"}, s.lr_decay, AtMostOne{});
  f(Field{"lr-decay-every", "N", "steps in which they do so once"}, s.lr_decay_every, Between{1, max_steps});
  f(Field{"lr-decay-after", "N", "steps before the schedule step does so first", "as --lr-decay-every"},
    s.lr_decay_after, Between{0, max_steps});
  f(Field{"min-lr", "X", "learning rate with which the schedule cosine ends"}, s.min_lr, NotNegative{});
  f(Field{"clip", "X",
          "limit of every element of the gradient of the loss summed over the window, as char-rnn has it; 0: none"},
    s.clip, NotNegative{});
  f(Field{"clip-norm", "X", "limit of the norm of the gradient of the loss per character, as nanoGPT has it; 0: none"},
    s.clip_norm, NotNegative{});
}

/// The same for those that say what is read and for how long.
template <class S, class F>
void visit_run_settings(S& s, F&& f) {
  f(Field{"steps", "N", "end after N steps", "10000, or no limit with --seconds"}, s.steps, Between{1, max_steps});
  f(Field{"seconds", "S",
          "end after S seconds, all included, but not before the first step; without --steps the schedule is fitted "
          "to them",
          "no limit"},
    s.seconds, Positive{});
  f(Field{"split", "T,V",
          "parts of the text to learn from and to validate on: 0.9,0.1 keeps its end, as nanoGPT does; "
          "0.95,0.05,streams the end of each stream of a batch, as char-rnn does"},
    s.split, TwoFractions{});
  f(Field{"eval-every", "N", "steps from one validation to the next"}, s.eval_every, Between{1, max_steps});
}

/// Those that are options by these names.
template <class S, class F>
void visit_options(S& s, F&& f) {
  visit_model_settings(s, f);
  visit_step_settings(s, f);
  visit_run_settings(s, f);
}

/// All settings: these, and the encoding, for which the command line has two flags.
template <class S, class F>
void visit_settings(S& s, F&& f) {
  visit_options(s, f);
  f(Field{"encoding", "HOW", "what a symbol is"}, s.encoding, encoding_names);
}

}  // namespace char_rnn
