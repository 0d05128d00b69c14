// Data-parallel training: the same bits on any number of threads, and what happens where shards fail or nest.
#include <time.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>
#include <thread>

#include "../../heap.hpp"
#include "../../thrown.hpp"
#include "sharded_trainer.hpp"

using namespace xgrad;

namespace {

using Rnn = CharRnn<float>;
using Lstm = CharLstm<float>;

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

template <class M>
std::vector<float> run_of(const Setting& setting, int steps, Index count, Index threads) {
  ShardedTrainer<M> trainer(setting, count);
  Shards<float> shards(trainer.store(), count, threads);
  return trainer.run(steps, shards);
}

// One parameter, w = 3, for runs whose gradients one knows.
struct Square {
  ParamStore<double> store;
  Parameter<double> w = store.add(Array<double>{3});

  // The loss (shard + 1) w^2, of gradient 6 (shard + 1).
  double operator()(Index shard) const {
    const Var<double> loss = sum(w * w * double(shard + 1));
    backward(loss);
    return loss.item();
  }
  double gradient() { return store.gradients().of(w)[0]; }
};

template <class M>
void check_numbers_of_threads() {
  for (const Index count : {2, 3, 4}) {
    const auto one = run_of<M>({}, 60, count, 1);
    for (Index threads = 2; threads <= count; ++threads)
      BOOST_TEST(same_bits(run_of<M>({}, 60, count, threads), one), count << " shards, " << threads << " threads");
  }
}

template <class M>
void check_one_shard() {
  ShardedTrainer<M> plain({});
  Tape<float> tape;
  BOOST_TEST(same_bits(run_of<M>({}, 60, 1, 1), plain.run(60, tape)));
}

template <class M>
void check_gradients() {
  const Setting setting{.clip = 1e9};
  ShardedTrainer<M> whole(setting);
  Tape<double> tape;
  const auto want = whole.run(1, tape);
  double largest = 0;
  for (std::size_t i = 1; i <= whole.store().values().size(); ++i) largest = std::max(largest, std::abs(want[i]));
  for (const Index count : {2, 3, 4, 8}) {  // of 8 streams
    ShardedTrainer<M> parts(setting, count);
    Shards<double> shards(parts.store(), count, std::min(count, 2));
    const auto got = parts.run(1, shards);
    BOOST_TEST(got[0] == want[0], boost::test_tools::tolerance(1e-14));
    for (std::size_t i = 1; i <= whole.store().values().size(); ++i)
      BOOST_TEST(std::abs(got[i] - want[i]) <= 1e-14 * largest);
  }
}

// Seconds of processor time that this process spends while it sleeps.
double used_asleep(std::chrono::milliseconds time) {
  const auto used = [] {
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
  };
  const double before = used();
  std::this_thread::sleep_for(time);
  return used() - before;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(shards)

// ---- the numbers

BOOST_AUTO_TEST_CASE(bits_do_not_depend_on_the_number_of_threads) {
  BOOST_TEST_CONTEXT("rnn") check_numbers_of_threads<Rnn>();
  BOOST_TEST_CONTEXT("lstm") check_numbers_of_threads<Lstm>();
}

BOOST_AUTO_TEST_CASE(one_shard_is_training_without_shards) {
  BOOST_TEST_CONTEXT("rnn") check_one_shard<Rnn>();
  BOOST_TEST_CONTEXT("lstm") check_one_shard<Lstm>();
}

BOOST_AUTO_TEST_CASE(gradients_of_shards_sum_to_that_of_the_batch) {
  BOOST_TEST_CONTEXT("rnn") check_gradients<CharRnn<double>>();
  BOOST_TEST_CONTEXT("lstm") check_gradients<CharLstm<double>>();
}

// What lies equally spaced is summed in one product. Where an arena goes on to its next chunk depends on how large its
// chunks are, and so on what the tape has recorded before: another shard, had threads a tape each.
BOOST_AUTO_TEST_CASE(bits_do_not_depend_on_what_a_thread_recorded_before) {
  constexpr Index count = 4000,
                  width = 48;  // rows of 2730 products fill the first chunk, if nothing larger came before
  Rng rng(9);
  const auto rows = rng.normal_array<float>({count, width}, 1), weights = rng.normal_array<float>({1, width}, 1);
  const auto gradients = [&](Index threads) {
    ParamStore<float> store;
    const auto w = store.add(Shape{width, width});
    Shards<float> shards(store, 2, threads);
    shards.run([&](Index shard) {
      if (shard == 0) Tape<float>::current()->filled(Shape{300'000}, 0.0f);  // more than a chunk
      std::vector<Var<float>> y;
      for (Index i = 0; i < count; ++i)
        y.push_back(matmul(constant(std::span(rows.data() + i * width, width), {1, width}), w));
      const Var<float> loss = sum(stack(y) * constant(weights));
      backward(loss);
      return loss.item();
    });
    const auto flat = store.gradients().flat();
    return std::vector<float>(flat.begin(), flat.end());
  };
  BOOST_TEST(same_bits(gradients(1), gradients(2)));
}

// Flat buffers of several ranges, so that gradients are summed on several threads.
BOOST_AUTO_TEST_CASE(bits_of_large_sums) {
  const Setting wide{.vocabulary = 50, .hidden = 200, .steps = 3, .batch = 8};
  const auto one = run_of<Rnn>(wide, 4, 4, 1);
  for (const Index threads : {2, 3, 4}) BOOST_TEST(same_bits(run_of<Rnn>(wide, 4, 4, threads), one));
}

BOOST_AUTO_TEST_CASE(gradients_are_summed_in_the_order_of_the_shards) {
  ParamStore<float> store;
  const auto w = store.add(Array<float>{1}), unused = store.add(Array<float>{1});
  Shards<float> shards(store, 4, 2);
  const float terms[] = {1e8f, 1.0f, -1e8f, 1.0f};  // 1 in this order alone, but for its mirror image
  const float loss = shards.run([&](Index s) {
    const Var<float> y = sum(w * terms[s]);
    backward(y);
    return y.item();
  });
  BOOST_TEST(loss == 1);
  BOOST_TEST(store.gradients().of(w)[0] == 1);
  BOOST_TEST(store.gradients().of(unused)[0] == 0);
}

BOOST_AUTO_TEST_CASE(a_parameter_that_some_shards_do_not_use_and_a_store_that_grows) {
  Square a;
  Shards<double> shards(a.store, 3, 2);
  const auto loss_of = [&](const Parameter<double>& second) {
    return shards.run([&](Index s) { return s == 1 ? a(0) : (backward(sum(second * double(s + 5))), 0.0); });
  };
  const auto b = a.store.add(Array<double>{1, 1});
  loss_of(b);
  BOOST_TEST(a.gradient() == 6);
  BOOST_TEST(a.store.gradients().of(b)[1] == 12);
  const auto c = a.store.add(Shape{1000});  // the buffers move
  loss_of(c);
  BOOST_TEST(a.gradient() == 6);
  BOOST_TEST(a.store.gradients().of(b)[1] == 0);
  BOOST_TEST(a.store.gradients().of(c)[999] == 12);
}

BOOST_AUTO_TEST_CASE(ranges_cover_all_elements_once_and_begin_on_lines) {
  ParamStore<float> store;
  Shards<float> shards(store, 4, 4);
  for (const Size n : {1, 15, 16 * 1024, 2 * 16 * 1024, 100'000, 1'000'003}) {
    std::vector<std::uint8_t> times(static_cast<std::size_t>(n), 0);
    std::atomic<int> ranges = 0, crooked = 0;
    shards.for_ranges(n, [&](Size begin, Size end) {
      ++ranges;
      crooked += begin % 16 != 0;
      for (Size i = begin; i < end; ++i) ++times[std::size_t(i)];
    });
    BOOST_TEST(ranges == std::min(Size(4), std::max(Size(1), (n + 15) / 16 / 1024)));
    BOOST_TEST(crooked == 0);
    BOOST_TEST(std::count(times.begin(), times.end(), 1) == n);
  }
}

// ---- failures

BOOST_AUTO_TEST_CASE(the_lowest_shards_exception_comes_out_and_the_next_run_is_whole) {
  for (Index threads = 1; threads <= 4; ++threads)
    for (const bool swept : {false, true}) {
      Square square;
      Shards<double> shards(square.store, 4, threads);
      const auto failing = [&](Index s) {
        if (!swept && s >= 1) throw std::runtime_error("shard " + std::to_string(s));
        const double loss = square(s);
        if (s >= 1) throw std::runtime_error("shard " + std::to_string(s));
        return loss;
      };
      for (int i = 0; i < 20; ++i) {
        BOOST_TEST(thrown<std::runtime_error>([&] { shards.run(failing); }) == "shard 1");
        BOOST_TEST(thrown<TapeError>([&] { square.gradient(); }) ==
                   "[gradients] the last backward was cut short by an exception\nhint: call zero_grad() first");
        BOOST_TEST(shards.run(square) == 90);
        BOOST_TEST(square.gradient() == 60);
      }
      thrown<std::runtime_error>([&] { shards.run(failing); });
      square.store.zero_grad();
      BOOST_TEST(square.gradient() == 0);
    }
}

BOOST_AUTO_TEST_CASE(a_backward_that_a_shard_lets_fail_leaves_no_gradient) {
  Square square;
  Shards<double> shards(square.store, 2, 2);
  const auto half = [&](Index s) {
    if (s == 0) return square(s);
    const Var<double> y = sum(square.w * square.w);
    heap::fail_after(1);  // the sweep's first chunk
    try {
      backward(y);
    } catch (const std::bad_alloc&) {
    }
    heap::fail_after(0);
    return 0.0;
  };
  // One thread, so that it is this sweep whose allocation fails.
  Shards<double> alone(square.store, 2, 1);
  BOOST_TEST(thrown<TapeError>([&] { alone.run(half); }) ==
             "[gradients] the last backward was cut short by an exception\nhint: call zero_grad() first");
  BOOST_TEST(thrown<TapeError>([&] { square.gradient(); }).starts_with("[gradients] the last backward was cut short"));
  BOOST_TEST(shards.run(square) == 27);
}

BOOST_AUTO_TEST_CASE(the_lowest_ranges_exception_comes_out) {
  Square square;
  Shards<double> shards(square.store, 4, 4);
  for (int i = 0; i < 20; ++i)
    BOOST_TEST(thrown<std::runtime_error>([&] {
                 shards.for_ranges(1 << 20, [](Size begin, Size) {
                   if (begin > 0) throw std::runtime_error("from " + std::to_string(begin));
                 });
               }) == "from 262144");
  BOOST_TEST(shards.run(square) == 90);
}

BOOST_AUTO_TEST_CASE(counts_that_do_not_fit) {
  ParamStore<float> store;
  const auto message = [&](Index count, Index threads) {
    return thrown<ValueError>([&] { Shards<float>(store, count, threads); });
  };
  BOOST_TEST(message(0, 1) == "[shards] at least 1 shard is needed, got 0");
  BOOST_TEST(message(-2, 1) == "[shards] at least 1 shard is needed, got -2");
  BOOST_TEST(message(4, 0) == "[shards] threads must be in [1, shards], got 0 for 4 shards");
  BOOST_TEST(message(4, 5) == "[shards] threads must be in [1, shards], got 5 for 4 shards");
  BOOST_TEST(message(1, 2) == "[shards] threads must be in [1, shards], got 2 for 1 shard");
}

BOOST_AUTO_TEST_CASE(a_run_within_a_run_of_the_same_object) {
  const std::string message =
      "[shards] a run of this object is under way\nhint: nested runs and other threads need one of their own";
  Square square;
  for (const Index threads : {1, 2})
    for (const Index where : {0, 1}) {
      Shards<double> shards(square.store, 2, threads);
      const auto nested = [&](Index s) { return s == where ? shards.run(square) : square(s); };
      BOOST_TEST(thrown<TapeError>([&] { shards.run(nested); }) == message);
      const auto ranges = [&](Index s) {
        if (s == where) shards.for_ranges(100, [](Size, Size) {});
        return square(s);
      };
      BOOST_TEST(thrown<TapeError>([&] { shards.run(ranges); }) == message);
      BOOST_TEST(shards.run(square) == 27);
      // A shard that survives it has spoilt nothing.
      const auto caught = [&](Index s) {
        if (s == where) thrown<TapeError>([&] { shards.run(square); });
        return square(s);
      };
      BOOST_TEST(shards.run(caught) == 27);
      BOOST_TEST(square.gradient() == 18);
    }
}

BOOST_AUTO_TEST_CASE(an_object_that_cannot_be_made_leaves_no_thread_behind) {
  ParamStore<float> store;
  long failures = 0;
  for (;; ++failures) {
    heap::fail_after(failures + 1);
    try {
      const Shards<float> made(store, 4, 4);
      break;
    } catch (const std::bad_alloc&) {
    }
  }
  heap::fail_after(0);
  BOOST_TEST(failures >= 5);  // the list of threads, three threads, shards
}

// ---- company

BOOST_AUTO_TEST_CASE(the_callers_tape_is_current_again) {
  Square square;
  Shards<double> shards(square.store, 3, 2);
  Tape<double> mine;
  const Var<double> x = leaf(Array<double>{2});
  std::vector<Var<double>> escaped(3);
  std::atomic<int> mine_inside = 0;
  shards.run([&](Index s) {
    mine_inside += Tape<double>::current() == &mine;
    escaped[std::size_t(s)] = constant(1.0);
    return square(s);
  });
  BOOST_TEST(mine_inside == 0);
  BOOST_TEST(Tape<double>::current() == &mine);
  BOOST_TEST(mine.size() == 1);
  backward(sum(x * x));
  BOOST_TEST(x.grad()(0) == 4);
  for (const auto& v : escaped)
    BOOST_TEST(thrown<TapeError>([&] { v.item(); }) == "[item] the Var's tape is gone or belongs to another thread");
  BOOST_TEST(thrown<TapeError>([&] { shards.run([&](Index) { return (x * x).item(); }); }) ==
             "[mul] the Var, of shape (1), belongs to another tape of this thread\nhint: the current tape is the "
             "innermost in scope");
  BOOST_TEST(Tape<double>::current() == &mine);
}

BOOST_AUTO_TEST_CASE(one_object_within_a_shard_of_another) {
  Square a, b, c;
  Shards<double> outer(a.store, 2, 2), in_first(b.store, 3, 2), in_second(c.store, 3, 2);
  for (int i = 0; i < 100; ++i) {
    const double loss = outer.run([&](Index s) {
      const Var<double> before = a.w * double(s + 1);
      const double inner = s == 0 ? in_first.run(b) : in_second.run(c);
      backward(sum(before * a.w));
      return inner;
    });
    BOOST_TEST(loss == 2 * 54);
    BOOST_TEST(a.gradient() == 18);
    BOOST_TEST(b.gradient() == 36);
    BOOST_TEST(c.gradient() == 36);
  }
}

BOOST_AUTO_TEST_CASE(two_objects_in_two_threads_and_one_object_in_turn) {
  const auto want = run_of<Rnn>({}, 20, 2, 2);
  std::vector<float> got[2];
  std::thread threads[2];
  for (int i = 0; i < 2; ++i) threads[i] = std::thread([&got, i] { got[i] = run_of<Rnn>({}, 20, 2, 2); });
  for (auto& t : threads) t.join();
  BOOST_TEST(same_bits(got[0], want));
  BOOST_TEST(same_bits(got[1], want));

  ShardedTrainer<Rnn> trainer({}, 2);
  Shards<float> shards(trainer.store(), 2, 2);
  std::vector<float> all = trainer.run(7, shards), rest;
  std::thread([&] { rest = trainer.run(13, shards); }).join();
  all.insert(all.end(), rest.begin(), rest.end());
  BOOST_TEST(same_bits(all, want));
}

BOOST_AUTO_TEST_CASE(an_idle_object_uses_no_processor_and_ends_at_any_time) {
  using std::chrono::milliseconds;
  for (int i = 0; i < 50 && used_asleep(milliseconds(200)) > 1e-3; ++i) {  // OpenBLAS's threads spin at first
  }
  Square square;
  for (const Index threads : {1, 2, 4})
    for (int i = 0; i < 50; ++i) {
      Shards<double> shards(square.store, 4, threads);
      if (i % 2) shards.run(square);
      if (i != 49) continue;
      used_asleep(milliseconds(20));
      BOOST_TEST(used_asleep(milliseconds(200)) < 0.002);
    }
}

// ---- the heap

BOOST_AUTO_TEST_CASE(a_repeated_step_takes_nothing_from_the_heap_in_any_thread) {
  for (Index threads = 1; threads <= 4; ++threads) {
    ShardedTrainer<Rnn> trainer({}, 4);
    Shards<float> shards(trainer.store(), 4, threads);
    for (int i = 0; i < 3; ++i) trainer.step(shards);
    const long before = heap::allocations();
    for (int i = 0; i < 50; ++i) trainer.step(shards);
    BOOST_TEST(heap::allocations() - before == 0);
  }
}

BOOST_AUTO_TEST_SUITE_END()
