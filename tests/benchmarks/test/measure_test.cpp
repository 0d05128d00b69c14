// What the benchmarks measure with: agreement of the two sides, threads of the hand-written one, counted allocations,
// medians.
#include <stdlib.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <memory>
#include <new>

#include "../hand/lstm.hpp"
#include "../hand/rnn.hpp"
#include "../measure/allocations.hpp"
#include "../measure/rounds.hpp"
#include "../training/models.hpp"
#include "../training/side.hpp"

using namespace xgrad;

namespace {

constexpr bench::Workload small_rnn{"", 9, 6, 3, 0, 11}, small_lstm{"", 9, 6, 3, 2, 11};

// The hand-written side, but for one number.
class Wrong final : public bench::Side {
 public:
  Wrong(const bench::Workload& w, float in_gradient, float in_weight)
      : side_(bench::make_hand_side(w)), in_gradient_(in_gradient), in_weight_(in_weight) {}
  float step() override {
    const float loss = side_->step();
    gradients_.assign(side_->gradients().begin(), side_->gradients().end());
    weights_.assign(side_->weights().begin(), side_->weights().end());
    gradients_[3] += in_gradient_, weights_[5] += in_weight_;
    return loss;
  }
  std::span<const float> weights() const override { return weights_; }
  std::span<const float> gradients() override { return gradients_; }

