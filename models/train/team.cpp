#include "team.hpp"

#include "../../autograd/core/error.hpp"

namespace xgrad {

namespace {

// Where all threads have a processor of their own: long beside waking a thread, short beside a training step.
constexpr std::chrono::microseconds spin_time{100};

void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

// ---- the caller's side

Team::Team(Index threads)
    : spin_(static_cast<unsigned>(threads) <= std::thread::hardware_concurrency() ? spin_time : spin_time * 0),
      failures_(static_cast<std::size_t>(threads)) {
  workers_.reserve(failures_.size() - 1);
  try {
    for (Index thread = 1; thread < threads; ++thread) workers_.emplace_back([this, thread] { stay(thread); });
  } catch (...) {
    dismiss();
    throw;
  }
}

Team::~Team() { dismiss(); }

Team::Turn::Turn(Team& team, const char* op) : team_(team) {
  if (team.taken_.test_and_set(std::memory_order_acquire))
    fail<TapeError>(op, "a run of this object is under way\nhint: nested runs and other threads need one of their own");
}

void Team::run(const Job& job) {
  const bool alone = workers_.empty() || job.tasks < 2;
  job_ = job;
  if (!alone) start();
  work(0);
  if (!alone) await(working_, [](std::uint32_t left) { return left == 0; });
  rethrow_first();
}

void Team::start() {
  working_.store(static_cast<std::uint32_t>(workers_.size()), std::memory_order_relaxed);
  jobs_.fetch_add(1, std::memory_order_release);
  jobs_.notify_all();
}

void Team::dismiss() {
  job_ = {};
  start();
  workers_.clear();  // joins
}

void Team::rethrow_first() {
  Failure* first = nullptr;
  for (Failure& f : failures_)
    if (f.what && (!first || f.task < first->task)) first = &f;
  if (!first) return;
  const std::exception_ptr what = first->what;
  for (Failure& f : failures_) f.what = nullptr;
  std::rethrow_exception(what);
}

// ---- the workers' side

void Team::stay(Index thread) noexcept {
  for (std::uint32_t done = 0;; ++done) {
    await(jobs_, [done](std::uint32_t given) { return given != done; });
    if (!job_.call) return;
    work(thread);
    if (working_.fetch_sub(1, std::memory_order_acq_rel) == 1) working_.notify_one();
  }
}

// ---- both

void Team::work(Index thread) noexcept {
  for (Index task = thread; task < job_.tasks; task += threads()) {
    try {
      job_.call(job_.f, task);
    } catch (...) {
      failures_[static_cast<std::size_t>(thread)] = {task, std::current_exception()};
      return;
    }
  }
}

// Returns when reached(value), and sees what was written before the value was.
void Team::await(std::atomic<std::uint32_t>& value, auto reached) const {
  std::uint32_t now = value.load(std::memory_order_acquire);
  if (reached(now)) return;
  const auto end = std::chrono::steady_clock::now() + spin_;
  do {
    for (int i = 0; i < 32; ++i) {
      if (reached(now = value.load(std::memory_order_acquire))) return;
      relax();
    }
  } while (std::chrono::steady_clock::now() < end);
  for (; !reached(now); now = value.load(std::memory_order_acquire)) value.wait(now, std::memory_order_acquire);
}

}  // namespace xgrad
