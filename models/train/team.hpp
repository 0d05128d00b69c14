// A few threads that do numbered tasks together. The caller is thread 0, the others wait for him; task i is thread
// i % threads's, so that who does what is the same each time, and so is what each thread has kept.
//
// There is no queue and no lock. `run` writes the tasks down and counts `jobs_` up, which is what the workers watch;
// each counts `working_` down when it is done, which is what the caller watches. Both watch in turn by spinning, for
// about as long as lies between two phases of a training step, and by sleeping in the kernel (std::atomic::wait, a
// futex), so that an idle team costs nothing. Start reading at `run` in team.cpp.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <thread>
#include <type_traits>
#include <vector>

#include "../../autograd/core/shape.hpp"

namespace xgrad {

class Team {
 public:
  /// Starts threads - 1 threads. They inherit the rounding mode of the one that constructs, and may be waited for from
  /// any. Pre: threads >= 1. Throws std::system_error where the system has no more threads.
  explicit Team(Index threads);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  Index threads() const { return static_cast<Index>(failures_.size()); }

  /// The right to give the team tasks, one holder at a time.
  class Turn {
   public:
    /// Throws TapeError naming `op` where another turn is under way: within a task of this team, or in another thread.
    Turn(Team& team, const char* op);
    ~Turn() { team_.taken_.clear(std::memory_order_release); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    /// Calls f(i) for each i in [0, tasks), and returns when all have returned. Of what they throw, the exception of
    /// the lowest i is thrown here; the thread that had it leaves out the rest of its tasks. Allocates nothing.
    template <class F>
    void run(Index tasks, F&& f) const {
      using Function = std::remove_reference_t<F>;
      const auto call = [](const void* g, Index task) { (*static_cast<Function*>(const_cast<void*>(g)))(task); };
      team_.run({call, std::addressof(f), tasks});
    }

   private:
    Team& team_;
  };

 private:
  struct Job {
    void (*call)(const void* f, Index task) = nullptr;  // none: go home
    const void* f = nullptr;
    Index tasks = 0;
  };
  struct alignas(64) Failure {  // of one thread, in this job
    Index task = 0;
    std::exception_ptr what;
  };

  void run(const Job& job);
  void start();
  void dismiss();
  void work(Index thread) noexcept;
  void stay(Index thread) noexcept;
  void rethrow_first();
  void await(std::atomic<std::uint32_t>& value, auto reached) const;

  std::chrono::nanoseconds spin_;
  Job job_;  // written before jobs_ is counted up, read after
  std::vector<Failure> failures_;
  std::atomic_flag taken_;
  alignas(64) std::atomic<std::uint32_t> jobs_{0};     // how many have been given
  alignas(64) std::atomic<std::uint32_t> working_{0};  // workers that are not done with the last
  std::vector<std::jthread> workers_;                  // last: they use all that stands above
};

}  // namespace xgrad
