// The page of activations.
#include <cmath>
#include <limits>
#include <xgrad/autograd/core/error.hpp>

#include "../../../examples/char_rnn/pages/html.hpp"
#include "../../../examples/char_rnn/pages/visualize/visualize.hpp"
#include "../../thrown.hpp"
#include "fixture.hpp"

using char_rnn::Activations;
using char_rnn::RankedUnit;
using char_rnn::visualize_page;

namespace {

/// Of a text, with two guesses each; all units of a character at the same value, which grows.
Activations activations(const std::vector<std::string>& symbols, xgrad::Index layers, xgrad::Index units) {
  Activations a;
  a.title = "fish.txt";
  a.run = "runs/fish, step 100";
  a.symbols = symbols;
  a.layers = layers;
  a.units = units;
  a.alphabet = {"a", "b", " ", "\n"};
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    a.values.insert(a.values.end(), static_cast<std::size_t>(layers * units), static_cast<std::int8_t>(i));
    a.guesses.push_back({1, 0.75f});
    a.guesses.push_back({3, 0.04f});
    a.surprise.push_back(i == 0 ? std::numeric_limits<float>::quiet_NaN() : 0.5f * static_cast<float>(i));
  }
  return a;
}

void set_unit(Activations& a, std::size_t unit, const std::vector<int>& values) {
  const auto stride = static_cast<std::size_t>(a.layers * a.units);
  for (std::size_t i = 0; i < values.size(); ++i) a.values[i * stride + unit] = static_cast<std::int8_t>(values[i]);
}

std::vector<std::pair<int, int>> units_of(const std::vector<RankedUnit>& ranked) {
  std::vector<std::pair<int, int>> units;
  for (const RankedUnit& u : ranked) units.emplace_back(u.layer, u.unit);
  return units;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pages_visualize)

BOOST_AUTO_TEST_CASE(the_first_unit_is_there_without_javascript) {
  Activations a = activations({"a", "b", " ", "\n", "a", "\t", "b"}, 1, 2);
  set_unit(a, 0, {0, 127, -127, 4, 3, -64, -4});
  const std::string page = visualize_page(a);
  BOOST_TEST(complaints(page) == "");
  const std::string guesses = "<i class=\"g8\">b</i><i class=\"g0\">\xE2\x86\xB5</i></span>";
  const std::string right = "<i class=\"g8 t\">b</i><i class=\"g0\">\xE2\x86\xB5</i></span>";
  const std::string next = "<i class=\"g8\">b</i><i class=\"g0 t\">\xE2\x86\xB5</i></span>";
  BOOST_TEST(has(page, "<div class=\"l\"><span class=\"c\"><b class=\"p0\">a</b>" + right +
                           "<span class=\"c\"><b class=\"p16\">b</b>" + guesses +
                           "<span class=\"c w\" data-name=\"space\"><b class=\"n16\">\xC2\xB7</b>" + next +
                           "<span class=\"c w\" data-name=\"newline\"><b class=\"p1\">\xE2\x86\xB5</b>" + guesses +
                           "</div>\n<div class=\"l\"><span class=\"c\"><b class=\"p0\">a</b>" + guesses +
                           "<span class=\"c w\" data-name=\"tab\"><b class=\"n8\">\xE2\x87\xA5</b>" + right +
                           "<span class=\"c\"><b class=\"n1\">b</b>" + guesses + "</div>"));
  BOOST_TEST(has(page, "7 characters, 1 layer of 2 units; mean surprise 1.750 nats per character."));
  BOOST_TEST(has(page, "<h1>fish.txt</h1>\n<p class=\"soft\">runs/fish, step 100</p>"));
  BOOST_TEST(has(page, "<noscript>"));
}

BOOST_AUTO_TEST_CASE(the_script_has_every_unit_and_figure) {
  Activations a = activations({"a", "b", "a", "b"}, 2, 3);
  for (std::size_t u = 0; u < 6; ++u)
    set_unit(a, u, {static_cast<int>(u), -static_cast<int>(u), 127, static_cast<int>(10 * u)});
  std::string packed;
  for (int u = 0; u < 6; ++u) {
    const std::vector<std::int8_t> unit{static_cast<std::int8_t>(u), static_cast<std::int8_t>(-u), 127,
                                        static_cast<std::int8_t>(10 * u)};
    packed += char_rnn::base64(std::as_bytes(std::span(unit)));
  }
  const std::string page = visualize_page(a);
  BOOST_TEST(complaints(page) == "");
  BOOST_TEST(has(page, "id=\"values\">" + packed + "</script>"));
  BOOST_TEST(has(page,
                 "id=\"numbers\">{\"layers\":2,\"units\":3,\"top\":2,\"levels\":16,\"surprise\":[null,0.5,1,1.5],"
                 "\"percent\":[75,4,75,4,75,4,75,4]}</script>"));
  BOOST_TEST(has(page, "max=\"1\" value=\"0\""));
  BOOST_TEST(has(page, "max=\"2\" value=\"0\""));
}

