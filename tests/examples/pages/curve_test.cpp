// What is drawn of curves, and text made harmless.
#include <cmath>
#include <limits>
#include <random>

#include "../../../examples/char_rnn/pages/html.hpp"
#include "../../../examples/char_rnn/pages/numbers.hpp"
#include "../../../examples/char_rnn/pages/report/curve.hpp"
#include "fixture.hpp"

using namespace char_rnn;

namespace char_rnn {
bool operator==(const Point& a, const Point& b) { return a.x == b.x && a.y == b.y; }
std::ostream& operator<<(std::ostream& out, const Point& p) { return out << '(' << p.x << ", " << p.y << ')'; }
}  // namespace char_rnn

BOOST_AUTO_TEST_SUITE(pages_curve)

BOOST_AUTO_TEST_CASE(thinning_keeps_the_extremes_of_every_part) {
  std::mt19937 bits(7);
  std::vector<Point> points;
  for (int i = 0; i < 100000; ++i) points.push_back({i * 0.5, static_cast<double>(bits() % 100000)});
  points[31415].y = 1e6;
  points[27182].y = -1e6;
  const auto thin = thinned(points, 400);
  BOOST_TEST(thin.size() <= 1600u);
  BOOST_TEST(thin.front() == points.front());
  BOOST_TEST(thin.back() == points.back());
  for (std::size_t i = 1; i < thin.size(); ++i) BOOST_REQUIRE_LT(thin[i - 1].x, thin[i].x);
  BOOST_TEST((std::find(thin.begin(), thin.end(), points[31415]) != thin.end()));
  BOOST_TEST((std::find(thin.begin(), thin.end(), points[27182]) != thin.end()));
  const auto extremes = [](const std::vector<Point>& all, double from, double to) {
    std::pair<double, double> range{1e9, -1e9};
    for (const Point& p : all)
      if (p.x >= from && p.x < to) range = {std::min(range.first, p.y), std::max(range.second, p.y)};
    return range;
  };
  const double width = points.back().x / 400;
  for (int k = 0; k < 400; ++k)
    BOOST_REQUIRE((extremes(thin, k * width, (k + 1) * width) == extremes(points, k * width, (k + 1) * width)));
}

BOOST_AUTO_TEST_CASE(thinning_leaves_few_points_alone_and_drops_what_is_not_finite) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  const std::vector<Point> few{{0, 3}, {1, 1}, {2, 2}};
  BOOST_TEST(thinned(few, 400) == few);
  BOOST_TEST(thinned({{0, nan}, {0, 3}, {1, 1}, {1.5, inf}, {2, 2}, {3, -inf}}, 400) == few);
  BOOST_TEST(thinned({{5, 1}, {5, 9}, {5, 0}, {5, 4}, {5, 2}}, 400) ==
             (std::vector<Point>{{5, 1}, {5, 9}, {5, 0}, {5, 2}}));
  BOOST_TEST(thinned({{5, 1}}, 400).size() == 1u);
  BOOST_TEST(thinned({}, 400).empty());
  BOOST_TEST(thinned({{5, nan}}, 400).empty());
}

BOOST_AUTO_TEST_CASE(medians_of_parts) {
  BOOST_TEST(medians({{0, 9}, {1, 2}, {2, 3}, {8, 1}, {10, 7}, {10, 8}}, 2) == (std::vector<Point>{{1, 3}, {9, 7}}));
  BOOST_TEST(medians({}, 2).empty());
}

BOOST_AUTO_TEST_CASE(axes) {
  const Axis loss = linear_axis(1.23, 4.17, 5);
  BOOST_TEST(loss.low == 1.0);
  BOOST_TEST(loss.high == 5.0);
  BOOST_TEST(loss.ticks == (std::vector<double>{1, 2, 3, 4, 5}));
  BOOST_TEST(loss.place(2) == 0.25);
  BOOST_TEST(loss.place(57) == 1.0);
  BOOST_TEST(exact_axis(0, 1234, 5).ticks == (std::vector<double>{0, 500, 1000}));
  BOOST_TEST(exact_axis(0, 1234, 5).high == 1234.0);
  const Axis flat = axis_over({{0, 0.002}, {9, 0.002}}, 4);
  BOOST_TEST(flat.low == 0.0);
  BOOST_TEST(flat.place(0.002) > 0.5);
  for (const Axis& axis : {linear_axis(3, 3, 4), linear_axis(0, 0, 4), exact_axis(-2, -2, 4), axis_over({}, 4)}) {
    BOOST_TEST(axis.low < axis.high);
    BOOST_TEST(axis.ticks.size() >= 2u);
  }
}

BOOST_AUTO_TEST_CASE(an_axis_is_logarithmic_beyond_two_decades) {
  BOOST_TEST(!axis_over({{0, 0.1}, {1, 10}}, 4).log);
  const Axis axis = axis_over({{0, 0}, {1, 0.02}, {2, 3}, {3, std::nan("")}}, 4);
  BOOST_TEST(axis.log);
  BOOST_TEST(axis.low == 0.01);
  BOOST_TEST(axis.high == 10.0);
  BOOST_TEST(axis.ticks.size() == 4u);
  BOOST_TEST(axis.place(0) == 0.0);
  BOOST_TEST(std::abs(axis.place(1) - 2.0 / 3) < 1e-12);
}

