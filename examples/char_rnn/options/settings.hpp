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
  f(Field{"model", "KIND", "cells of the model: rnn (tanh), lstm or gru"}, s.model, model_names);
  f(Field{"layers", "N", "recurrent layers"}, s.layers, Between{1, 64});
  f(Field{"hidden", "H", "hidden units of each layer"}, s.hidden, Between{1, max_hidden});
  f(Field{"embedding", "E", "width of the symbols' vectors; 0: one-hot"}, s.embedding, Between{0, max_hidden});
  f(Field{"seq-len", "T", "symbols through which gradients flow back"}, s.seq_len, Between{1, 65536});
  f(Field{"batch", "B", "streams that are read side by side"}, s.batch, Between{1, 65536});
  f(Field{"init", "HOW", "first weights: scaled to keep lengths, or as pytorch, char-rnn or\nmin-char-rnn has them"},
    s.init, init_names);
  f(Field{"forget-bias", "X", "first bias of an lstm's forget gates"}, s.forget_bias, NotNegative{});
  f(Field{"seed", "N", "seed of the first weights and of all that is drawn"}, s.seed, Between{0, 0xffffffff});
}

/// The same for those that shape what a step does with the model.
template <class S, class F>
void visit_step_settings(S& s, F&& f) {
  f(Field{"dropout", "P", "part of each layer's outputs left out on the way up"}, s.dropout, Fraction{});
  f(Field{"shards", "N", "parts of a batch that threads share out; digits depend on it", "2, or the threads"}, s.shards,
    Between{1, 1024});
  f(Field{"optimizer", "NAME", "sgd, adagrad, rmsprop, adam or adamw"}, s.optimizer, optimizer_names);
  f(Field{"lr", "X", "learning rate", "0.002; adagrad 0.1, sgd 0.001"}, s.lr, Positive{});
  f(Field{"momentum", "X", "of sgd"}, s.momentum, Fraction{});
  f(Field{"decay", "X", "of rmsprop's mean square", "0.95"}, s.decay, Fraction{});
  f(Field{"beta1", "X", "of adam's and adamw's mean"}, s.beta1, Fraction{});
  f(Field{"beta2", "X", "of adam's and adamw's mean square"}, s.beta2, Fraction{});
  f(Field{"weight-decay", "X", "of adamw", "0.01"}, s.weight_decay, NotNegative{});
  f(Field{"schedule", "NAME", "of the learning rate: constant, step, exponential or cosine"}, s.schedule,
    schedule_names);
  f(Field{"warmup", "N", "steps in which the learning rate rises from 0"}, s.warmup, Between{0, max_steps});
  f(Field{"lr-decay", "X", "factor of the schedules step and exponential"}, s.lr_decay, AtMostOne{});
  f(Field{"lr-decay-every", "N", "steps in which it is applied once"}, s.lr_decay_every, Between{1, max_steps});
  f(Field{"lr-decay-after", "N", "steps after which step begins", "as --lr-decay-every"}, s.lr_decay_after,
    Between{0, max_steps});
  f(Field{"min-lr", "X", "at which the schedule cosine ends"}, s.min_lr, NotNegative{});
  f(Field{"clip", "X",
          "limit of every element of the gradient of the loss summed over time,\nas char-rnn has it; 0: none"},
    s.clip, NotNegative{});
  f(Field{"clip-norm", "X", "limit of the norm of the gradient of the loss per character,\nas nanoGPT has it; 0: none"},
    s.clip_norm, NotNegative{});
}

/// The same for those that say what is read and for how long.
template <class S, class F>
void visit_run_settings(S& s, F&& f) {
  f(Field{"split", "T,V",
          "parts of the text to learn from and, at its end, to validate on: 0.9,0.1\n"
          "as nanoGPT; 0.95,0.05,streams: the end of each stream, as char-rnn"},
    s.split, TwoFractions{});
  f(Field{"eval-every", "N", "steps from one validation to the next"}, s.eval_every, Between{1, max_steps});
  f(Field{"steps", "N", "stop after N steps", "10000 without --seconds"}, s.steps, Between{1, max_steps});
  f(Field{"seconds", "S",
          "end after S seconds of wall time, all in all; without --steps,\nschedules are fitted to them", "no limit"},
    s.seconds, Positive{});
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
