#include "../../../models/text/split.hpp"

#include <boost/test/unit_test.hpp>
#include <limits>
#include <string>
#include <vector>

#include "../../../autograd/core/error.hpp"
#include "../../../autograd/core/rng.hpp"
#include "../../../models/text/windows.hpp"
#include "../../thrown.hpp"

using namespace xgrad;

namespace {

Ids zeros(Size n) { return Ids(std::vector<std::uint8_t>(static_cast<std::size_t>(n))); }

using Ranges = std::vector<ScoredRange>;

/// How often each symbol of a text is a target of the ranges.
void count_targets(const Ranges& ranges, std::vector<int>& times) {
  for (const ScoredRange& r : ranges)
    for (Size i = r.begin; i < r.begin + r.count; ++i) ++times.at(static_cast<std::size_t>(i));
}

}  // namespace

namespace xgrad {

std::ostream& operator<<(std::ostream& out, const ScoredRange& r) {
  return out << '{' << r.begin << ", " << r.count << ", " << r.warm_up << '}';
}

}  // namespace xgrad

BOOST_AUTO_TEST_SUITE(split)

BOOST_AUTO_TEST_CASE(the_numbers_of_nanogpt) {
  const Ids ids = zeros(1115394);  // tinyshakespeare
  const Split split = tail_split(ids, {}, 1, 100);
  BOOST_TEST(split.train.size() == 1003854);
  BOOST_TEST(split.validation == (Ranges{{1003854, 111540, 100}}), boost::test_tools::per_element());
  BOOST_TEST(split.test.empty());
  BOOST_CHECK(!split.windows);
}

BOOST_AUTO_TEST_CASE(fractions_of_a_whole) {
  using Parts = std::array<Size, 3>;
  BOOST_CHECK((Fractions{}.of(10) == Parts{9, 1, 0}));
  BOOST_CHECK((Fractions{0.95, 0.05}.of(1000) == Parts{950, 50, 0}));
  BOOST_CHECK((Fractions{0.8, 0.1}.of(1009) == Parts{807, 100, 102}));
  BOOST_CHECK((Fractions{1, 0}.of(7) == Parts{7, 0, 0}));
  BOOST_CHECK((Fractions{0.5, 0}.of(7) == Parts{3, 0, 4}));
  BOOST_CHECK((Fractions{0.7, 0.3}.of(10) == Parts{7, 3, 0}));
  BOOST_CHECK((Fractions{0.1 + 0.2, 0.7}.of(10) == Parts{3, 7, 0}));  // rounded, they exceed 1
  const auto refusal = [](double train, double validation) {
    return thrown<ValueError>([&] { Fractions{train, validation}.of(100); });
  };
  const std::string end = " for validation are no parts of 1";
  BOOST_TEST(refusal(0.9, 0.2) == "[split] 0.9 for training and 0.2" + end);
  BOOST_TEST(refusal(0, 0.2) == "[split] 0 for training and 0.2" + end);
  BOOST_TEST(refusal(0.9, -0.1) == "[split] 0.9 for training and -0.1" + end);
  BOOST_TEST(refusal(std::numeric_limits<double>::quiet_NaN(), 0.1) == "[split] nan for training and 0.1" + end);
  BOOST_TEST(refusal(0.5, std::numeric_limits<double>::infinity()) == "[split] 0.5 for training and inf" + end);
}

BOOST_AUTO_TEST_CASE(ranges_of_nearly_one_length) {
  BOOST_TEST(scored_ranges(5, 10, 3, 2) == (Ranges{{5, 3, 2}, {8, 3, 2}, {11, 4, 2}}),
             boost::test_tools::per_element());
  BOOST_TEST(scored_ranges(1, 6, 2, 5) == (Ranges{{1, 3, 0}, {4, 3, 3}}), boost::test_tools::per_element());
  BOOST_TEST(scored_ranges(9, 2, 5, 0) == (Ranges{{9, 1, 0}, {10, 1, 0}}), boost::test_tools::per_element());
  BOOST_TEST(scored_ranges(9, 0, 5, 0).empty());
  BOOST_TEST(thrown<ValueError>([] { scored_ranges(0, 3, 1, 0); }) == "[split] begin must be at least 1, got 0");
  BOOST_TEST(thrown<ValueError>([] { scored_ranges(1, -3, 1, 0); }) == "[split] count must be at least 0, got -3");
  BOOST_TEST(thrown<ValueError>([] { scored_ranges(1, 3, 0, 0); }) == "[split] streams must be at least 1, got 0");
  BOOST_TEST(thrown<ValueError>([] { scored_ranges(1, 3, 1, -1); }) == "[split] warm_up must be at least 0, got -1");
}

BOOST_AUTO_TEST_CASE(a_tail_is_scored_once_and_trained_never) {
  Rng rng(3);
  for (int i = 0; i < 300; ++i) {
    const Size n = 20 + rng.below(500);
    const Ids ids = zeros(n);
    const Fractions f = rng.below(2) ? Fractions{0.9, 0.1} : Fractions{0.8, 0.1};
    const Index streams = 1 + rng.below(9);
    const Size warm_up = rng.below(60);
    const Split split = tail_split(ids, f, streams, warm_up);
    const Size train = split.train.size();
    BOOST_TEST(train == static_cast<Size>(double(n) * f.train));
    std::vector<int> times(static_cast<std::size_t>(n));
    count_targets(split.validation, times);
    count_targets(split.test, times);
    for (Size k = 0; k < n; ++k) BOOST_TEST_REQUIRE(times[std::size_t(k)] == (k < train ? 0 : 1));
    BOOST_TEST(split.test.empty() == (f.train == 0.9));
    Size least = n, most = 0;
    for (const ScoredRange& r : split.validation) {
      least = std::min(least, r.count);
      most = std::max(most, r.count);
      BOOST_TEST(r.warm_up == std::min(warm_up, r.begin - 1));
    }
    BOOST_TEST(most - least <= 1);
    BOOST_TEST(Size(split.validation.size()) ==
               std::min<Size>(streams, split.validation.back().begin + split.validation.back().count - train));
  }
}