BOOST_AUTO_TEST_CASE(units_are_ranked) {
  Activations a = activations(std::vector<std::string>(8, "a"), 2, 2);
  set_unit(a, 0, {0, 0, 0, 0, 0, 0, 0, 0});                      // does nothing
  set_unit(a, 1, {100, -100, 100, -100, 100, -100, 100, -100});  // two values, never held
  set_unit(a, 2, {-60, -43, -26, -9, 9, 26, 43, 60});            // even spread, slow
  set_unit(a, 3, {1, -1, 1, -1, 1, -1, 1, -1});                  // two values, but hardly moves
  const auto ranked = char_rnn::ranked_units(a, 3);
  using Units = std::vector<std::pair<int, int>>;
  BOOST_TEST((units_of(ranked.lively) == Units{{0, 1}, {1, 0}, {1, 1}}));
  BOOST_TEST((units_of(ranked.switches) == Units{{0, 1}, {1, 0}}));
  BOOST_TEST((units_of(ranked.slow) == Units{{1, 0}, {0, 1}}));
  BOOST_TEST(std::abs(ranked.lively[0].score - 100.0 / 127) < 1e-12);
  BOOST_TEST(std::abs(ranked.switches[0].score - 1) < 1e-12);
  BOOST_TEST(std::abs(ranked.slow[1].score + 7.0 / 8) < 1e-12);
  const std::string page = visualize_page(a);
  BOOST_TEST(
      has(page,
          "like switches</span> <a href=\"#0:1\" title=\"1.00\">0:1</a> <a href=\"#1:0\" title=\"0.57\">1:0</a></p>"));
  BOOST_TEST(has(visualize_page(activations({"a", "b"}, 1, 1)), "<a href=\"#0:0\" title=\"0.00\">0</a>"));
}

BOOST_AUTO_TEST_CASE(long_texts) {
  std::vector<std::string> symbols;
  for (int i = 0; i < 10000; ++i) symbols.push_back(i % 40 == 39 ? "\n" : i % 5 == 4 ? " " : "a");
  Activations a = activations(symbols, 3, 64);
  a.guesses.clear();
  for (int i = 0; i < 50000; ++i) a.guesses.push_back({i % 4, 0.2f});
  const std::string page = visualize_page(a);
  BOOST_TEST(page.size() < 10000u * (3 * 64 * 4 / 3 + 250));
  BOOST_TEST(count_of(page, "<div class=\"l\">") == 250u);
  BOOST_TEST(count_of(page, "<i class=\"g2") >= 50000u);
}

BOOST_AUTO_TEST_CASE(a_page_without_guesses) {
  Activations a = activations({"a"}, 1, 1);
  a.guesses.clear();
  const std::string page = visualize_page(a);
  BOOST_TEST(complaints(page) == "");
  BOOST_TEST(!has(page, "best guesses"));
  BOOST_TEST(has(page, "<label class=\"pick\" hidden=\"\">"));
  BOOST_TEST(has(page, "\"top\":0"));
}

BOOST_AUTO_TEST_CASE(nothing_untrusted_becomes_markup) {
  std::vector<std::string> symbols;
  for (const char c : hostile) symbols.emplace_back(1, c);
  for (const char* symbol : {"\xE2\x80\xA8", "\xE2\x80\xAE", "\xC3\xA9", "\xE9", "</script>"})
    symbols.emplace_back(symbol);
  Activations a = activations(symbols, 1, 2);
  a.alphabet = symbols;
  a.title = a.run = hostile;
  const std::string page = visualize_page(a);
  BOOST_TEST(complaints(page) == "");
  BOOST_TEST(count_of(page, hostile_html) == 3u);
  for (const char* part : {"<b class=\"p0\">&lt;</b>", ">\\x00</b>", ">\\x1B</b>", ">\\r</b>", ">\\u{2028}</b>",
                           ">\\u{202E}</b>", ">\xC3\xA9</b>", ">\\xE9</b>", ">&lt;/script&gt;</b>"})
    BOOST_TEST(has(page, part), part);
  BOOST_TEST(count_of(page, "</script>") == 3u);  // of what we wrote
}

BOOST_AUTO_TEST_CASE(parts_that_do_not_fit_are_refused) {
  const auto refusal = [](auto spoil) {
    Activations a = activations({"a", "b", "a"}, 2, 2);
    spoil(a);
    return thrown<xgrad::ValueError>([&] { visualize_page(a); });
  };
  BOOST_TEST(refusal([](Activations& a) { a.symbols.clear(); }) == "[activations] there is no text");
  BOOST_TEST(refusal([](Activations& a) { a.units = 0; }) == "[activations] 2 layers of 0 units");
  BOOST_TEST(refusal([](Activations& a) { a.layers = -1; }) == "[activations] -1 layers of 2 units");
  BOOST_TEST(refusal([](Activations& a) { a.values.pop_back(); }) ==
             "[activations] 11 values for 3 characters, 2 layers and 2 units");
  BOOST_TEST(refusal([](Activations& a) { a.guesses.pop_back(); }) == "[activations] 5 guesses for 3 characters");
  BOOST_TEST(refusal([](Activations& a) { a.surprise.push_back(1); }) == "[activations] 4 surprises for 3 characters");
  BOOST_TEST(refusal([](Activations& a) { a.guesses[2].symbol = 4; }) ==
             "[activations] a guess is symbol 4, the alphabet has 4");
  BOOST_TEST(refusal([](Activations& a) { a.guesses[2].symbol = -1; }) ==
             "[activations] a guess is symbol -1, the alphabet has 4");
}

BOOST_AUTO_TEST_SUITE_END()
