// The options of each verb that are no settings, as its help shows them: what they are called, what they do, and their
// defaults.
#pragma once

namespace char_rnn {

struct Spec {
  const char* name;
  const char* value;  // what the help calls it; empty for a flag
  const char* help;
};

inline constexpr Spec utf8_spec{
    "--utf8", "", "symbols are characters; a text that is not UTF-8 is refused (default: bytes where it is not)"};
inline constexpr Spec bytes_spec{"--bytes", "", "symbols are bytes, also where the text is UTF-8"};
inline constexpr Spec preset_spec{"--preset", "NAME",
                                  "other defaults: notebook (a tanh layer of 10, one stream, sgd) or min-char-rnn (a "
                                  "tanh layer of 100, one stream, adagrad) (default: none)"};
inline constexpr Spec config_spec{
    "--config", "FILE",
    "a file of options, one a line, such as: hidden = 256; the command line comes first (default: none)"};
inline constexpr Spec json_spec{"--json", "", "one JSON object on one line instead of the table"};
inline constexpr Spec threads_spec{"--threads", "N",
                                   "threads that a step is shared out to; more than 2 make as many shards, where "
                                   "--shards says nothing (default: as many as processors, at most --shards)"};

inline constexpr Spec train_specs[] = {
    {"--out", "DIR",
     "folder of the new run (default: runs/NAME for NAME.txt, or the next free of NAME-2, NAME-3, ...)"},
    {"--resume", "DIR",
     "go on with the run in this folder, interrupted or with larger --steps or --seconds; other options may be left "
     "away (default: a new run)"},
    {"--init-from", "RUN", "begin with the weights of this run, or of a checkpoint (default: random ones, by --init)"},
    {"--checkpoint-every", "N",
     "steps from one saving to the next, besides once a minute and at the end (default 1000)"},
    {"--log-every", "N", "steps from one line of log.jsonl on how training goes to the next (default 100)"},
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
    {"--prime-file", "FILE", "the same from a file (default: none)"},
    {"--seed", "N", "seed of the draws (default 1337)"},
};

inline constexpr Spec eval_specs[] = {
    {"--part", "NAME",
     "all of the text, or what the run's --split kept of it from training: validation or test (default all)"},
    {"--streams", "N", "read N parts of the text side by side, each after 512 symbols of context (default 1)"},
    {"--surprise", "", "before the figures a line for each symbol: its place, its nats, itself; JSON with --json"},
    json_spec,
};

inline constexpr Spec bench_specs[] = {
    {"--threads", "N", "threads that a step is shared out to; more than 2 make as many shards (default 1)"},
    utf8_spec,
    bytes_spec,
    preset_spec,
    config_spec,
    {"--seconds", "S",
     "measure for S seconds, one round at least; not taken from a file, where it is train's (default 3)"},
    json_spec,
};

inline constexpr Spec info_specs[] = {json_spec};
inline constexpr Spec report_specs[] = {{"--out", "FILE", "where the page goes (default: report.html in DIR)"}};
inline constexpr Spec visualize_specs[] = {
    {"--out", "FILE", "where the page goes (default: visualize.html in the folder of the run)"},
    {"--length", "N", "show the first N symbols (default 4000)"}};

}  // namespace char_rnn
