// Logs of runs, whole and broken.
#include <cmath>
#include <xgrad/autograd/core/error.hpp>

#include "../../../examples/char_rnn/pages/report/history.hpp"
#include "../../thrown.hpp"
#include "fixture.hpp"

using char_rnn::read_history;
using char_rnn::RunHistory;

namespace {

struct LogFixture {
  RunHistory read(const std::string& log) const {
    child::write_file(box / "log.jsonl", log);
    return read_history(box / "log.jsonl");
  }
  /// The message that a log is refused with, behind the file's name.
  std::string refusal(const std::string& log) const {
    const std::string text = thrown<xgrad::FormatError>([&] { read(log); });
    const std::string start = "log '" + (box / "log.jsonl").string() + "', ";
    return text.starts_with(start) ? text.substr(start.size()) : text;
  }
  child::Sandbox box;
};

std::string step(int number, const std::string& loss = "2.5") {
  return "{\"event\":\"step\",\"step\":" + std::to_string(number) + ",\"loss\":" + loss + "}\n";
}

std::vector<std::int64_t> steps_of(const auto& events) {
  std::vector<std::int64_t> steps;
  for (const auto& e : events) steps.push_back(e.step);
  return steps;
}

using Steps = std::vector<std::int64_t>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(pages_history, LogFixture)

BOOST_AUTO_TEST_CASE(every_event_is_read) {
  const RunHistory h = read(
      R"({"event":"start","time":"2026-11-26T11:00:00Z","version":"0.1.0","text":"fish.txt","bytes":2040,"symbols":2039,"vocabulary":26,"sha256":"ab12","isa":"avx2","blas_core":"Zen","threads":2,"parameters":1234,"protocol":"once","settings":{"model":"lstm","hidden":8,"lr":0.5,"utf8":true,"name":null}}
{"event":"step","step":100,"seconds":3.25,"loss":2.5,"smooth_loss":3.5,"learning_rate":0.002,"gradient_norm":0.75,"clipped":12,"chars_per_s":51000}
{"event":"validation","step":100,"seconds":4,"nats":1.75,"bits_per_char":2.5,"perplexity":5.75,"chars":111540,"best":true}
{"event":"sample","step":100,"text":"One\nfish \u0000 \u2028"}
{"event":"save","step":150,"seconds":5.25}
{"event":"end","step":200,"seconds":5.5,"reason":"all steps"}
)");
  BOOST_TEST(h.time == "2026-11-26T11:00:00Z");
  BOOST_TEST(h.version == "0.1.0");
  BOOST_TEST(h.text == "fish.txt");
  BOOST_TEST(*h.bytes == 2040);
  BOOST_TEST(*h.symbols == 2039);
  BOOST_TEST(*h.vocabulary == 26);
  BOOST_TEST(h.sha256 == "ab12");
  BOOST_TEST(h.isa == "avx2");
  BOOST_TEST(h.blas_core == "Zen");
  BOOST_TEST(*h.threads == 2);
  BOOST_TEST(*h.parameters == 1234);
  BOOST_TEST(h.protocol == "once");
  BOOST_TEST(
      (h.settings == std::vector<std::pair<std::string, std::string>>{
                         {"model", "lstm"}, {"hidden", "8"}, {"lr", "0.5"}, {"utf8", "true"}, {"name", "null"}}));
  BOOST_REQUIRE_EQUAL(h.steps.size(), 1u);
  const RunHistory::Step& s = h.steps[0];
  BOOST_TEST(s.step == 100);
  BOOST_TEST(s.seconds == 3.25);
  BOOST_TEST(s.loss == 2.5);
  BOOST_TEST(s.smooth_loss == 3.5);
  BOOST_TEST(s.learning_rate == 0.002);
  BOOST_TEST(s.gradient_norm == 0.75);
  BOOST_TEST(s.clipped == 12.0);
  BOOST_TEST(s.chars_per_s == 51000.0);
  BOOST_REQUIRE_EQUAL(h.validations.size(), 1u);
  BOOST_TEST(h.validations[0].step == 100);
  BOOST_TEST(h.validations[0].seconds == 4.0);
  BOOST_TEST(h.validations[0].nats == 1.75);
  BOOST_TEST(*h.validations[0].chars == 111540);
  BOOST_REQUIRE_EQUAL(h.samples.size(), 1u);
  BOOST_TEST(h.samples[0].text == std::string("One\nfish \0 \xE2\x80\xA8", 14));
  BOOST_REQUIRE_EQUAL(h.saves.size(), 1u);
  BOOST_TEST(h.saves[0].step == 150);
  BOOST_TEST(h.saves[0].seconds == 5.25);
  BOOST_REQUIRE(h.end.has_value());
  BOOST_TEST(h.end->step == 200);
  BOOST_TEST(h.end->seconds == 5.5);
  BOOST_TEST(h.end->reason == "all steps");
}

BOOST_AUTO_TEST_CASE(what_is_null_absent_or_unknown) {
  const RunHistory h = read(
      "{\"event\":\"start\",\"text\":null,\"settings\":null}\n{\"event\":\"step\",\"step\":1,\"loss\":null,\"new\":[1]}"
      "\n"
      "{\"event\":\"party\",\"step\":\"x\"}\n{}\n{\"event\":null}\n{\"event\":\"validation\",\"step\":1}\n");
  BOOST_TEST(h.text == "");
  BOOST_TEST(!h.bytes.has_value());
  BOOST_REQUIRE_EQUAL(h.steps.size(), 1u);
  BOOST_TEST(std::isnan(h.steps[0].loss));
  BOOST_TEST(std::isnan(h.steps[0].clipped));
  BOOST_TEST(std::isnan(h.validations.at(0).nats));
  BOOST_TEST(!h.validations[0].chars.has_value());
  BOOST_TEST(h.best() == nullptr);
  BOOST_TEST(!h.end.has_value());
  BOOST_TEST(read("").steps.empty());
}

BOOST_AUTO_TEST_CASE(a_later_start_adds_to_the_first) {
  const RunHistory h = read(
      "{\"event\":\"start\",\"text\":\"a\",\"threads\":1,\"bytes\":7,\"settings\":{\"x\":1}}\n"
      "{\"event\":\"start\",\"text\":\"b\",\"threads\":2,\"settings\":{\"y\":2}}\n");
  BOOST_TEST(h.text == "b");
  BOOST_TEST(*h.threads == 2);
  BOOST_TEST(*h.bytes == 7);
  BOOST_REQUIRE_EQUAL(h.settings.size(), 1u);
  BOOST_TEST(h.settings[0].first == "y");
}

BOOST_AUTO_TEST_CASE(a_resumption_supersedes_later_steps) {
  const std::string validation = "{\"event\":\"validation\",\"step\":20,\"nats\":2}\n";
  const std::string better = "{\"event\":\"validation\",\"step\":40,\"nats\":1}\n";
  const std::string samples =
      "{\"event\":\"sample\",\"step\":20,\"text\":\"a\"}\n{\"event\":\"sample\",\"step\":40,\"text\":\"b\"}\n";
  const std::string before = step(10) + step(20) + validation + step(30) + step(40) + better + samples +
                             "{\"event\":\"end\",\"step\":40,\"reason\":\"time\"}\n";
  RunHistory h = read(before);
  BOOST_TEST(steps_of(h.steps) == (Steps{10, 20, 30, 40}));
  BOOST_TEST(h.best()->step == 40);
  const std::string resumed = before + "{\"event\":\"resume\",\"step\":20,\"time\":\"noon\"}\n";
  h = read(resumed + step(30, "9"));
  BOOST_TEST(steps_of(h.steps) == (Steps{10, 20, 30}));
  BOOST_TEST(h.steps.back().loss == 9.0);
  BOOST_TEST(steps_of(h.validations) == Steps{20});
  BOOST_TEST(h.best()->step == 20);
  BOOST_TEST(steps_of(h.samples) == Steps{20});
  BOOST_TEST(steps_of(h.resumes) == Steps{20});
  BOOST_TEST(h.resumes[0].time == "noon");
  // What is there of the step is told again, with the settings that it went on with.
  const std::string validated = "{\"event\":\"validation\",\"step\":20,\"nats\":2,\"chars\":5}\n";
  h = read("{\"event\":\"start\",\"time\":\"dawn\",\"settings\":{\"steps\":\"20\"}}\n" + validated +
           "{\"event\":\"resume\",\"step\":20,\"time\":\"noon\",\"settings\":{\"steps\":\"60\"}}\n" + validated);
  BOOST_TEST(h.validations.size() == 1u);
  BOOST_TEST(h.time == "dawn");
  BOOST_REQUIRE_EQUAL(h.settings.size(), 1u);
  BOOST_TEST(h.settings[0].second == "60");
  BOOST_TEST(!h.end.has_value());
  h = read(resumed + step(30) + "{\"event\":\"resume\",\"step\":10}\n");
  BOOST_TEST(steps_of(h.steps) == Steps{10});
  BOOST_TEST(steps_of(h.resumes) == Steps{10});
}

BOOST_AUTO_TEST_CASE(the_time_until_a_step) {
  const auto save = [](int number, const std::string& seconds) {
    return "{\"event\":\"save\",\"step\":" + std::to_string(number) + ",\"seconds\":" + seconds + "}\n";
  };
  const std::string log = save(0, "0.5") + "{\"event\":\"step\",\"step\":100,\"seconds\":7}\n" + save(120, "9") +
                          save(130, "null") + save(140, "12");
  const RunHistory h = read(log);
  BOOST_TEST(h.seconds_until(0) == 0.5);
  BOOST_TEST(h.seconds_until(99) == 0.5);
  BOOST_TEST(h.seconds_until(100) == 7.0);
  BOOST_TEST(h.seconds_until(130) == 9.0);
  BOOST_TEST(h.seconds_until(1000) == 12.0);
  BOOST_TEST(read(log + "{\"event\":\"resume\",\"step\":130}\n").seconds_until(1000) == 9.0);
  BOOST_TEST(read("").seconds_until(5) == 0.0);
}

BOOST_AUTO_TEST_CASE(the_first_of_equal_validations_is_the_best) {
  const auto validation = [](int number, const std::string& nats) {
    return "{\"event\":\"validation\",\"step\":" + std::to_string(number) + ",\"nats\":" + nats + "}\n";
  };
  BOOST_TEST(read(validation(1, "null") + validation(2, "3") + validation(3, "2") + validation(4, "2")).best()->step ==
             3);
}

BOOST_AUTO_TEST_CASE(a_torn_last_line_is_ignored) {
  const std::string whole = step(20);
  for (std::size_t length = 1; length + 2 < whole.size(); ++length)
    BOOST_TEST(steps_of(read(step(10) + whole.substr(0, length)).steps) == Steps{10});
  BOOST_TEST(steps_of(read(step(10) + whole.substr(0, whole.size() - 1)).steps) == (Steps{10, 20}));  // but for its end
}

BOOST_AUTO_TEST_CASE(malformed_lines_are_named) {
  BOOST_TEST(refusal(step(10) + "{\"event\":\"st\n" + step(20)) == "line 2: is no JSON object");
  BOOST_TEST(refusal(step(10) + "{\"event\":\"st\n") == "line 2: is no JSON object");
  for (const char* line : {"\n", "12\n", "[]\n", "null\n", "{} {}\n", "{\"event\":\"step\",\"step\":1,\"loss\":nan}\n",
                           "{\"loss\":1e999}\n", "{\"text\":\"\xFF\"}\n"})
    BOOST_TEST(refusal(line) == "line 1: is no JSON object");
  BOOST_TEST(refusal("{\"event\":7}\n") == "line 1: 'event' is not a text");
  for (const char* value : {"null", "-1", "1.5", "\"1\"", "9223372036854775808"})
    BOOST_TEST(refusal("{}\n{\"event\":\"step\",\"step\":" + std::string(value) + "}\n") ==
               "line 2: 'step' is not a count");
  BOOST_TEST(refusal("{\"event\":\"end\"}\n") == "line 1: 'step' is not a count");
  BOOST_TEST(refusal(step(1, "\"x\"")) == "line 1: 'loss' is not a number");
  BOOST_TEST(refusal(step(1, "true")) == "line 1: 'loss' is not a number");
  BOOST_TEST(refusal("{\"event\":\"validation\",\"step\":1,\"chars\":0.5}\n") == "line 1: 'chars' is not a count");
  BOOST_TEST(refusal("{\"event\":\"sample\",\"step\":1,\"text\":[]}\n") == "line 1: 'text' is not a text");
  BOOST_TEST(refusal("{\"event\":\"start\",\"settings\":[]}\n") == "line 1: 'settings' is not an object");
  BOOST_TEST(refusal(R"({"event":"start","settings":{"a\n":[]}})"
                     "\n") == "line 1: setting 'a\\n' is an array or an object");
  BOOST_TEST(refusal(step(10) + step(20) + step(10)) ==
             "line 3: step 10 comes after step 20, and no resumption between");
}

// To write such a value as text took the stack, and with it the process.
BOOST_AUTO_TEST_CASE(a_setting_is_no_deep_nest) {
  const std::size_t deep = 300'000;
  const std::string nest = std::string(deep, '[') + std::string(deep, ']');
  BOOST_TEST(refusal("{\"event\":\"start\",\"settings\":{\"x\":" + nest + "}}\n") ==
             "line 1: setting 'x' is an array or an object");
  BOOST_TEST(read("{\"event\":\"start\",\"x\":" + nest + ",\"text\":\"t\"}\n").text == "t");  // is not looked at
}

BOOST_AUTO_TEST_CASE(logs_that_cannot_be_read) {
  const auto refused = [this](const char* name) {
    const std::string text = thrown<xgrad::FileError>([&] { read_history(box / name); });
    const std::string folder = (box / "").string();
    const std::size_t at = text.find(folder);
    return at == std::string::npos ? text : std::string(text).erase(at, folder.size());
  };
  BOOST_TEST(refused("none.jsonl") == "cannot read log 'none.jsonl': No such file or directory");
  child::fs::create_directory(box / "folder");
  BOOST_TEST(refused("folder") == "cannot read log 'folder': Is a directory");
}

BOOST_AUTO_TEST_SUITE_END()
