// The page of a run.
#include <cmath>
#include <limits>

#include "../../../examples/char_rnn/pages/report/report.hpp"
#include "fixture.hpp"

using char_rnn::report_page;
using char_rnn::RunHistory;

namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

/// Of this many steps, each logged.
RunHistory history(int steps) {
  RunHistory h;
  h.text = "texts/fish.txt";
  h.parameters = 3321409;
  h.protocol = "the last tenth, once";
  h.settings = {{"hidden", "512"}, {"model", "lstm"}};
  for (int i = 1; i <= steps; ++i) {
    const double loss = 1 + 3.0 / i + 0.1 * std::sin(i);
    h.steps.push_back({i, 0.5 * i, loss, loss + 0.01, 0.002, 1 + 0.5 * std::cos(i), 0, 51000});
  }
  return h;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pages_report)

BOOST_AUTO_TEST_CASE(headlines) {
  RunHistory h = history(8000);
  h.validations = {{4000, 2000, 2.5, 111540}, {6000, 3000, 1.4702, 111540}, {8000, 4000, 1.6, 111540}};
  h.end = {8000, 4001, "all steps are done"};
  const std::string page = report_page(h);
  BOOST_TEST(complaints(page) == "");
  for (const char* part :
       {"<h1>Training on fish.txt</h1>", "3,321,409 parameters", "1.4702 <span class=\"unit\">nats/char</span>",
        "<dd>2.121 bits per character</dd>\n<dd>perplexity 4.35</dd>", "at step 6,000", "111,540 characters scored",
        "Validation: the last tenth, once", "<dd class=\"value\">8,000</dd>", "ended: all steps are done",
        "<dd class=\"value\">1 h 6 min</dd>", "51,000 characters per second (median)",
        "<th scope=\"row\">model</th><td>lstm</td>", "<td>texts/fish.txt</td>",
        "<title>step 6,000: validation loss 1.4702 nats, 2.121 bits, perplexity 4.35 (best)</title>",
        "<title>step 1: training loss 4.0841 nats, smoothed 4.0941 (5.907 bits)</title>",
        "<title>step 8,000: 0.002</title>", "Nothing was clipped.", "bits per character"})
    BOOST_TEST(has(page, part), part);
  BOOST_TEST(count_of(page, "(best)") == 1u);
  BOOST_TEST(count_of(page, "class=\"dot orange\"") == 3u);
  BOOST_TEST(!has(page, "<script"));
}

BOOST_AUTO_TEST_CASE(durations) {
  for (const auto& [seconds, text] : std::vector<std::pair<double, std::string>>{{3.25, "3.2 s"},
                                                                                 {59.4, "59 s"},
                                                                                 {59.6, "1 min 0 s"},
                                                                                 {671, "11 min 11 s"},
                                                                                 {3600, "1 h 0 min"},
                                                                                 {3599.6, "1 h 0 min"},
                                                                                 {172799, "47 h 59 min"},
                                                                                 {500000, "5 d 18 h"}}) {
    RunHistory h;
    h.end = {1, seconds, ""};
    BOOST_TEST(has(report_page(h), "<dd class=\"value\">" + text + "</dd>"), text);
  }
}

BOOST_AUTO_TEST_CASE(a_run_without_anything) {
  const std::string page = report_page({});
  BOOST_TEST(complaints(page) == "");
  BOOST_TEST(has(page, "<h1>A training run</h1>"));
  BOOST_TEST(has(page, "<title>A training run</title>"));
  BOOST_TEST(has(page, "No step has been logged yet."));
  BOOST_TEST(has(page, "no end in the log: still training, or killed"));
  BOOST_TEST(!has(page, "nan"));
}

BOOST_AUTO_TEST_CASE(what_a_run_lacks_is_left_out) {
  RunHistory h = history(3);
  for (auto& s : h.steps) s = {s.step, missing, s.loss, missing, missing, missing, missing, missing};
  h.steps[1].loss = missing;
  h.validations = {{2, missing, missing, {}}};
  const std::string page = report_page(h);
  BOOST_TEST(complaints(page) == "");
  for (const char* part : {"nan", "inf", "Best validation", "Validation:", "Learning rate", "Gradient norm", "Clipped",
                           "clipped", "<dt>Time", "smoothed 2"})
    BOOST_TEST(!has(page, part), part);
  BOOST_TEST(complaints(report_page(history(1))) == "");
  h = history(1);
  h.steps[0].step = 0;
  h.steps[0].clipped = 3;
  BOOST_TEST(complaints(report_page(h)) == "");
}