BOOST_AUTO_TEST_CASE(texts_that_are_too_short_for_a_tail) {
  const auto refusal = [](Size n, const Fractions& f) {
    return thrown<FormatError>([&] { tail_split(zeros(n), f, 1, 0); });
  };
  BOOST_TEST(refusal(1, {}) ==
             "text has 1 symbol, too few for 0.9 for training, 0.1 for validation\nhint: use a longer text");
  BOOST_TEST(refusal(5, {0.8, 0.1}) ==
             "text has 5 symbols, too few for 0.8 for training, 0.1 for validation, the rest for a test\n"
             "hint: use a longer text");
  BOOST_TEST(refusal(0, {1, 0}) == "text has 0 symbols, too few for 1 for training\nhint: use a longer text");
  BOOST_TEST(refusal(2, {}) == "(nothing was thrown)");
  const Ids seven = zeros(7);
  const Split none = tail_split(seven, {1, 0}, 4, 3);
  BOOST_TEST(none.train.size() == 7);
  BOOST_TEST(none.validation.empty());
}

// ---- of each stream its end

BOOST_AUTO_TEST_CASE(the_last_windows_of_each_stream) {
  const Ids ids = zeros(102);  // 4 streams of 25 symbols, 5 windows of 5
  const Split split = stream_split(ids, {0.65, 0.35}, 4, 5, 7);
  BOOST_TEST(split.train.size() == 102);
  BOOST_TEST(*split.windows == 3);
  BOOST_TEST(split.validation == (Ranges{{16, 10, 7}, {41, 10, 7}, {66, 10, 7}, {91, 10, 7}}),
             boost::test_tools::per_element());
  const Split three = stream_split(ids, {0.6, 0.2}, 2, 10, 100);  // 2 streams of 50: 3 windows, 1, 1
  BOOST_TEST(*three.windows == 3);
  BOOST_TEST(three.validation == (Ranges{{31, 10, 30}, {81, 10, 30}}), boost::test_tools::per_element());
  BOOST_TEST(three.test == (Ranges{{41, 10, 40}, {91, 10, 40}}), boost::test_tools::per_element());
  const Split all = stream_split(ids, {1, 0}, 4, 5, 0);
  BOOST_TEST(*all.windows == 5);
  BOOST_TEST(all.validation.empty());
}

BOOST_AUTO_TEST_CASE(windows_of_training_and_ranges_are_all_targets_once) {
  Rng rng(4);
  for (int i = 0; i < 200; ++i) {
    const Index batch = 1 + rng.below(6), seq_len = 1 + rng.below(8);
    const Size n = Size(batch) * seq_len * (12 + rng.below(10)) + rng.below(20) + 2;
    const Ids ids(std::vector<std::uint8_t>(static_cast<std::size_t>(n)));
    const Split split = stream_split(ids, {0.8, 0.1}, batch, seq_len, rng.below(20));
    BpttWindows windows(split.train, batch, seq_len, split.windows);
    std::vector<int> times(static_cast<std::size_t>(n));
    for (Size k = 0; k < windows.per_pass(); ++k)
      for (Index b = 0; b < batch; ++b)
        for (Index t = 0; t < seq_len; ++t)
          ++times.at(static_cast<std::size_t>(b * windows.stream_length() + k * seq_len + t + 1));
    count_targets(split.validation, times);
    count_targets(split.test, times);
    const Size whole = windows.stream_length() / seq_len * seq_len;  // read of each stream
    for (Size k = 0; k < n; ++k) {
      const bool read = k > 0 && (k - 1) / windows.stream_length() < batch && (k - 1) % windows.stream_length() < whole;
      BOOST_TEST_REQUIRE(times[std::size_t(k)] == int(read));
    }
  }
}

BOOST_AUTO_TEST_CASE(streams_that_are_too_short) {
  const Ids ids = zeros(102);
  const auto refusal = [&](const Fractions& f, Index batch, Index seq_len, Size warm_up = 0) {
    return thrown([&] { stream_split(ids, f, batch, seq_len, warm_up); });
  };
  const std::string hint = "\nhint: use a smaller --batch or --seq-len, or a longer text";
  BOOST_TEST(refusal({}, 10, 10) ==
             "streams of 10 symbols have 1 window of 10, too few for 0.9 for training, 0.1 for validation" + hint);
  BOOST_TEST(refusal({0.9, 0.05}, 4, 5) ==
             "streams of 25 symbols have 5 windows of 5, too few for 0.9 for training, 0.05 for validation, the rest "
             "for a test" +
                 hint);
  BOOST_TEST(refusal({}, 1, 200) ==
             "text has 102 symbols; --seq-len 200 needs at least 201\nhint: use --seq-len 101 or less");
  BOOST_TEST(refusal({}, 0, 5) == "[windows] batch must be at least 1, got 0");
  BOOST_TEST(refusal({}, 4, 5, -1) == "[split] warm_up must be at least 0, got -1");
}

BOOST_AUTO_TEST_SUITE_END()
