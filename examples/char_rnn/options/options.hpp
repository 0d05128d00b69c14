// The command line as values. Everything here has been checked; a preset has been applied.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <xgrad/models/text/vocabulary.hpp>

namespace char_rnn {

enum class OptimizerKind { sgd, adagrad };

/// Limits that both the command line and a checkpoint are held to.
inline constexpr std::int64_t max_hidden = 65536;

struct TrainOptions {
  std::filesystem::path text;
  std::optional<std::filesystem::path> out;
  std::optional<std::int64_t> steps;
  std::optional<double> seconds;
  xgrad::Index hidden = 128;
  xgrad::Index seq_len = 25;
  xgrad::Index batch = 16;
  OptimizerKind optimizer = OptimizerKind::adagrad;
  double lr = 0.1;
  double clip = 5.0;
  std::uint32_t seed = 1337;
  std::optional<xgrad::Encoding> encoding;  // none: as the text is
  std::optional<double> init;  // standard deviation of all first weights; none: init_weights' own. Only presets set it
};

struct SampleOptions {
  std::filesystem::path run;
  std::int64_t length = 1000;
  double temperature = 1.0;
  std::string prime;
  std::uint32_t seed = 1337;
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
  bool json = false;
};

/// A text that was asked for, and nothing else to do.
struct Help {
  std::string text;
};

using Command = std::variant<Help, TrainOptions, SampleOptions, GradcheckOptions, BenchOptions, InfoOptions>;

/// Throws Failure with Exit::usage for everything that it does not understand.
Command parse(int argc, const char* const* argv);

}  // namespace char_rnn
