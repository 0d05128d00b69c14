// Saving, watched from outside by strace: in which order the system is called, and what is on disk where the process is
// killed at any of the calls, or any of them fails.
#include <boost/test/unit_test.hpp>
#include <optional>
#include <xgrad/models/checkpoint/safetensors.hpp>
#include <xgrad/models/files/replacement.hpp>

#include "../../examples/char_rnn/strace.hpp"

namespace {

namespace fs = std::filesystem;
using child::brief, child::Call;
using Step = std::optional<std::string>;  // which save a file is of, or none where there is no file
using Strings = std::vector<std::string>;

/// A folder "run" with a checkpoint C and the one before as P, and `saver` to save step 3 there.
struct Fixture {
  child::Sandbox box;
  const fs::path run = box / "run", target = run / "C", previous = run / "P";
  Strings base;  // options of strace on each run
  Step old, older;

  /// Saves step 3 under strace, with these options.
  child::Result trace(const Strings& options) const {
    Strings all = base;
    all.insert(all.end(), options.begin(), options.end());
    return child::trace(box, all, {XGRAD_SAVER, "run/C", "run/P", "3"});
  }
  bool skipped() const { return child::skipped_without_strace(box); }

  void save(const std::string& step, bool keep) const {
    xgrad::SafeTensors content;
    content.metadata["step"] = step;
    xgrad::write_safetensors(target, content, {.keep_previous_as = keep ? previous : fs::path()});
  }
  Step step_of(const fs::path& path) const {
    if (!fs::exists(path)) return std::nullopt;
    return xgrad::read_safetensors(path).metadata.at("step");
  }
  /// The four states in which saving can begin.
  void begin(const std::string& state) {
    fs::remove_all(run);
    fs::create_directory(run);
    if (state != "nothing") save("1", false);
    if (state == "both") save("2", true);
    if (state == "one file of both names") fs::create_hard_link(target, previous);
    old = step_of(target), older = step_of(previous);
  }
  bool has_temporaries() const {
    for (const auto& entry : fs::directory_iterator(run))
      if (entry.path() != target && entry.path() != previous) return true;
    return false;
  }

  /// The calls from the first that has to do with saving. (What has to do with memory is no matter.)
  std::vector<Call> calls() const {
    std::vector<Call> all;
    for (const Call& call : child::traced_calls(box)) {
      const bool memory =
          call.name == "brk" || call.name == "futex" || call.name.find("map") < 2 || call.is("mprotect");
      if (!memory && (!all.empty() || call.says(".xgrad-tmp-"))) all.push_back(call);
    }
    return all;
  }
  /// Traces a save from this state, once.
  std::vector<Call> calls_from(const std::string& state) {
    begin(state);
    BOOST_TEST_REQUIRE(trace({}).code == 0);
    BOOST_TEST((step_of(target) == "3"));
    return calls();
  }

