// Golden values: numpy 1.24.2, numpy.random.RandomState(seed), written by float.hex(). All comparisons are exact.
#include "../../autograd/core/rng.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "../../autograd/core/error.hpp"

using namespace xgrad;

namespace {

auto message(const std::string& text) {
  return [text](const Error& e) {
    BOOST_TEST(e.what() == text);
    return e.what() == text;
  };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rng)

BOOST_AUTO_TEST_CASE(normals_are_those_of_numpy) {
  // RandomState(1337).randn(1000000)
  constexpr std::array first{-0x1.68082ac5a47dbp-1, -0x1.f60c9467ea558p-2, -0x1.4989b214ed205p-2, -0x1.c14cd6bbf4023p+0,
                             0x1.a73fb3a6822ffp-3,  -0x1.01711e15ebcf5p+1, -0x1.1d4ff6fe215e5p-1, 0x1.594f6a5ba5f8bp-2};
  Rng rng(1337);
  double x = 0.0;
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a over the words: a single wrong bit of the million shows
  for (std::size_t i = 0; i < 1000000; ++i) {
    x = rng.normal();
    if (i < first.size()) BOOST_TEST(x == first[i]);
    hash = (hash ^ std::bit_cast<std::uint64_t>(x)) * 0x100000001b3;
  }
  BOOST_TEST(x == 0x1.7b57dcce4c8cfp-1);
  BOOST_TEST(hash == 0x1037d310e3a34cb4U);
}

BOOST_AUTO_TEST_CASE(uniforms_are_those_of_numpy) {
  // RandomState(1337).random_sample(1000000)
  constexpr std::array first{0x1.0c503247bf704p-2, 0x1.44fc1a366c24cp-3, 0x1.1ccd32c583aaep-2, 0x1.d6572a84592cap-2,
                             0x1.48b45d9e21382p-2, 0x1.096ac8a5e52e1p-1, 0x1.0c3ac42ae228cp-2, 0x1.f3c173514f935p-1};
  Rng rng(1337);
  double x = 0.0;
  for (std::size_t i = 0; i < 1000000; ++i) {
    x = rng.uniform();
    if (i < first.size()) BOOST_TEST(x == first[i]);
  }
  BOOST_TEST(x == 0x1.894dc678a4c9ep-1);
}

BOOST_AUTO_TEST_CASE(uniforms_of_a_range_are_those_of_numpy) {
  // RandomState(1337).uniform(-0.25, 0.75, size=6)
  Rng rng(1337);
  for (const double x : {0x1.8a0648f7ee080p-7, -0x1.7607cb9327b68p-4, 0x1.ccd32c583aae0p-6, 0x1.acae5508b2594p-3,
                         0x1.22d1767884e08p-4, 0x1.12d5914bca5c2p-2})
    BOOST_TEST(rng.uniform(-0.25, 0.75) == x);
}

BOOST_AUTO_TEST_CASE(the_pending_normal_waits_while_uniforms_are_drawn) {
  // r.randn(), r.random_sample(), r.randn(), r.randn()
  Rng rng(1337);
  BOOST_TEST(rng.normal() == -0x1.68082ac5a47dbp-1);
  BOOST_TEST(rng.uniform() == 0x1.1ccd32c583aaep-2);
  BOOST_TEST(rng.normal() == -0x1.f60c9467ea558p-2);
  BOOST_TEST(rng.normal() == -0x1.f3c6d3e9a4456p+0);
}

BOOST_AUTO_TEST_CASE(extreme_seeds) {
  Rng zero(0), largest(4294967295U);
  BOOST_TEST(zero.normal() == 0x1.c398ef3e5cfa5p+0);
  BOOST_TEST(zero.uniform() == 0x1.349d66b6e894bp-1);
  BOOST_TEST(largest.normal() == 0x1.4bfc38c486d8ap-1);
  BOOST_TEST(largest.uniform() == 0x1.25ec7244bbf80p-6);
}

BOOST_AUTO_TEST_CASE(choices_are_those_of_numpy) {
  // [RandomState(1337).choice(7, p=p) for _ in range(64)]
  constexpr std::array p{0.1, 0.0, 0.25, 0.05, 0.4, 0.2, 0.0};
  Rng rng(1337);
  for (const Index i : {2, 2, 2, 4, 2, 4, 2, 5, 4, 2, 3, 4, 2, 5, 4, 4, 4, 3, 4, 4, 4, 2, 2, 4, 4, 2, 4, 2, 4, 5, 2, 5,
                        4, 4, 4, 0, 4, 5, 2, 2, 3, 4, 0, 3, 0, 4, 2, 4, 4, 5, 5, 4, 4, 5, 2, 0, 0, 5, 5, 4, 2, 4, 0, 4})
    BOOST_TEST(rng.choice(p) == i);

  // RandomState(42).choice(13, p=np.arange(1, 14) / 91.)
  std::array<double, 13> rising{};
  for (std::size_t i = 0; i < rising.size(); ++i) rising[i] = static_cast<double>(i + 1) / 91.0;
  Rng other(42);
  for (const Index i : {7, 12, 11, 9,  4, 4, 2, 12, 9,  10, 1, 12, 11, 5,  5, 5, 6,  9, 8, 6, 10, 4,
                        6, 7,  8,  11, 5, 9, 9, 2,  10, 5,  2, 12, 12, 11, 6, 3, 10, 8, 4, 9, 2,  12})
    BOOST_TEST(other.choice(rising) == i);
}

BOOST_AUTO_TEST_CASE(choice_never_takes_what_is_impossible) {
  constexpr std::array first{1.0, 0.0, 0.0}, last{0.0, 0.0, 1.0};
  constexpr std::array only{1.0};
  Rng rng(3);
  for (int i = 0; i < 1000; ++i) {
    BOOST_TEST(rng.choice(first) == 0);
    BOOST_TEST(rng.choice(last) == 2);
    BOOST_TEST(rng.choice(only) == 0);
  }
}

BOOST_AUTO_TEST_CASE(choice_refuses_what_numpy_refuses) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  Rng rng(1);
  const Rng before = rng;
  BOOST_CHECK_EXCEPTION(rng.choice({}), ValueError, message("[rng] no probabilities to choose by"));
  const std::pair<std::array<double, 2>, const char*> bad[] = {
      {{-0.25, 1.25}, "[rng] probability 0 is -0.25: it must be finite and not negative"},
      {{1.0, nan}, "[rng] probability 1 is nan: it must be finite and not negative"},
      {{1.0, inf}, "[rng] probability 1 is inf: it must be finite and not negative"},
      {{0.5, 0.25}, "[rng] probabilities sum to 0.75 instead of 1"},
      {{0.0, 0.0}, "[rng] probabilities sum to 0 instead of 1"},
      {{0.5, 0.50000002}, "[rng] probabilities sum to 1.00000002 instead of 1"},
      {{0.5, 0.499999984}, "[rng] probabilities sum to 0.999999984 instead of 1"},
  };
  for (const auto& [p, text] : bad) BOOST_CHECK_EXCEPTION(rng.choice(p), ValueError, message(text));
  BOOST_CHECK(rng == before);  // nothing was drawn
  BOOST_CHECK_NO_THROW(rng.choice(std::array{0.5, 0.50000001}));
  BOOST_CHECK_NO_THROW(rng.choice(std::array{0.5, 0.500000014}));
}

