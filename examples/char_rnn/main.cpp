// char_rnn train FILE, sample DIR and the other verbs: each has a file in verbs/. options/ reads the command line,
// training/ has the step that the verbs share and the folder of a run, terminal/ the streams. This file turns what ends
// the program into an exit code and two lines on stderr.
#include <csignal>
#include <new>

#include "failure.hpp"
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
int run(const GradcheckOptions& options) { return gradcheck(options); }

int run(int argc, char** argv) {
  try {
    return std::visit([](const auto& command) { return run(command); }, parse(argc, argv));
  } catch (const Failure& e) {
    return report(e.code(), e.what(), e.hint());
  } catch (const std::bad_alloc&) {
    return report(Exit::usage, "out of memory", "use a smaller --hidden, --seq-len or --batch, or a shorter text");
  } catch (const std::exception& e) {
    const Failure bug =
        failure_of(xgrad::Error(e.what()), Exit::bug, "this is a bug of char_rnn; please report the command");
    return report(bug.code(), bug.what(), bug.hint());
  }
}

}  // namespace

}  // namespace char_rnn

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is then an error of write(), which TextOut knows
  return char_rnn::run(argc, argv);
}
