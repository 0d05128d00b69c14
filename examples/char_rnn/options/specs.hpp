// The options of each verb, as its help shows them: what they are called, what they do, and their defaults.
#pragma once

namespace char_rnn {

struct Spec {
  const char* name;
  const char* value;  // what the help calls it; empty for a flag
  const char* help;
};

inline constexpr Spec hidden_spec{"--hidden", "H", "hidden units (default 128)"};
inline constexpr Spec seq_len_spec{"--seq-len", "T", "symbols through which gradients flow back (default 25)"};
inline constexpr Spec batch_spec{"--batch", "B", "streams that are read side by side (default 16)"};
inline constexpr Spec utf8_spec{"--utf8", "",
                                "the text is UTF-8, anything else an error (default: bytes where it is not UTF-8)"};
inline constexpr Spec bytes_spec{"--bytes", "", "the text is bytes"};
inline constexpr Spec preset_spec{
    "--preset", "NAME",
    "other defaults: notebook (H 10, one stream, sgd)\nor min-char-rnn (H 100, one stream, adagrad)"};

inline constexpr Spec optimizer_spec{"--optimizer", "NAME", "sgd or adagrad (default adagrad)"};
inline constexpr Spec json_spec{"--json", "", "one JSON object on one line instead of the table (default: the table)"};

inline constexpr Spec train_specs[] = {
    {"--out", "DIR", "folder of the run (default runs/<name of FILE>, then the next free -2, -3)"},
    {"--steps", "N", "stop after N steps (default 50000 where --seconds is not given)"},
    {"--seconds", "S", "stop after S seconds, or after --steps, whichever comes first (default: no limit)"},
    hidden_spec,
    seq_len_spec,
    batch_spec,
    optimizer_spec,
    {"--lr", "X", "learning rate (default 0.1 for adagrad, 0.001 for sgd)"},
    {"--clip", "X", "limit of every element of the gradient (default 5)"},
    {"--seed", "N", "seed of the first weights and of the samples (default 1337)"},
    utf8_spec,
    bytes_spec,
    preset_spec,
};

inline constexpr Spec gradcheck_specs[] = {
    hidden_spec, seq_len_spec,
    batch_spec,  {"--seed", "N", "seed of the first weights, states and directions (default 1337)"},
    utf8_spec,   bytes_spec,
    preset_spec,
};

inline constexpr Spec sample_specs[] = {
    {"--length", "N", "symbols to draw (default 1000)"},
    {"--temperature", "X", "below 1 bolder, above 1 wilder (default 1)"},
    {"--prime", "TEXT", "text to continue (default: none, as after a line end)"},
    {"--seed", "N", "seed of the draws (default 1337)"},
};

// Of train's, those that shape the work of a step.
inline constexpr Spec bench_specs[] = {
    hidden_spec,
    seq_len_spec,
    batch_spec,
    optimizer_spec,
    {"--seed", "N", "seed of the first weights and of the random text (default 1337)"},
    utf8_spec,
    bytes_spec,
    preset_spec,
    {"--seconds", "S", "measure for S seconds, one round at least (default 3)"},
    json_spec,
};

inline constexpr Spec info_specs[] = {json_spec};

}  // namespace char_rnn
