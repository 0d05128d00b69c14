#include "interrupt.hpp"

#include <unistd.h>

#include <csignal>
#include <initializer_list>

namespace char_rnn {

namespace {

volatile std::sig_atomic_t noted = 0;

extern "C" void note(int signal) {
  if (noted != 0) _exit(128 + signal);
  noted = signal;
}

}  // namespace

void catch_interrupts() {
  for (const int signal : {SIGINT, SIGTERM}) {
    struct sigaction now {};
    if (sigaction(signal, nullptr, &now) != 0 || now.sa_handler == SIG_IGN) continue;
    struct sigaction ours {};
    ours.sa_handler = note;
    ours.sa_flags = SA_RESTART;
    sigemptyset(&ours.sa_mask);
    sigaction(signal, &ours, nullptr);
  }
}

int interrupted() { return noted; }

}  // namespace char_rnn
