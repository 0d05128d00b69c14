// The options of each verb that are no settings, as its help shows them: what they are called, what they do, and their
// defaults.
#pragma once

namespace char_rnn {

struct Spec {
  const char* name;
  const char* value;  // what the help calls it; empty for a flag
  const char* help;
};

inline constexpr Spec utf8_spec{"--utf8", "",
                                "the text is UTF-8, anything else an error (default: bytes where it is not UTF-8)"};
inline constexpr Spec bytes_spec{"--bytes", "", "the text is bytes"};
inline constexpr Spec preset_spec{
    "--preset", "NAME",
    "other defaults: notebook (a tanh layer of 10, one stream, sgd)\nor min-char-rnn (a tanh layer of 100, one stream, "
    "adagrad)"};
inline constexpr Spec config_spec{"--config", "FILE",
                                  "lines such as: hidden = 256; options of the command line come first"};
inline constexpr Spec json_spec{"--json", "", "one JSON object on one line instead of the table (default: the table)"};
inline constexpr Spec threads_spec{"--threads", "N",
                                   "threads of a step; more than 2 make as many shards, where\n--shards does not say "
                                   "how many (default: processors, at most --shards)"};

inline constexpr Spec train_specs[] = {
    {"--out", "DIR", "folder of a new run (default runs/<name of FILE>, then the next free -2, -3)"},
    {"--resume", "DIR", "go on with the run in this folder, with the options that it was begun with"},
    {"--init-from", "RUN", "begin with the weights of a run or a file"},
    {"--checkpoint-every", "N", "steps from one saving to the next (default 1000)"},
    threads_spec,
    utf8_spec,
    bytes_spec,
    preset_spec,
    config_spec,
};

inline constexpr Spec gradcheck_specs[] = {utf8_spec, bytes_spec, preset_spec, config_spec};

inline constexpr Spec sample_specs[] = {
    {"--length", "N", "symbols to draw (default 1000)"},
    {"--count", "N", "texts of that length, a line of dashes between them (default 1)"},
    {"--temperature", "X", "below 1 bolder, above 1 wilder (default 1)"},
    {"--top-k", "K", "draw among the K most probable; 0: among all (default 0)"},
    {"--argmax", "", "always take the most probable"},
    {"--prime", "TEXT", "text to continue (default: none, as after a line end)"},
    {"--prime-file", "FILE", "the same from a file"},
    {"--seed", "N", "seed of the draws (default 1337)"},
};

inline constexpr Spec eval_specs[] = {
    {"--streams", "N", "read N parts of the text side by side, each after 512 symbols of context (default 1)"},
    {"--surprise", "", "a line for each symbol before the figures: its place, its nats, itself"},
    json_spec,
};

inline constexpr Spec bench_specs[] = {
    threads_spec, utf8_spec,   bytes_spec,
    preset_spec,  config_spec, {"--seconds", "S", "measure for S seconds, one round at least (default 3)"},
    json_spec,
};

inline constexpr Spec info_specs[] = {json_spec};
inline constexpr Spec report_specs[] = {{"--out", "FILE", "where the page goes (default report.html in DIR)"}};
inline constexpr Spec visualize_specs[] = {
    {"--out", "FILE", "where the page goes (default visualize.html in the folder of the run)"},
    {"--length", "N", "show the first N symbols (default 4000)"}};

}  // namespace char_rnn
