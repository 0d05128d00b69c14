// char_rnn train FILE, sample DIR and the other verbs: each has a file in verbs/. settings/ has what shapes a training,
// options/ reads the command line, model/ has the model whose cell is chosen by name, training/ the step and what is
// around it, run/ the folder of a run and its checkpoints, pages/ what is looked at in a browser, terminal/ the
// streams. failure.hpp turns what ends the program into an exit code and two lines on stderr.
#include <csignal>
#include <xgrad/ops/ops.hpp>

#include "failure.hpp"
#include "model/denormals.hpp"
#include "options/options.hpp"
#include "terminal/terminal.hpp"
#include "verbs/verbs.hpp"

namespace char_rnn {

namespace {

int run(const Help& help) {
  TextOut out;
  out.put(help.text);
  out.flush();
  return 0;
}
int run(const TrainOptions& options) { return train(options); }
int run(const SampleOptions& options) { return sample(options); }
int run(const EvalOptions& options) { return eval(options); }
int run(const GradcheckOptions& options) { return gradcheck(options); }
int run(const ReportOptions& options) { return report(options); }
int run(const VisualizeOptions& options) { return visualize(options); }
int run(const BenchOptions& options) { return bench(options); }
int run(const InfoOptions& options) { return info(options); }

/// The instruction set that the environment asks for must be one that there is: the first op would find out too, but
/// not know that it is the user's doing.
void check_environment() {
  try {
    xgrad::isa();
  } catch (const xgrad::ValueError& e) {
    throw failure_of(e, Exit::usage, "unset XGRAD_ARCH");
  }
}

int run(int argc, char** argv) {
  const Command command = parse(argc, argv);
  if (!std::holds_alternative<Help>(command)) check_environment();
  return std::visit([](const auto& options) { return run(options); }, command);
}

}  // namespace

}  // namespace char_rnn

int main(int argc, char** argv) {
  char_rnn::open_closed_streams();
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is then an error of write(), which TextOut knows
  std::signal(SIGXFSZ, SIG_IGN);  // and so is a file that has grown to its limit
  char_rnn::flush_denormals();
  return char_rnn::reported([&] { return char_rnn::run(argc, argv); });
}
