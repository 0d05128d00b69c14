#include "interrupt.hpp"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <initializer_list>

namespace char_rnn {

namespace {

std::atomic<int> noted = 0;
std::atomic<std::int64_t> noted_at = 0;  // milliseconds
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<std::int64_t>::is_always_lock_free);

// One wish may come twice: timeout(1) signals the process and then its group.
constexpr std::int64_t at_once = 500;  // milliseconds

extern "C" void note(int signal) {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const std::int64_t ms = std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
  int none = 0;
  if (noted.compare_exchange_strong(none, signal)) noted_at = ms;
  else if (noted_at != 0 && ms - noted_at > at_once) _exit(128 + signal);
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
