#include "../../../models/train/evaluation.hpp"

#include <boost/test/unit_test.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "../../../autograd/core/error.hpp"
#include "../../../autograd/core/rng.hpp"
#include "../../heap.hpp"
#include "../../thrown.hpp"

using namespace xgrad;

namespace {

// Every symbol differs, so that a window shows where it was taken.
Ids counting(Size n) {
  std::vector<std::uint16_t> ids(static_cast<std::size_t>(n));
  std::iota(ids.begin(), ids.end(), std::uint16_t{0});
  return Ids(std::move(ids));
}

std::vector<Index> listed(std::span<const Index> ids) { return {ids.begin(), ids.end()}; }

/// What a window says of stream s: "begin-end" of its scored steps.
std::string scored(const ScoredWindow& w, std::size_t s) {
  return std::to_string(w.scored[s].begin) + "-" + std::to_string(w.scored[s].end);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(evaluation)

BOOST_AUTO_TEST_CASE(streams_in_lockstep) {
  const Ids ids = counting(30);
  ScoredWindows windows(ids, {{5, 4, 2}, {20, 5, 2}, {10, 1, 0}}, 3);
  BOOST_TEST(windows.streams() == 3);
  BOOST_TEST(windows.seq_len() == 3);
  BOOST_TEST(windows.count() == 3);
  BOOST_TEST(windows.targets() == 10);
  for (int pass = 0; pass < 2; ++pass) {
    const auto first = windows.next();
    BOOST_TEST_REQUIRE(first.has_value());
    BOOST_TEST(first->window.starts_over);
    BOOST_TEST(listed(first->window.inputs) == (std::vector<Index>{2, 17, 9, 3, 18, 0, 4, 19, 0}));
    BOOST_TEST(listed(first->window.targets) == (std::vector<Index>{3, 18, 10, 4, 19, 0, 5, 20, 0}));
    BOOST_TEST(scored(*first, 0) == "2-3");
    BOOST_TEST(scored(*first, 1) == "2-3");
    BOOST_TEST(scored(*first, 2) == "0-1");
    const auto second = windows.next();
    BOOST_TEST_REQUIRE(second.has_value());
    BOOST_TEST(!second->window.starts_over);
    BOOST_TEST(listed(second->window.inputs) == (std::vector<Index>{5, 20, 0, 6, 21, 0, 7, 22, 0}));
    BOOST_TEST(scored(*second, 0) == "0-3");
    BOOST_TEST(scored(*second, 2) == "0-0");
    const auto third = windows.next();
    BOOST_TEST_REQUIRE(third.has_value());
    BOOST_TEST(listed(third->window.targets) == (std::vector<Index>{0, 24, 0, 0, 0, 0, 0, 0, 0}));
    BOOST_TEST(scored(*third, 0) == "0-0");
    BOOST_TEST(scored(*third, 1) == "0-1");
    BOOST_TEST(!windows.next().has_value());
    BOOST_TEST(!windows.next().has_value());
    windows.rewind();
  }
}

// A warm-up longer than a window: nothing of the first is scored.
BOOST_AUTO_TEST_CASE(a_long_warm_up) {
  const Ids ids = counting(30);
  ScoredWindows windows(ids, {{11, 2, 7}}, 3);
  BOOST_TEST(windows.count() == 3);
  BOOST_TEST(scored(*windows.next(), 0) == "3-3");
  BOOST_TEST(scored(*windows.next(), 0) == "3-3");
  const auto last = windows.next();
  BOOST_TEST(scored(*last, 0) == "1-3");
  BOOST_TEST(listed(last->window.targets) == (std::vector<Index>{10, 11, 12}));
}

BOOST_AUTO_TEST_CASE(every_target_is_scored_once_after_its_context) {
  Rng rng(8);
  for (int i = 0; i < 300; ++i) {
    const Size n = 2 + rng.below(300), begin = 1 + rng.below(Index(n - 1)), count = 1 + rng.below(Index(n - begin));
    const Ids ids = counting(n);
    const auto ranges = scored_ranges(begin, count, 1 + rng.below(8), rng.below(40));
    const Index steps = 1 + rng.below(12);
    ScoredWindows windows(ids, ranges, steps);
    const std::size_t streams = ranges.size();
    std::vector<int> times(static_cast<std::size_t>(n));
    std::vector<Size> expected;  // the next target of each stream
    for (const ScoredRange& r : ranges) expected.push_back(r.begin - r.warm_up);
    Size number = 0;
    for (; const auto w = windows.next(); ++number) {
      BOOST_TEST(w->window.starts_over == (number == 0));
      BOOST_TEST_REQUIRE(w->scored.size() == streams);
      BOOST_TEST_REQUIRE(w->window.targets.size() == streams * std::size_t(steps));
      for (std::size_t s = 0; s < streams; ++s)
        for (Index t = 0; t < steps; ++t) {
          const Index input = w->window.inputs[std::size_t(t) * streams + s];
          const Index target = w->window.targets[std::size_t(t) * streams + s];
          if (expected[s] < ranges[s].begin + ranges[s].count) {
            BOOST_TEST_REQUIRE(target == expected[s]);
            BOOST_TEST_REQUIRE(input == target - 1);
          }
          const bool counts = t >= w->scored[s].begin && t < w->scored[s].end;
          BOOST_TEST_REQUIRE(counts ==
                             (expected[s] >= ranges[s].begin && expected[s] < ranges[s].begin + ranges[s].count));
          if (counts) ++times[std::size_t(target)];
          ++expected[s];
        }
    }
    BOOST_TEST(number == windows.count());
    BOOST_TEST(windows.targets() == count);
    for (Size k = 0; k < n; ++k) BOOST_TEST_REQUIRE(times[std::size_t(k)] == int(k >= begin && k < begin + count));
  }
}

BOOST_AUTO_TEST_CASE(next_allocates_nothing) {
  const Ids ids = counting(1000);
  ScoredWindows windows(ids, scored_ranges(100, 900, 7, 20), 9);
  const long before = heap::allocations();
  for (int pass = 0; pass < 3; ++pass, windows.rewind())
    while (windows.next()) {
    }
  BOOST_TEST(heap::allocations() == before);
}

BOOST_AUTO_TEST_CASE(ranges_that_are_not_in_the_text) {
  const Ids ids = counting(12);
  const auto refusal = [&](const ScoredRange& r) {
    return thrown<ValueError>([&] { ScoredWindows(ids, {{1, 2, 0}, r}, 3); });
  };
  const auto says = [](const std::string& count, const std::string& begin, const std::string& warm_up) {
    return "[evaluation] range 1, " + count + " targets from " + begin + " on after a warm-up of " + warm_up +
           ", is not within a text of 12 symbols";
  };
  BOOST_TEST(refusal({5, 10, 2}) == says("10", "5", "2"));
  BOOST_TEST(refusal({13, 0, 2}) == says("0", "13", "2"));
  BOOST_TEST(refusal({5, 2, 5}) == says("2", "5", "5"));
  BOOST_TEST(refusal({0, 2, 0}) == says("2", "0", "0"));
  BOOST_TEST(refusal({5, -1, 0}) == says("-1", "5", "0"));
  BOOST_TEST(refusal({5, 1, -1}) == says("1", "5", "-1"));
  BOOST_TEST(refusal({5, 7, 4}) == "(nothing was thrown)");
  BOOST_TEST(thrown<ValueError>([&] { ScoredWindows(ids, {}, 3); }) == "[evaluation] there are no ranges");
  BOOST_TEST(thrown<ValueError>([&] {
               ScoredWindows(ids, {{1, 2, 0}}, 0);
             }) == "[evaluation] seq_len must be at least 1, got 0");
}

BOOST_AUTO_TEST_SUITE_END()