BOOST_AUTO_TEST_CASE(labels_of_ticks) {
  using Labels = std::vector<std::string>;
  for (const auto& [axis, labels] : std::vector<std::pair<Axis, Labels>>{
           {linear_axis(0, 5, 5), {"0", "1", "2", "3", "4", "5"}},
           {linear_axis(2.5, 4.5, 4), {"2.5", "3.0", "3.5", "4.0", "4.5"}},
           {linear_axis(0, 0.3, 3), {"0", "0.1", "0.2", "0.3"}},  // 3 times 0.1 is not 0.3
           {linear_axis(0, 0.002, 4), {"0", "0.0005", "0.0010", "0.0015", "0.0020"}},
           {linear_axis(0, 0.0002, 4), {"0", "0.5e-4", "1.0e-4", "1.5e-4", "2.0e-4"}},
           {linear_axis(-2, 2, 2), {"-2", "0", "2"}},
           {linear_axis(0, 15000, 3), {"0", "5,000", "10,000", "15,000"}},
           {linear_axis(0, 2.5e6, 5), {"0", "0.5M", "1.0M", "1.5M", "2.0M", "2.5M"}},
           {linear_axis(0, 1e8, 2), {"0", "50M", "100M"}},
           {linear_axis(0, 1e29, 5), {"0", "0.2e29", "0.4e29", "0.6e29", "0.8e29", "1.0e29"}},
           {log_axis(1e-4, 1e-2, 4), {"1e-4", "0.001", "0.01"}},
           {log_axis(0.1, 1e11, 4), {"0.1", "100", "100,000", "1e8", "1e11"}}})
    BOOST_TEST(tick_labels(axis) == labels, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(axes_of_steps) {
  const auto at = [](double end) { return std::pair(step_axis(end, 5).ticks, step_labels(step_axis(end, 5))); };
  using Ticks = std::vector<double>;
  using Labels = std::vector<std::string>;
  BOOST_TEST((at(1) == std::pair(Ticks{0, 1}, Labels{"0", "1"})));
  BOOST_TEST((at(3) == std::pair(Ticks{0, 1, 2, 3}, Labels{"0", "1", "2", "3"})));
  BOOST_TEST((at(9999).second == Labels{"0", "2,000", "4,000", "6,000", "8,000"}));
  BOOST_TEST((at(10000).second == Labels{"0", "2k", "4k", "6k", "8k", "10k"}));
  BOOST_TEST((at(900000).second == Labels{"0", "200k", "400k", "600k", "800k"}));
  BOOST_TEST((at(1200000).second == Labels{"0", "0.5M", "1.0M"}));
  BOOST_TEST((at(10000000).second == Labels{"0", "2M", "4M", "6M", "8M", "10M"}));
  BOOST_TEST((step_axis(1234, 5).high == 1234.0));
}

BOOST_AUTO_TEST_CASE(numbers_for_readers) {
  BOOST_TEST(grouped(0) == "0");
  BOOST_TEST(grouped(999) == "999");
  BOOST_TEST(grouped(1003854) == "1,003,854");
  BOOST_TEST(grouped(-100000) == "-100,000");
  for (const auto& [value, text] : std::vector<std::pair<double, std::string>>{{0, "0"},
                                                                               {57.25, "57.25"},
                                                                               {0.95774, "0.9577"},
                                                                               {9999.6, "10,000"},
                                                                               {2.6934e10, "2.69e10"},
                                                                               {-1234567, "-1,234,567"},
                                                                               {5e-7, "5e-7"}})
    BOOST_TEST(brief(value) == text);
}

BOOST_AUTO_TEST_CASE(untrusted_text_is_harmless) {
  BOOST_TEST(html(hostile) == hostile_html);
  BOOST_TEST(html("a\tb\n  \xC3\xA9 \xF0\x9F\x90\x9F") == "a\tb\n  \xC3\xA9 \xF0\x9F\x90\x9F");
  BOOST_TEST(html("") == "");
}

BOOST_AUTO_TEST_CASE(base64_of_the_standard) {  // RFC 4648, section 10
  for (const auto& [text, code] : std::vector<std::pair<std::string, std::string>>{
           {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}})
    BOOST_TEST(base64(std::as_bytes(std::span(text))) == code);
}

BOOST_AUTO_TEST_CASE(pages_are_checked) {
  const std::string good = page({hostile, "p { color: red; }\n", "<p id=\"a\">x</p>\n", "if (1 < 2 && 3 > 2) 'x';"});
  BOOST_TEST(complaints(good) == "");
  const auto with = [](const std::string& body) { return complaints(page({"t", "", body, "1;"})); };
  BOOST_TEST(has(with("<p>"), "no well-formed XML"));
  BOOST_TEST(has(with("a & b"), "no well-formed XML"));
  BOOST_TEST(has(with("<p><![CDATA[<b>]]></p>"), "HTML has"));
  BOOST_TEST(has(with("<p onclick=\"x\"></p>"), "attribute onclick"));
  BOOST_TEST(has(with("<img src=\"x.png\" />"), "attribute src"));
  BOOST_TEST(has(with("<a href=\"https://example.org\">x</a>"), "a link to"));
  BOOST_TEST(has(with("<p id=\"a\"></p><p id=\"a\"></p>"), "an id is there twice"));
  BOOST_TEST(has(with("<script>2;</script>"), "policy"));
  BOOST_TEST(has(complaints(page({"t", "p { background: url(x.png); }", "", ""})), "a style loads something"));
}

BOOST_AUTO_TEST_SUITE_END()
