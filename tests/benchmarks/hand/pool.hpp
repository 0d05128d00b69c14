// Threads that do the same thing on different data, again and again: what a training step needs. Between two calls they
// spin for some microseconds, since the next call usually comes at once, and then sleep.
#pragma once
#include <atomic>
#include <thread>
#include <vector>

namespace hand {

class Pool {
 public:
  /// The calling thread is number 0, and n - 1 are started.
  explicit Pool(int n) : n_(n) {
    for (int i = 1; i < n; ++i) threads_.emplace_back([this, i] { work(i); });
  }
  ~Pool() {
    call_ = nullptr;
    start();
    for (std::thread& t : threads_) t.join();
  }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  int size() const { return n_; }

  /// f(0), ..., f(n - 1), each in its thread; returns when all have. f may not throw.
  template <class F>
  void run(F&& f) {
    if (n_ == 1) return void(f(0));
    object_ = &f;
    call_ = [](void* object, int i) { (*static_cast<std::remove_reference_t<F>*>(object))(i); };
    left_.store(n_ - 1, std::memory_order_relaxed);
    start();
    f(0);
    for (int left; (left = left_.load(std::memory_order_acquire)) != 0;) await_change(left_, left);
  }

 private:
  static constexpr int spins = 4000;  // some tens of microseconds

  void start() {
    generation_.fetch_add(1, std::memory_order_release);
    generation_.notify_all();
  }
  static void await_change(const std::atomic<int>& x, int old) {
    for (int i = 0; i < spins; ++i) {
      if (x.load(std::memory_order_acquire) != old) return;
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    }
    x.wait(old, std::memory_order_acquire);
  }
  void work(int i) {
    for (int seen = 0;; ++seen) {
      await_change(generation_, seen);
      if (!call_) return;
      call_(object_, i);
      if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) left_.notify_one();
    }
  }

  int n_;
  void* object_ = nullptr;
  void (*call_)(void*, int) = nullptr;
  std::atomic<int> generation_{0}, left_{0};
  std::vector<std::thread> threads_;
};

}  // namespace hand