 private:
  std::unique_ptr<bench::Side> side_;
  float in_gradient_, in_weight_;
  std::vector<float> gradients_, weights_;
};

bool disagree(const bench::Workload& w, float in_gradient, float in_weight) {
  const auto tape = bench::make_tape_side(w);
  Wrong wrong(w, in_gradient, in_weight);
  return bench::disagreement(*tape, wrong).has_value();
}

// Weights after three steps in double, by as many threads.
template <class Model>
std::vector<double> trained(const bench::Workload& w, int threads) {
  return bench::with_model<double>(w, [&](auto store, const auto& model) {
    const bench::Text text(w);
    hand::Trainer<double, Model> trainer({w.vocabulary, w.hidden, w.steps, w.batch}, w.lstm_layers, {2, true},
                                         bench::layout_of(model), store->values(), bench::training_of(w), threads);
    for (int i = 0; i < 3; ++i) trainer.step(text.inputs.data(), text.targets.data());
    return std::vector<double>(trainer.weights().begin(), trainer.weights().end());
  });
}

void check_threads(const std::vector<double>& one, const std::vector<double>& several) {
  BOOST_REQUIRE_EQUAL(one.size(), several.size());
  for (std::size_t i = 0; i < one.size(); ++i) BOOST_TEST(std::abs(one[i] - several[i]) <= 1e-9);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(benchmarks)

BOOST_AUTO_TEST_CASE(tape_and_hand_agree) {
  for (const auto& w : {small_rnn, small_lstm}) {
    const auto tape = bench::make_tape_side(w);
    const auto hand = bench::make_hand_side(w);
    BOOST_TEST(bench::disagreement(*tape, *hand).value_or("") == "");
  }
}

// Three steps, so that a state that is not carried, or goes to another shard's streams, is seen in the weights.
BOOST_AUTO_TEST_CASE(tapes_of_shards_agree_with_one) {
  for (const auto& w : {small_rnn, small_lstm})
    for (const int threads : {2, 3}) {
      const auto one = bench::make_tape_side(w), several = bench::make_tape_side(w, threads);
      BOOST_TEST(bench::disagreement(*one, *several).value_or("") == "");
      BOOST_TEST(several->nodes() > (threads - 1) * one->nodes());  // one stream alone takes fewer
      BOOST_TEST(several->nodes() <= threads * one->nodes());
      BOOST_TEST(several->memory() > 0);
    }
}

BOOST_AUTO_TEST_CASE(a_wrong_side_is_found) {
  for (const auto& w : {small_rnn, small_lstm}) {
    BOOST_TEST(!disagree(w, 0, 0));
    BOOST_TEST(disagree(w, 1e-3f, 0));
    BOOST_TEST(disagree(w, 0, 1e-3f));
    BOOST_TEST(disagree(w, std::nanf(""), 0));
    BOOST_TEST(disagree(w, 0, std::nanf("")));
  }
}

BOOST_AUTO_TEST_CASE(hand_threads_do_not_change_the_weights) {
  // 7 streams over 3 threads: parts of 3, 2 and 2.
  const bench::Workload rnn{"", 9, 5, 7, 0, 11}, lstm{"", 9, 5, 7, 2, 11};
  for (const int threads : {2, 3, 7}) {
    check_threads(trained<hand::Rnn<double>>(rnn, 1), trained<hand::Rnn<double>>(rnn, threads));
    check_threads(trained<hand::Lstm<double>>(lstm, 1), trained<hand::Lstm<double>>(lstm, threads));
  }
}

BOOST_AUTO_TEST_CASE(the_pool_runs_all_of_its_threads_each_time) {
  hand::Pool pool(3);
  std::array<int, 3> calls{};
  for (int i = 0; i < 2000; ++i) {
    if (i % 500 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));  // until they sleep
    pool.run([&](int k) { ++calls[std::size_t(k)]; });
    BOOST_REQUIRE((calls == std::array<int, 3>{i + 1, i + 1, i + 1}));
  }
}

BOOST_AUTO_TEST_CASE(every_kind_of_allocation_is_counted) {
  const auto counted = [](auto allocate) {
    const long before = bench::allocations();
    void* const p = allocate();
    const long n = bench::allocations() - before;
    return std::pair(n, p);
  };
  const auto check = [&](auto allocate) {
    const auto [n, p] = counted(allocate);
    BOOST_TEST(n == 1);
    BOOST_TEST(p);
    ::free(p);
  };
  check([] { return ::malloc(40); });
  check([] { return ::calloc(4, 10); });
  check([] { return ::realloc(nullptr, 40); });
  check([] { return ::aligned_alloc(64, 128); });
  check([] {
    void* p = nullptr;
    return ::posix_memalign(&p, 64, 100) == 0 ? p : nullptr;
  });
  const auto [n, p] = counted([]() -> void* { return new char[40]; });
  BOOST_TEST(n == 1);
  delete[] static_cast<char*>(p);
  BOOST_TEST(counted([]() -> void* { return nullptr; }).first == 0);
}

BOOST_AUTO_TEST_CASE(no_side_allocates_once_it_repeats) {
  for (const auto& w : {small_rnn, small_lstm}) {
    const auto tape = bench::make_tape_side(w);
    const auto hand = bench::make_hand_side(w);
    const auto tapes = bench::make_tape_side(w, 2);
    const auto threads = bench::make_hand_side(w, {.threads = 2});
    const std::initializer_list<bench::Side*> sides = {tape.get(), hand.get(), tapes.get(), threads.get()};
    // All before the first is counted: the count is that of the process, and a thread that starts may allocate.
    for (bench::Side* side : sides) side->step(), side->step();
    for (bench::Side* side : sides) {
      const long before = bench::allocations();
      side->step();
      const long taken = bench::allocations() - before;  // before the test framework allocates
      BOOST_TEST(taken == 0, w.str());
    }
  }
}

BOOST_AUTO_TEST_CASE(quantiles) {
  BOOST_TEST(bench::median({3}) == 3);
  BOOST_TEST(bench::median({9, 1, 2}) == 2);
  BOOST_TEST(bench::median({4, 1, 2, 3}) == 2.5);
  BOOST_TEST(bench::quantile({5, 1, 2, 3, 4}, 0.25) == 2);
  BOOST_TEST(bench::quantile({5, 1, 2, 3, 4}, 0.75) == 4);
  BOOST_TEST(bench::quantile({5, 1, 2, 3, 4}, 1) == 5);
}

BOOST_AUTO_TEST_CASE(rounds_take_turns) {
  std::string order;
  const auto slow = [](char name, std::string& log) {
    return [name, &log] {
      log += name;
      const double until = bench::now(bench::Clock::thread_cpu) + 3e-3;  // longer than a turn: one call each
      while (bench::now(bench::Clock::thread_cpu) < until) {
      }
    };
  };
  const auto c = bench::compare(bench::Clock::thread_cpu, 4, slow('a', order), slow('b', order));
  BOOST_TEST(order ==
             "bab"
             "abbaabba");
  BOOST_TEST(c.a >= 3e-3);
  BOOST_TEST(c.ratio > 0.5);
  BOOST_TEST(c.ratio < 2);
}

BOOST_AUTO_TEST_CASE(several_take_turns) {
  std::string order;
  const auto side = [&](char name) {
    return [&order, name] {
      order += name;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    };
  };
  const bench::Times t = bench::in_turns(bench::Clock::wall, 3, 1e-3, {side('a'), side('b'), side('c')});
  BOOST_TEST(order ==
             "cabc"
             "abccbaabc");
  BOOST_REQUIRE(t.size() == 3);
  for (const auto& times : t) {
    BOOST_REQUIRE(times.size() == 3);
    for (const double seconds : times) BOOST_TEST(seconds >= 2e-3);
  }
  BOOST_TEST((bench::quotients({6, 8}, {3, 2}) == std::vector<double>{2, 4}));
}

BOOST_AUTO_TEST_SUITE_END()