  void check_kills(const std::string& state);
  void check_faults();
};

Strings brief(const std::vector<Call>& calls) {
  Strings texts;
  for (const Call& call : calls)
    if ((call.is("open") || call.is("write") || call.is("sync") || call.is("rename") || call.is("link")) &&
        !call.says(" = -1 "))
      texts.push_back(brief(call));
  return texts;
}

void Fixture::check_kills(const std::string& state) {
  int before = 0, after = 0;
  for (const Call& call : calls_from(state)) {
    if (call.says("INJECTED")) continue;
    begin(state);
    BOOST_TEST_CONTEXT(state << ", killed at " << call.line) {
      BOOST_TEST(trace(call.injecting("signal=KILL")).code == 128 + SIGKILL);
      const Step now = step_of(target), kept = step_of(previous);
      BOOST_TEST((now == old || now == "3"));
      BOOST_TEST((kept == older || kept == old));
      (now == old ? before : after) += 1;
      xgrad::remove_stale_temporaries(run);
      BOOST_TEST(!has_temporaries());
      save("4", true);
      BOOST_TEST((step_of(target) == "4"));
      BOOST_TEST((step_of(previous) == now));
      BOOST_TEST(!has_temporaries());
    }
  }
  BOOST_TEST((before >= 6 && after >= 2), state << ": " << before << " and " << after);
}

void Fixture::check_faults() {
  bool replaced = false;
  for (const Call& call : calls_from("both")) {
    const bool fatal = call.is("open") || call.is("write") || call.is("sync") || call.is("rename") || call.is("link") ||
                       call.is("read");
    if (!call.says("INJECTED") && (fatal || call.is("stat") || call.is("close")))
      for (const auto& [error, text] : {std::pair("ENOSPC", "No space left on device"), {"EIO", "Input/output error"}})
        BOOST_TEST_CONTEXT(error << " of " << call.line) {
          begin("both");
          const auto r = trace(call.injecting(std::string("error=") + error));
          if (fatal || r.code != 0) {
            BOOST_TEST(r.code == 5);
            BOOST_TEST(r.out == std::string("cannot save 'run/C': ") + text + "\n");
          }
          BOOST_TEST((step_of(target) == (replaced || r.code == 0 ? "3" : "2")));
          const Step kept = step_of(previous);
          BOOST_TEST((kept == "2" || (kept == "1" && !replaced && r.code != 0)));
          BOOST_TEST(!has_temporaries());
        }
    replaced = replaced || brief(call) == "rename .xgrad-tmp-0 C";
  }
  BOOST_TEST(replaced);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(crash, Fixture)

BOOST_AUTO_TEST_CASE(the_order_of_calls) {
  if (skipped()) return;
  const auto calls = calls_from("both");
  const Strings wanted{"open .xgrad-tmp-0 new",
                       "write .xgrad-tmp-0",
                       "write .xgrad-tmp-0",
                       "write .xgrad-tmp-0",
                       "fsync .xgrad-tmp-0",
                       "link C .xgrad-tmp-1",
                       "rename .xgrad-tmp-1 P",
                       "rename .xgrad-tmp-0 C",
                       "open run",
                       "fsync run"};
  BOOST_TEST(brief(calls) == wanted, boost::test_tools::per_element());
  for (const Call& call : calls)
    if (call.is("open")) BOOST_TEST(call.says("O_CLOEXEC"), call.line);
}

BOOST_AUTO_TEST_CASE(killed_at_any_call) {
  if (skipped()) return;
  for (const char* state : {"nothing", "no previous", "both", "one file of both names"}) check_kills(state);
}

BOOST_AUTO_TEST_CASE(any_call_fails) {
  if (skipped()) return;
  check_faults();
}

BOOST_AUTO_TEST_CASE(interrupted_calls_are_repeated) {
  if (skipped()) return;
  for (const Call& call : calls_from("both"))
    if (call.is("open") || call.is("write") || call.is("sync")) {
      begin("both");
      BOOST_TEST(trace(call.injecting("error=EINTR")).code == 0, call.line);
      BOOST_TEST((step_of(target) == "3" && step_of(previous) == "2" && !has_temporaries()));
    }
}

BOOST_AUTO_TEST_CASE(a_file_system_without_links) {
  if (skipped()) return;
  for (const char* error : {"EPERM", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV"}) {
    base = {"-e", std::string("inject=linkat:error=") + error};
    const Strings wanted{"open .xgrad-tmp-0 new",
                         "write .xgrad-tmp-0",
                         "write .xgrad-tmp-0",
                         "write .xgrad-tmp-0",
                         "fsync .xgrad-tmp-0",
                         "open C",
                         "open .xgrad-tmp-1 new",
                         "write .xgrad-tmp-1",
                         "fsync .xgrad-tmp-1",
                         "rename .xgrad-tmp-1 P",
                         "rename .xgrad-tmp-0 C",
                         "open run",
                         "fsync run"};
    BOOST_TEST(brief(calls_from("both")) == wanted, boost::test_tools::per_element());
    BOOST_TEST((step_of(previous) == "2" && !has_temporaries()));
  }
  check_kills("both");
  check_faults();
}

BOOST_AUTO_TEST_SUITE_END()
