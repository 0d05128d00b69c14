// The command line as values. Everything here has been checked; a preset and a configuration file have been applied.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "../settings/settings.hpp"

namespace char_rnn {

struct TrainOptions {
  std::filesystem::path text;
  std::optional<std::filesystem::path> out;        // neither: the next free folder in runs/
  std::optional<std::filesystem::path> resume;     // go on in this folder
  std::optional<std::filesystem::path> init_from;  // weights to begin with
  std::optional<xgrad::Index> threads;             // none: as many as there are processors and shards
  std::int64_t checkpoint_every = 1000, log_every = 100;
  Settings settings;
  std::set<std::string, std::less<>> given;  // settings that were named, without dashes
  std::vector<std::string> idle;             // "--momentum does nothing with --optimizer adam"
};

struct SampleOptions {
  std::filesystem::path run;
  std::int64_t length = 1000;
  std::int64_t count = 1;
  xgrad::Sampling how;
  std::string prime;
  std::optional<std::filesystem::path> prime_file;  // instead
  std::uint32_t seed = 1337;
};

/// What of a text eval scores.
enum class Part { all, validation, test };

struct EvalOptions {
  std::filesystem::path run, text;
  Part part = Part::all;
  xgrad::Index streams = 1;  // of all
  bool surprise = false;     // a line for each symbol
  bool json = false;
};

struct GradcheckOptions {
  std::optional<std::filesystem::path> run;  // none: first weights as train would draw them
  TrainOptions train;                        // the text, and what shapes the model and its windows
};

struct BenchOptions {
  TrainOptions train;  // without a text: a random one
  double seconds = 3;  // of measuring
  bool json = false;
};

struct InfoOptions {
  std::optional<std::filesystem::path> run;
  bool json = false;
};

struct ReportOptions {
  std::filesystem::path run;
  std::optional<std::filesystem::path> out;  // none: report.html in the run
};

struct VisualizeOptions {
  std::filesystem::path run, text;
  std::optional<std::filesystem::path> out;  // none: visualize.html in the run
  std::int64_t length = 4000;                // symbols of the text that are shown
};

/// A text that was asked for, and nothing else to do.
struct Help {
  std::string text;
};

using Command = std::variant<Help, TrainOptions, SampleOptions, EvalOptions, GradcheckOptions, BenchOptions,
                             InfoOptions, ReportOptions, VisualizeOptions>;

/// Throws Failure with Exit::usage for everything that it does not understand.
Command parse(int argc, const char* const* argv);

}  // namespace char_rnn
