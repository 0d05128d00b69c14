// Learning-rate schedules against their formulas, and at their edges.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <numbers>
#include <xgrad/models/models.hpp>

#include "../../thrown.hpp"

using namespace xgrad;
namespace tt = boost::test_tools;

namespace {

double rate(const ScheduleSettings& settings, std::int64_t step, std::int64_t total = 0) {
  return Schedule(settings).rate(step, total);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(schedule)

BOOST_AUTO_TEST_CASE(constant_rate) {
  for (const std::int64_t step : {0, 1, 1000})
    for (const std::int64_t total : {0, 1, 10}) BOOST_TEST(rate({.learning_rate = 0.3}, step, total) == 0.3);
}

// 0.97 at the end of each epoch from the tenth on, as a loop that multiplies.
BOOST_AUTO_TEST_CASE(char_rnns_decay) {
  const std::int64_t epoch = 7;
  const Schedule schedule(
      {.kind = ScheduleKind::step, .learning_rate = 2e-3, .factor = 0.97, .every = epoch, .after = 10 * epoch});
  double want = 2e-3;
  for (std::int64_t step = 0; step < 50 * epoch; ++step) {
    BOOST_TEST(schedule.rate(step, 0) == want, tt::tolerance(1e-14));
    const std::int64_t done = step + 1;
    if (done % epoch == 0 && done / epoch >= 10) want *= 0.97;
  }
  BOOST_TEST(schedule.rate(10 * epoch - 1, 0) == 2e-3);
}

// A half every five epochs of three steps, the first after five.
BOOST_AUTO_TEST_CASE(a_half_every_five_epochs) {
  const Schedule schedule({.kind = ScheduleKind::step, .learning_rate = 1, .factor = 0.5, .every = 5 * 3});
  const auto at = [&](std::int64_t step) { return schedule.rate(step, 100); };
  BOOST_TEST(at(0) == 1);
  BOOST_TEST(at(14) == 1);
  BOOST_TEST(at(15) == 0.5);
  BOOST_TEST(at(29) == 0.5);
  BOOST_TEST(at(30) == 0.25);
}

// torch-rnn looks at the end of an epoch whether the number of the next one, counted from 1, is a multiple of five.
BOOST_AUTO_TEST_CASE(torch_rnns_decay) {
  const std::int64_t epoch = 3;
  const Schedule schedule(
      {.kind = ScheduleKind::step, .learning_rate = 1, .factor = 0.5, .every = 5 * epoch, .after = 4 * epoch});
  double want = 1;
  for (std::int64_t step = 0; step < 20 * epoch; ++step) {
    BOOST_TEST(schedule.rate(step, 0) == want);
    const std::int64_t done = step + 1;
    if (done % epoch == 0 && (done / epoch + 1) % 5 == 0) want *= 0.5;
  }
}

BOOST_AUTO_TEST_CASE(steps_from_the_first) {
  const ScheduleSettings settings{
      .kind = ScheduleKind::step, .learning_rate = 1, .factor = 0.5, .every = 10, .after = 0};
  BOOST_TEST(rate(settings, 0) == 0.5);
  BOOST_TEST(rate(settings, 9) == 0.5);
  BOOST_TEST(rate(settings, 10) == 0.25);
}

BOOST_AUTO_TEST_CASE(exponential_decay) {
  const ScheduleSettings settings{.kind = ScheduleKind::exponential, .learning_rate = 0.1, .factor = 0.25, .every = 8};
  BOOST_TEST(rate(settings, 0) == 0.1);
  BOOST_TEST(rate(settings, 4) == 0.05, tt::tolerance(1e-15));
  BOOST_TEST(rate(settings, 8) == 0.025, tt::tolerance(1e-15));
  for (const std::int64_t step : {1, 3, 100})
    BOOST_TEST(rate(settings, step) == 0.1 * std::exp(double(step) / 8 * std::log(0.25)), tt::tolerance(1e-13));
  BOOST_TEST(rate(settings, std::numeric_limits<std::int64_t>::max()) == 0);  // and no error
}

BOOST_AUTO_TEST_CASE(cosine_from_peak_to_lowest) {
  const ScheduleSettings settings{.kind = ScheduleKind::cosine, .learning_rate = 0.3, .min_learning_rate = 0.1};
  BOOST_TEST(rate(settings, 0, 12) == 0.3);
  BOOST_TEST(rate(settings, 4, 12) == 0.25, tt::tolerance(1e-15));  // cos(pi / 3) = 1/2
  BOOST_TEST(rate(settings, 6, 12) == 0.2, tt::tolerance(1e-15));
  BOOST_TEST(rate(settings, 8, 12) == 0.15, tt::tolerance(1e-15));
  BOOST_TEST(rate(settings, 12, 12) == 0.1);
  BOOST_TEST(rate(settings, 13, 12) == 0.1);
  for (std::int64_t step = 1; step <= 12; ++step) BOOST_TEST(rate(settings, step, 12) < rate(settings, step - 1, 12));
}

BOOST_AUTO_TEST_CASE(cosine_after_a_warm_up) {
  const ScheduleSettings settings{
      .kind = ScheduleKind::cosine, .learning_rate = 1, .min_learning_rate = 0.1, .warmup = 4};
  for (std::int64_t step = 0; step < 4; ++step)
    BOOST_TEST(rate(settings, step, 14) == double(step + 1) / 5, tt::tolerance(1e-15));
  for (std::int64_t step = 4; step < 20; ++step) {
    const double progress = std::min(1.0, double(step - 4) / 10);
    BOOST_TEST(rate(settings, step, 14) == 0.1 + 0.9 * (1 + std::cos(std::numbers::pi * progress)) / 2,
               tt::tolerance(1e-14));
  }
  BOOST_TEST(rate(settings, 4, 14) == 1);
}

BOOST_AUTO_TEST_CASE(trainings_that_are_short) {
  ScheduleSettings settings{.kind = ScheduleKind::cosine, .learning_rate = 1, .min_learning_rate = 0.25};
  BOOST_TEST(rate(settings, 0, 1) == 1);
  BOOST_TEST(rate(settings, 1, 1) == 0.25);
  BOOST_TEST(rate(settings, 0, 0) == 0.25);
  settings.warmup = 3;  // longer than the training, as long, one step shorter
  for (const std::int64_t total : {0, 1, 2, 3, 4}) {
    for (std::int64_t step = 0; step < 3; ++step) BOOST_TEST(rate(settings, step, total) == double(step + 1) / 4);
    BOOST_TEST(rate(settings, 3, total) == (total == 4 ? 1 : 0.25));
    BOOST_TEST(rate(settings, 4, total) == 0.25);
  }
}

// Decays count from the first step, not from the end of the warm-up.
BOOST_AUTO_TEST_CASE(warm_up_of_every_kind) {
  for (const ScheduleKind kind : schedule_kinds) {
    ScheduleSettings settings{.kind = kind, .learning_rate = 0.2, .factor = 0.5, .every = 2, .warmup = 0};
    const auto plain = settings;
    settings.warmup = 4;
    for (std::int64_t step = 0; step < 4; ++step) {
      const double full = kind == ScheduleKind::cosine ? 0.2 : rate(plain, step, 100);
      BOOST_TEST(rate(settings, step, 100) == full * double(step + 1) / 5, tt::tolerance(1e-15));
    }
    const double after = kind == ScheduleKind::cosine ? 0.2 : rate(plain, 4, 100);
    BOOST_TEST(rate(settings, 4, 100) == after, tt::tolerance(1e-15));
  }
}

BOOST_AUTO_TEST_CASE(names_of_schedules) {
  BOOST_TEST(name_of(ScheduleKind::constant) == "constant");
  BOOST_TEST(name_of(ScheduleKind::step) == "step");
  BOOST_TEST(name_of(ScheduleKind::exponential) == "exponential");
  BOOST_TEST(name_of(ScheduleKind::cosine) == "cosine");
  for (const ScheduleKind kind : schedule_kinds) BOOST_TEST((schedule_kind(name_of(kind)) == kind));
  BOOST_TEST(thrown<ValueError>([] { schedule_kind("linear"); }) ==
             "[schedule] \"linear\" is none; there are constant, step, exponential and cosine");
}

BOOST_AUTO_TEST_CASE(settings_out_of_range) {
  const auto error = [](const ScheduleSettings& settings) {
    return thrown<ValueError>([&] { Schedule schedule(settings); });
  };
  BOOST_TEST(error({.learning_rate = -1}) == "[schedule] learning_rate must be finite and >= 0, it is -1.000000");
  BOOST_TEST(error({.learning_rate = INFINITY}) == "[schedule] learning_rate must be finite and >= 0, it is inf");
  BOOST_TEST(error({.learning_rate = std::nan("")}) == "[schedule] learning_rate must be finite and >= 0, it is nan");
  BOOST_TEST(error({.factor = 0}) == "[schedule] factor must be in (0, 1], it is 0.000000");
  BOOST_TEST(error({.factor = 1.5}) == "[schedule] factor must be in (0, 1], it is 1.500000");
  BOOST_TEST(error({.factor = std::nan("")}) == "[schedule] factor must be in (0, 1], it is nan");
  BOOST_TEST(error({.every = 0}) == "[schedule] every must be >= 1, it is 0");
  BOOST_TEST(error({.after = -1}) == "[schedule] after must be >= 0, it is -1");
  BOOST_TEST(error({.min_learning_rate = -0.5}) ==
             "[schedule] min_learning_rate must be in [0, learning_rate], it is -0.500000");
  BOOST_TEST(error({.learning_rate = 0.1, .min_learning_rate = 0.2}) ==
             "[schedule] min_learning_rate must be in [0, learning_rate], it is 0.200000");
  BOOST_TEST(error({.warmup = -3}) == "[schedule] warmup must be >= 0, it is -3");
  BOOST_TEST(error({.learning_rate = 0, .factor = 1, .every = 1, .after = 0}) == "(nothing was thrown)");
  const Schedule schedule(ScheduleSettings{});
  BOOST_TEST(thrown<ValueError>([&] { schedule.rate(-1, 10); }) == "[schedule] step must be >= 0, it is -1");
  BOOST_TEST(thrown<ValueError>([&] { schedule.rate(0, -10); }) == "[schedule] total must be >= 0, it is -10");
}

BOOST_AUTO_TEST_SUITE_END()
