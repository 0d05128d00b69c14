// Training on several threads: the batch in shards, one tape for each, gradients summed in the shards' order.
//
// A shard is a part of the batch. How many there are is part of the computation, as the batch size is; how many threads
// do them is not. A shard is recorded and swept by one thread on a tape of its own, into a gradient buffer of its own,
// and the sums over shards are taken element by element in the shards' order. So no bit of the loss, of the gradients
// or of the weights depends on the number of threads. That each *shard* has a tape, and not each thread, is part of
// this: where arrays lie in an arena depends on what its tape recorded before, and the sweep takes as one product what
// lies equally spaced.
#pragma once
#include <algorithm>
#include <deque>

#include "../../autograd/tape/tape.hpp"
#include "team.hpp"

namespace xgrad {

template <class T>
class Shards {
 public:
  /// Starts threads - 1 threads, which sleep when there is nothing to do; the caller of run is the first thread. The
  /// store must outlive this object. Throws ValueError unless 1 <= threads <= shards, std::system_error where the
  /// system has no more threads.
  Shards(ParamStore<T>& store, Index shards, Index threads);

  Index count() const { return static_cast<Index>(parts_.size()); }
  Index threads() const { return team_.threads(); }

  /// Calls f(shard) for each shard in [0, count()), on thread shard % threads(), with that shard's tape, cleared, as
  /// the current one. f records, calls backward() itself, copies out what shall outlive the call (a hidden state), and
  /// returns its loss, of type T. Returns the sum of the losses, and leaves the sum of the gradients in
  /// store.gradients(), whatever that held before: zero_grad() is not needed. The caller's own tape is current again
  /// afterwards.
  ///
  /// A mean over the batch is no sum: average each shard's loss over the whole batch (WindowParts::batch), not over the
  /// shard.
  ///
  /// Several threads are in f at once. They share the parameters' values, so nobody may change those meanwhile; and f
  /// must neither differentiate by parameters of another store nor ask parameters for their grad().
  ///
  /// Throws what f throws, the lowest shard's exception first; store.gradients() is then incomplete, as after a
  /// backward that was cut short, until the next run() or zero_grad(). Throws TapeError within f, or while another
  /// thread is in run() or for_ranges() of the same object. Allocates nothing once the steps repeat.
  template <class F>
  T run(F&& f) {
    const Team::Turn turn(team_, "shards");
    try {
      turn.run(count(), [&](Index shard) {
        Part& part = parts_[static_cast<std::size_t>(shard)];
        const TapeScope<T> scope(part.tape);
        part.tape.clear();
        part.gradients.zero_grad();
        part.loss = f(shard);
      });
      return add_up(turn);
    } catch (...) {
      store_.gradients().mark_incomplete();
      throw;
    }
  }

  /// Calls f(begin, end) for ranges that together are [0, n), on several threads where n is large: for loops over a
  /// store's flat buffers that treat each element by itself, so that their bits do not depend on how they are cut.
  /// Ranges begin on 64-byte lines of such a buffer. Throws what f throws, the lowest range's exception first, and
  /// TapeError as run() does.
  template <class F>
  void for_ranges(Size n, F&& f) {
    in_ranges(Team::Turn(team_, "shards"), n, f);
  }

 private:
  struct alignas(64) Part {
    Tape<T> tape{out_of_scope};
    GradientBuffer<T> own;
    GradientBuffer<T>& gradients;  // the first shard's are the store's, so that one shard is training as it always was
    T* flat = nullptr;             // of gradients
    T loss = 0;

    Part(ParamStore<T>& store, bool first) : own(store), gradients(first ? store.gradients() : own) {
      tape.gradients_into(gradients);
    }
  };
  static constexpr Size line = 64 / static_cast<Size>(sizeof(T));
  static constexpr Size block = 256 * line;  // elements, 16 KiB: of so many all shards are summed at once
  static constexpr Size least_lines = 1024;  // in a range: less is done sooner than another thread is told of it

  template <class F>
  void in_ranges(const Team::Turn& turn, Size n, const F& f) {
    const Size lines = (n + line - 1) / line;
    const Index ranges = static_cast<Index>(std::clamp(lines / least_lines, Size(1), Size(threads())));
    turn.run(ranges, [&](Index i) { f(lines * i / ranges * line, std::min(n, lines * (i + 1) / ranges * line)); });
  }
  T add_up(const Team::Turn& turn);

  ParamStore<T>& store_;
  std::deque<Part> parts_;  // as many as there are shards; they stay where they are
  Team team_;
};

extern template class Shards<float>;
extern template class Shards<double>;

}  // namespace xgrad
