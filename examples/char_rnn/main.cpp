// char_rnn train FILE, sample DIR, gradcheck FILE: the verbs are in files of their own, options in options.cpp. This
// file turns what ends the program into an exit code and two lines on stderr.
#include <csignal>
#include <new>
#include <xgrad/ops/kernels/isa.hpp>

#include "failure.hpp"
#include "options.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

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

// XGRAD_ARCH is the caller's, as options are; a wrong one is found out before anything is read or written.
void choose_instruction_set() try { xgrad::isa(); } catch (const xgrad::ValueError& e) {
  throw failure_of(e, Exit::usage, "");
}

int run(int argc, char** argv) {
  try {
    const auto command = parse(argc, argv);
    if (!std::holds_alternative<Help>(command)) choose_instruction_set();
    return std::visit([](const auto& c) { return run(c); }, command);
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