BOOST_AUTO_TEST_CASE(long_runs_make_small_pages_that_keep_extremes) {
  RunHistory h = history(100000);
  h.steps[54321].loss = 57.25;
  h.steps[12349].gradient_norm = 1e5;
  for (int i = 1; i <= 20000; ++i) h.validations.push_back({5 * i, 2.5 * i, 1.5 + 1.0 / i, 111540});
  for (int i = 1; i <= 2000; ++i) h.samples.push_back({50 * i, "[" + std::to_string(i) + "]" + std::string(5000, 'x')});
  const std::string page = report_page(h);
  BOOST_TEST(complaints(page) == "");
  BOOST_TEST(page.size() < 300000u);
  BOOST_TEST(has(page, "3 losses are beyond the axis, the farthest 57.25 at step 54,322."));
  BOOST_TEST(has(page, "L543.2 0.0L"));  // in the curve of losses
  BOOST_TEST(has(page, "L123.5 0.0L"));  // in that of gradient norms, whose axis
  BOOST_TEST(has(page, "logarithmic"));  // has become
  BOOST_TEST(has(page, "of 2,000; the log has them all."));
  BOOST_TEST(count_of(page, "<figure class=\"sample card\">") <= 20u);
  BOOST_TEST(has(page, "style=\"left:20.00%\">20k</span>"));
  BOOST_TEST(has(page, "[1]x"));
  BOOST_TEST(has(page, "[2000]x"));
  BOOST_TEST(has(page, "xx\xE2\x80\xA6</pre>"));
}

BOOST_AUTO_TEST_CASE(samples_keep_their_whitespace_and_are_cut_between_characters) {
  RunHistory h = history(2);
  h.samples = {{0, "before"}, {1, "\n  two\n\tfish"}, {2, "x"}};
  for (int i = 0; i < 1500; ++i) h.samples[2].text += "\xC3\xA9";
  const std::string page = report_page(h);
  BOOST_TEST(complaints(page) == "");
  // An HTML parser drops the first newline of a <pre>.
  BOOST_TEST(has(page,
                 "<h3>Step 1</h3><span class=\"soft\">smoothed loss 4.094 nats</span></figcaption>\n<pre>\n\n  "
                 "two\n\tfish</pre>"));
  BOOST_TEST(has(page, "<h3>Step 0</h3></figcaption>\n<pre>\nbefore</pre>"));
  BOOST_TEST(has(page, "\xC3\xA9\xE2\x80\xA6</pre>"));
  BOOST_TEST(!has(page, "\xEF\xBF\xBD"));
}

BOOST_AUTO_TEST_CASE(clips_are_counted_in_parts_of_the_run) {
  RunHistory h = history(1000);
  for (int i = 0; i < 20; ++i) h.steps[static_cast<std::size_t>(i)].clipped = 3;
  std::string page = report_page(h);
  BOOST_TEST(has(page, "60 of 1,000 steps were clipped; each level is a hundredth of the run."));
  BOOST_TEST(has(page, "<title>steps 1 to 10: 30</title>"));
  BOOST_TEST(has(page, "<title>steps 11 to 20: 30</title>"));
  BOOST_TEST(has(page, "<title>steps 21 to 30: 0</title>"));
  BOOST_TEST(has(page, "<title>steps 991 to 1,000: 0</title>"));
  h = history(4);
  h.steps[3].clipped = 1;
  page = report_page(h);
  BOOST_TEST(has(page, "1 of 4 steps was clipped; each level is one of 4 equal parts of the run."));
  h = history(1);
  h.steps[0].clipped = 1;
  page = report_page(h);
  BOOST_TEST(has(page, "1 of 1 step was clipped.</p>"));
}

BOOST_AUTO_TEST_CASE(every_note_has_its_part_of_the_clips) {
  RunHistory h;  // noted after each hundred steps: a note is about the steps before it
  for (int i = 1; i <= 39; ++i) h.steps.push_back({100 * i, 1.0 * i, 2, 2, 0.002, 1, 100, 1000});
  const std::string page = report_page(h);
  BOOST_TEST(has(page, "3,900 of 3,900 steps were clipped; each level is one of 39 equal parts of the run."));
  BOOST_TEST(has(page, "<title>steps 1 to 100: 100</title>"));
  BOOST_TEST(has(page, "<title>steps 3,801 to 3,900: 100</title>"));
}