BOOST_AUTO_TEST_CASE(below_is_randint) {
  // r.randint(10) 16 times, r.randint(1) twice, r.randint(2147483647) three times, r.random_sample()
  Rng rng(42);
  for (const Index i : {6, 3, 7, 4, 6, 9, 2, 6, 7, 4, 3, 7, 7, 2, 5, 4}) BOOST_TEST(rng.below(10) == i);
  for (int i = 0; i < 2; ++i) BOOST_TEST(rng.below(1) == 0);
  for (const Index i : {2018247425, 953477463, 1427830251}) BOOST_TEST(rng.below(2147483647) == i);
  BOOST_TEST(rng.uniform() == 0x1.e089fb0d96f6cp-1);
  BOOST_CHECK_EXCEPTION(rng.below(0), ValueError, message("[rng] no integer lies in [0, 0)"));
  BOOST_CHECK_EXCEPTION(rng.below(-5), ValueError, message("[rng] no integer lies in [0, -5)"));
}

BOOST_AUTO_TEST_CASE(below_is_unbiased) {
  constexpr Index n = 7;
  std::array<int, n> counts{};
  Rng rng(5);
  for (int i = 0; i < 70000; ++i) ++counts.at(static_cast<std::size_t>(rng.below(n)));
  for (const int count : counts) BOOST_TEST(std::abs(count - 10000) < 500);  // over five standard deviations
}