BOOST_AUTO_TEST_CASE(a_loss_that_explodes_leaves_the_rest_readable) {
  RunHistory h = history(200);
  for (int i = 190; i < 200; ++i) {
    auto& s = h.steps[static_cast<std::size_t>(i)];
    s.loss = std::pow(10.0, i - 170);
    s.smooth_loss = 0.5 * s.loss;
  }
  h.steps[195].loss = h.steps[196].loss = missing;
  h.validations = {{100, 50, 1.5, 10}, {200, 100, 5e28, 10}};
  const std::string page = report_page(h);
  BOOST_TEST(complaints(page) == "");
  BOOST_TEST(
      has(page, "style=\"bottom:100.00%\">1.6</span>"));  // before it exploded, the loss fell to between 0.9 and 1.4
  BOOST_TEST(has(page, "12 losses are beyond the axis, the farthest 1e29 at step 200."));
  BOOST_TEST(has(page, "The loss was no number at 2 steps, first at 196."));
  BOOST_TEST(has(page, "<dd class=\"value\">5e28 <span class=\"unit\">nats/char</span>"));
  BOOST_TEST(has(page, "<dd>7.21e28 bits per character</dd>\n<dd>at step 200</dd>"));  // e^5e28 is no number here
  h.steps.resize(191);
  h.steps[190].loss = 123456;
  BOOST_TEST(has(report_page(h), "5 losses are beyond the axis, the farthest 123,456 at step 191."));
}

// Most of what a loss falls it falls at once: the rest of its way is what is looked at.
BOOST_AUTO_TEST_CASE(the_first_fall_of_the_loss_leaves_the_rest_readable) {
  RunHistory h;
  for (int i = 1; i <= 1000; ++i) {
    const double loss = 1.5 + 20.0 / (i + 7);  // 4 at first, 1.85 at step 51
    h.steps.push_back({i, 0.5 * i, loss, loss + 0.01, 0.002, 1, 0, 51000});
  }
  std::string page = report_page(h);
  BOOST_TEST(complaints(page) == "");
  BOOST_TEST(has(page, "style=\"bottom:100.00%\">1.9</span>"));
  BOOST_TEST(has(page, "style=\"bottom:0.00%\">1.5</span>"));
  BOOST_TEST(has(page, "42 losses are beyond the axis, the farthest 4 at step 1."));
  // A curve comes in from above where it first is within the axis.
  BOOST_TEST(has(page, "<path class=\"line faint\" d=\"M41.0 0.0L43.0 0.0L44.0 19.6L"));
  // A validation is one of few, and is shown whatever it was.
  h.validations = {{10, 5, 2.9, 100}, {1000, 500, 1.6, 100}};
  BOOST_TEST(has(report_page(h), "style=\"bottom:100.00%\">3.0</span>"));
  // What began below is shown too.
  for (auto& s : h.steps) s.loss = s.smooth_loss = 3.5 - 12.0 / (static_cast<double>(s.step) + 7);
  h.validations.clear();
  page = report_page(h);
  BOOST_TEST(has(page, "style=\"bottom:0.00%\">2.0</span>"));
  BOOST_TEST(has(page, "style=\"bottom:100.00%\">3.5</span>"));
}

// All that can be shown of a run that exploded at once is how it began.
BOOST_AUTO_TEST_CASE(a_loss_that_explodes_at_once_leaves_the_first_ones) {
  RunHistory h = history(104);
  for (std::size_t i = 3; i < 104; ++i) h.steps[i].loss = h.steps[i].smooth_loss = 1e20;
  const std::string page = report_page(h);
  BOOST_TEST(has(page, "style=\"bottom:100.00%\">4.5</span>"));
  BOOST_TEST(has(page, "101 losses are beyond the axis, the farthest 1e20 at step 4."));
}

BOOST_AUTO_TEST_CASE(one_step_is_a_dot_one_can_see) {
  RunHistory h = history(1);
  h.steps[0].smooth_loss = h.steps[0].loss + 1e-4;
  const std::string page = report_page(h);
  BOOST_TEST(complaints(page) == "");
  BOOST_TEST(count_of(page, "<path class=\"single line ") == 5u);  // two losses, rate, norm, speed
  for (const char* part : {"\">0.2</span>", "\">0.5</span>"})
    BOOST_TEST(!has(page, std::string("style=\"left:") + part), part);  // there is no half of a step
  BOOST_TEST(count_of(page, "class=\"at bottom\"") == 8u);              // 0 and 1 in four charts
  BOOST_TEST(has(page, ">4.0</span>"));                                 // no axis from 4.0841 to 4.0842
}

BOOST_AUTO_TEST_CASE(a_learning_rate_that_ends_at_nothing_is_drawn_as_it_falls) {
  RunHistory h = history(1000);
  for (auto& s : h.steps) s.learning_rate = 0.001 * (1 + std::cos(0.00314159265358979 * static_cast<double>(s.step)));
  BOOST_TEST(!has(report_page(h), "logarithmic"));
}

BOOST_AUTO_TEST_CASE(millions_of_steps) {
  RunHistory h = history(3);
  h.steps[2].step = 10'000'000;
  const std::string page = report_page(h);
  BOOST_TEST(has(page, "style=\"left:20.00%\">2M</span>"));
  BOOST_TEST(has(page, "style=\"left:100.00%\">10M</span>"));
}

BOOST_AUTO_TEST_CASE(figures_are_in_a_table_too) {
  RunHistory h = history(8000);
  for (int i = 1; i <= 80; ++i) h.validations.push_back({100 * i, 50.0 * i, i == 37 ? 1.25 : 2.0, 111540});
  std::string page = report_page(h);
  BOOST_TEST(complaints(page) == "");
  BOOST_TEST(has(page, "<details>\n<summary>The figures as a table</summary>\n"));
  BOOST_TEST(has(page, "<tr><th scope=\"row\">100</th><td>50 s</td><td>0.9894</td><td>2.0000</td><td>2.885</td></tr>"));
  BOOST_TEST(has(page,
                 "<tr class=\"best\"><th scope=\"row\">3,700</th><td>30 min 50 s</td><td>0.9393</td><td>1.2500</td>"
                 "<td>1.803</td></tr>"));
  BOOST_TEST(has(page, "<tr><th scope=\"row\">8,000</th>"));
  BOOST_TEST(count_of(page, "<tr><th scope=\"row\">") < 35u);  // with those of the settings
  h.validations.clear();
  page = report_page(h);
  BOOST_TEST(!has(page, "<th scope=\"col\">validation"));
  BOOST_TEST(has(page, "<tr><th scope=\"row\">1</th><td>0.5 s</td><td>4.0941</td><td>5.907</td></tr>"));
}

BOOST_AUTO_TEST_CASE(what_it_is_a_page_of) {
  RunHistory h = history(3);
  h.time = "2026-11-26T11:00:00Z";
  h.settings = {{"model", "gru"}, {"layers", "2"}, {"hidden", "256"}};
  std::string page = report_page(h);
  BOOST_TEST(has(page, "<title>Training on fish.txt</title>"));
  BOOST_TEST(has(page,
                 "<h1>Training on fish.txt</h1>\n<p class=\"soft\">gru, 2 x 256 units, 3,321,409 parameters; begun "
                 "2026-11-26T11:00:00Z</p>"));
  h.settings.clear();
  h.parameters.reset();
  BOOST_TEST(has(report_page(h), "<h1>Training on fish.txt</h1>\n<p class=\"soft\">begun 2026-11-26T11:00:00Z</p>"));
}

BOOST_AUTO_TEST_CASE(line_ends_of_windows_and_joiners_in_samples) {
  RunHistory h = history(1);
  h.samples = {
      {1, "one\r\ntwo\rthree \xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9 \xD9\x85\xDB\x8C\xE2\x80\x8C\xD8\xAE"}};
  BOOST_TEST(has(report_page(h),
                 "<pre>\none\ntwo\\rthree \xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9 "
                 "\xD9\x85\xDB\x8C\xE2\x80\x8C\xD8\xAE</pre>"));
}

BOOST_AUTO_TEST_CASE(resumptions_are_marked) {
  RunHistory h = history(10);
  h.resumes = {{5, "2026-11-26T12:00:00Z"}};
  const std::string page = report_page(h);
  BOOST_TEST(complaints(page) == "");
  BOOST_TEST(has(page, "d=\"M500.0 0V1000\"><title>resumed at step 5, 2026-11-26T12:00:00Z</title>"));
}

BOOST_AUTO_TEST_CASE(nothing_untrusted_becomes_markup) {
  RunHistory h = history(3);
  h.text = h.time = h.version = h.sha256 = h.isa = h.blas_core = h.protocol = hostile;
  h.settings = {{hostile, hostile}};
  h.validations = {{3, 1, 1.5, 10}};
  h.samples = {{1, hostile}};
  h.resumes = {{1, hostile}};
  h.end = {3, 1, hostile};
  const std::string page = report_page(h);
  BOOST_TEST(complaints(page) == "");
  BOOST_TEST(count_of(page, hostile_html) == 16u);
  BOOST_TEST(!has(page, "alert(1)</"));
  BOOST_TEST(!has(page, std::string(1, '\0')));
}

BOOST_AUTO_TEST_SUITE_END()