BOOST_AUTO_TEST_CASE(arrays_are_filled_in_row_major_order) {
  // RandomState(1337).randn(2, 3) * 0.01
  constexpr std::array golden{-0x1.ccd740fcfb823p-8, -0x1.414fbb23c92c8p-8, -0x1.a5cef86cb4a44p-9,
                              -0x1.1f8d563ad99b0p-6, 0x1.0ee116d0f728fp-9,  -0x1.49868ce8dbeaap-6};
  const Array<double> a = Rng(1337).normal_array<double>(Shape{2, 3}, 0.01);
  const Array<float> f = Rng(1337).normal_array<float>(Shape{2, 3}, 0.01);
  BOOST_CHECK(shape_of(a) == (Shape{2, 3}));
  for (std::size_t i = 0; i < golden.size(); ++i) {
    BOOST_TEST(a(i / 3, i % 3) == golden[i]);
    BOOST_TEST(f(i / 3, i % 3) == static_cast<float>(golden[i]));
  }
  const Array<double> u = Rng(1337).uniform_array<double>(Shape{2, 1}, -0.25, 0.75);
  BOOST_TEST(u(0, 0) == 0x1.8a0648f7ee080p-7);
  BOOST_TEST(u(1, 0) == -0x1.7607cb9327b68p-4);
  std::array<float, 3> part{};
  Rng(1337).fill_uniform(std::span<float>(part), 0.0, 1.0);
  BOOST_TEST(part[2] == static_cast<float>(0x1.1ccd32c583aaep-2));
  BOOST_TEST(Rng(1).normal_array<float>(Shape{0, 3}, 1.0).size() == 0U);
  BOOST_TEST(Rng(1337).normal_array<double>(Shape{}, 1.0)() == -0x1.68082ac5a47dbp-1);
}

BOOST_AUTO_TEST_CASE(fills_refuse_bad_arguments) {
  Rng rng(1);
  std::array<double, 1> x{};
  BOOST_CHECK_EXCEPTION(rng.fill_normal(std::span<double>(x), -1.0), ValueError,
                        message("[rng] a standard deviation must be finite and not negative, got -1"));
  BOOST_CHECK_EXCEPTION(rng.uniform(1.0, 0.5), ValueError, message("[rng] [1, 0.5) is not a range"));
  BOOST_CHECK_THROW(rng.uniform(-1e308, 1e308), ValueError);
  BOOST_CHECK_THROW(rng.fill_normal(std::span<double>(x), std::nan("")), ValueError);
}

BOOST_AUTO_TEST_CASE(the_state_is_that_of_numpy) {
  // After RandomState(1337).randn(): get_state()
  Rng rng(1337);
  rng.normal();
  const auto words = rng.save();
  BOOST_TEST_REQUIRE(words.size() == Rng::state_words);
  BOOST_TEST(words[0] == 3238018133U);
  BOOST_TEST(words[1] == 1742350375U);
  BOOST_TEST(words[623] == 257170452U);
  BOOST_TEST(words[624] == 4U);
  BOOST_TEST(words[625] == 1U);
  BOOST_TEST(words[626] == 1182704984U);
  BOOST_TEST(words[627] == 3219087561U);
}

BOOST_AUTO_TEST_CASE(a_restored_stream_goes_on) {
  for (const int drawn : {0, 1, 2, 7, 311, 312, 313, 5000}) {
    Rng rng(99), other(1);
    for (int i = 0; i < drawn; ++i) rng.normal();
    other.restore(rng.save());
    BOOST_CHECK(other == rng);
    for (int i = 0; i < 2000; ++i) BOOST_TEST_REQUIRE(other.normal() == rng.normal());
    BOOST_CHECK(other == rng);
    BOOST_TEST(other.save() == rng.save(), boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(copies_are_independent_and_compare_by_state) {
  Rng a(7);
  Rng b = a;
  BOOST_CHECK(a == b);
  a.normal();
  BOOST_CHECK(!(a == b));
  b.normal();
  BOOST_CHECK(a == b);
  a.normal();  // takes the pending one: the engine does not move
  BOOST_CHECK(!(a == b));
  BOOST_CHECK(!(Rng(1) == Rng(2)));
}

BOOST_AUTO_TEST_CASE(restore_refuses_damage_and_changes_nothing) {
  Rng source(1);
  const auto good = source.save();
  Rng rng(2);
  const Rng before = rng;
  const auto refuses = [&](const std::vector<std::uint32_t>& words, const char* text) {
    BOOST_CHECK_EXCEPTION(rng.restore(words), FormatError, message(text));
    BOOST_CHECK(rng == before);
  };
  refuses({}, "[rng] a state has 628 words, got 0");
  refuses(std::vector<std::uint32_t>(627, 1), "[rng] a state has 628 words, got 627");
  refuses(std::vector<std::uint32_t>(629, 1), "[rng] a state has 628 words, got 629");
  refuses(std::vector<std::uint32_t>(628, 0), "[rng] the state is all zeros");
  auto bad = good;
  bad[624] = 625;
  refuses(bad, "[rng] position 625 lies beyond the 624 words of the state");
  const std::array<std::uint32_t, 3> tails[] = {{2, 0, 0}, {0, 1, 0}, {1, 0, 0x7FF00000}, {1, 1, 0x7FF80000}};
  for (const auto& tail : tails) {
    bad = good;
    std::copy(tail.begin(), tail.end(), bad.begin() + 625);
    refuses(bad, "[rng] the pending normal of the state is damaged");
  }
  BOOST_CHECK_NO_THROW(rng.restore(good));
  BOOST_CHECK(rng == source);
}

BOOST_AUTO_TEST_SUITE_END()
