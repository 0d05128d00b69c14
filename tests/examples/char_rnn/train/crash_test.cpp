// Training, watched from outside by strace: killed at any system call that has to do with the folder of the run, or
// told of an error there, it leaves checkpoints that are whole, and goes on to the bytes of a run that nothing
// disturbed.
#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "../fixture.hpp"
#include "../strace.hpp"

using child::brief, child::Call, child::Result;
using Arguments = child::Sandbox::Arguments;
using Calls = std::vector<Call>;
using Content = std::map<std::string, std::string>;  // of a folder: the bytes of each file
namespace fs = std::filesystem;

namespace {

constexpr const char *latest = "latest.safetensors", *previous = "previous.safetensors", *best = "best.safetensors",
                     *log_file = "log.jsonl";

constexpr std::size_t stride = 50 / XGRAD_KILLS;  // every call, but where the program is slow

std::string file_of(const Call& call) {
  const std::string text = brief(call);
  return text.substr(text.rfind(' ') + 1);
}

auto is_replacement_of(const std::string& file) {
  return [file](const Call& call) { return call.is("rename") && file_of(call) == file; };
}

/// Saves after steps 0, 1 and 2, of which the second is the first that keeps a previous one, and the third the first
/// that replaces one; after both steps a validation that is the best so far; and a save with the last of these.
struct CrashFixture : CharRnnFixture {
  const fs::path folder = fs::canonical(box / ".") / "run";
  Arguments watched;  // options of strace: calls that have to do with the folder or a file in it
  Content wanted;     // what an undisturbed run has left in the end
  bool resumes = false;

  CrashFixture() {
    const Result r = run(command("--out"));
    BOOST_REQUIRE_MESSAGE(r.code == 0, r.err);
    wanted = content();
    std::vector<fs::path> paths{folder, folder / ".xgrad-tmp-0", folder / ".xgrad-tmp-1"};
    for (const auto& file : fs::directory_iterator(folder)) paths.push_back(file);
    for (const fs::path& path : paths) watched.insert(watched.end(), {"-P", path});
  }

  Arguments command(const std::string& option) const {
    std::istringstream words(
        "train fish.txt --model rnn --layers 1 --hidden 4 --seq-len 5 --batch 4 --dropout 0.2 --split 0.8,0.1 "
        "--steps 2 --checkpoint-every 1 --eval-every 1");
    Arguments all{std::istream_iterator<std::string>(words), {}};
    all.insert(all.end(), {option, folder});
    return all;
  }
  /// What a user says after whatever happened.
  Arguments command() const { return command(fs::exists(folder / latest) ? "--resume" : "--out"); }
  Result trace(const Arguments& options) const {
    Arguments all = watched, program{XGRAD_CHAR_RNN};
    all.insert(all.end(), options.begin(), options.end());
    for (const std::string& argument : command()) program.push_back(argument);
    return child::trace(box, all, program);
  }

  /// All but the log, which has times in it, and the lock.
  Content content() const {
    Content all;
    if (fs::exists(folder))
      for (const auto& file : fs::directory_iterator(folder))
        all[file.path().filename()] = child::read_file(file.path());
    all.erase("lock"), all.erase(log_file);
    return all;
  }
  /// Where each run begins: without a folder, or where one was killed that was about to replace its first checkpoint,
  /// which has two names then, and had begun a line of its log.
  void begin() const {
    fs::remove_all(folder);
    if (!resumes) return;
    fs::copy(box / "start", folder);
    fs::remove(folder / previous);
    fs::create_hard_link(folder / latest, folder / previous);
  }
  void begin_with_a_killed_run() {
    const Calls all = calls();
    const auto first = std::find_if(all.begin(), all.end(), is_replacement_of(latest));
    const auto second = std::find_if(first + 1, all.end(), is_replacement_of(latest));
    begin();
    BOOST_REQUIRE(trace(second->injecting("signal=KILL")).code == 128 + SIGKILL);
    fs::rename(folder, box / "start");
    std::ofstream(box / "start" / log_file, std::ios::app) << "{\"event\":\"st";
    resumes = true;
  }

  Calls calls() const {
    begin();
    const Result r = trace({});
    BOOST_REQUIRE_MESSAGE(r.code == 0, r.err);
    BOOST_TEST((content() == wanted));
    Calls all = child::traced_calls(box);
    for (const char* file : {latest, previous, best}) BOOST_TEST(step_after(all, all.size(), file) == 2, file);
    if (resumes) {  // what follows the first save is as in a new run
      const auto saved = std::find_if(all.begin(), all.end(), is_replacement_of(latest));
      all.erase(std::find_if(saved, all.end(), [](const Call& c) { return file_of(c) == log_file; }), all.end());
    }
    return all;
  }
  /// Which step a file is of after the first of these calls, as many as they are: -1 where there is none.
  int step_after(const Calls& all, std::size_t count, const std::string& file) const {
    const auto end = all.begin() + static_cast<std::ptrdiff_t>(count);
    const int replaced = static_cast<int>(std::count_if(all.begin(), end, is_replacement_of(file)));
    if (file == best && resumes) return 1 + replaced;  // that of step 1 is there, and its validation comes to the same
    if (file == best) return replaced > 0 ? replaced : -1;
    return std::min(replaced - (resumes ? 0 : 1), 2);
  }
  int step_of(const std::string& file) const {
    if (!fs::exists(folder / file)) return -1;
    return std::stoi(xgrad::read_safetensors(folder / file).metadata.at("step"));
  }
  void check_steps(const Calls& all, std::size_t count) const {
    for (const char* file : {latest, previous, best}) BOOST_TEST(step_of(file) == step_after(all, count, file), file);
  }
  void check_going_on() const {
    const Result r = run(command());
    BOOST_TEST(r.code == 0, r.err);
    BOOST_TEST((content() == wanted));
    std::set<int> steps;
    for (const auto& line : log("run")) steps.insert(line.at("step").get<int>());  // all can be parsed
    BOOST_TEST((steps == std::set<int>{1, 2}));
  }

  void check_kills() const;
  void check_faults(const std::string& error, const std::string& text) const;
  void check_all_faults() const;
};

/// Whether it is like those before and after it, one of many reads or writes of a file.
bool is_amid_a_row(const Calls& all, std::size_t i) {
  return i > 0 && i + 1 < all.size() && brief(all[i - 1]) == brief(all[i]) && brief(all[i]) == brief(all[i + 1]);
}

void CrashFixture::check_kills() const {
  const Calls all = calls();
  std::size_t kills = 0;
  for (std::size_t i = 0; i < all.size(); i += stride) {
    if (all[i].name == "read" && is_amid_a_row(all, i)) continue;  // they change nothing
    begin();
    BOOST_TEST_CONTEXT("killed at call " << i << ", " << all[i].line) {
      BOOST_TEST(trace(all[i].injecting("signal=KILL")).code == 128 + SIGKILL);
      const Calls made = child::traced_calls(box);
      BOOST_TEST_REQUIRE(made.size() == i + 1, child::read_file(box / "trace"));
      BOOST_TEST(brief(made.back()) == brief(all[i]));
      check_steps(all, i);
      check_going_on();
    }
    ++kills;
  }
  BOOST_TEST_MESSAGE(kills << " kills");
  BOOST_TEST(kills >= (resumes ? 60 : 120) / stride);
}

/// What the program says where one of its calls fails.
std::string complaint(const Calls& all, std::size_t count, const fs::path& folder) {
  std::string saved;  // the file that is being replaced
  for (std::size_t i = 0; i < count; ++i) {
    if (all[i].is("open") && all[i].says("O_EXCL")) {
      const auto end = std::find_if(all.begin() + std::ptrdiff_t(i), all.end(),
                                    [](const Call& c) { return c.is("rename") && c.says(".xgrad-tmp-0"); });
      saved = file_of(*end);
    }
    if (all[i].name == "close" && file_of(all[i]) == saved) saved.clear();
  }
  const Call& call = all[count - 1];
  const std::string file = file_of(call);
  const auto cannot = [](const char* what, const fs::path& path) {
    return std::string("cannot ") + what + " '" + path.string() + "': ";
  };
  if (!saved.empty()) return cannot("save", folder / saved);
  if (call.name == "mkdir") return cannot("make the folder", folder);
  const bool asks = call.is("stat") && call.says("AT_FDCWD");  // whether there is such a file
  if (file == "lock" && !asks) return cannot("lock", folder);
  if (file == "run" || call.name == "unlink" || file.starts_with(".xgrad")) return cannot("tidy up", folder);
  if (asks) return cannot("reach", folder / file);
  const bool reads = call.name == "read" || call.says("O_RDONLY") || call.says("AT_EMPTY_PATH");
  return cannot(reads ? "read" : "write", folder / file);
}

/// Whether the program may go on without it: what says who holds the lock, and how long earlier calls took.
bool can_be_done_without(const Call& call) {
  const bool reads_log = file_of(call) == log_file && (call.name == "read" || call.says("O_RDONLY"));
  return reads_log || call.is("close") || call.is("stat") || call.is("seek") || call.is("fcntl") ||
         (file_of(call) == "lock" && !call.is("open") && !call.is("flock"));
}

/// Which calls are told of such an error.
bool can_meet(const Call& call, const std::string& error) {
  const bool writes = call.name == "write" || call.is("sync") || call.says("O_CREAT");
  if (error == "ENOSPC") return writes || call.name == "mkdir" || call.name == "linkat" || call.is("rename");
  if (error == "EINTR") return writes || call.is("open") || call.name == "read" || call.is("flock");
  return true;
}

void CrashFixture::check_faults(const std::string& error, const std::string& text) const {
  const Calls all = calls();
  std::set<Content> seen;
  std::size_t faults = 0;
  for (std::size_t i = 0; i < all.size(); i += stride) {
    const Call& call = all[i];
    if (!can_meet(call, error) || is_amid_a_row(all, i)) continue;
    begin();
    BOOST_TEST_CONTEXT(error << " of call " << i << ", " << call.line) {
      const Result r = trace(call.injecting("error=" + error));
      const Calls made = child::traced_calls(box);
      BOOST_TEST_REQUIRE(made.size() > i);
      BOOST_TEST((made[i].says(error) && made[i].says("INJECTED")), made[i].line);
      ++faults;
      if (r.code == 0) {
        BOOST_TEST((can_be_done_without(call) || error == "EINTR"));
        BOOST_TEST((content() == wanted));
        continue;
      }
      const std::string end = complaint(all, i + 1, folder) + text;
      BOOST_TEST(r.code == 5);
      const std::size_t at = r.err.find("char_rnn: error: " + end);
      BOOST_TEST_REQUIRE(at != std::string::npos, r.err << " lacks " << end);
      // A save that fails says which step the file is of, which is there before the first one is saved.
      const std::string after = r.err.substr(at + 17 + end.size());
      BOOST_TEST((after.starts_with("\nhint: ") || (end.starts_with("cannot save") && after.starts_with(", in step "))),
                 r.err);
      const bool repeated = (end.starts_with("cannot save") || end.starts_with("cannot lock")) &&
                            (call.is("open") || call.is("write") || call.is("sync") || call.is("flock"));
      BOOST_TEST((error != "EINTR" || !repeated));
      check_steps(all, i);
      if (seen.insert(content()).second || file_of(call) == log_file) check_going_on();
    }
  }
  BOOST_TEST_MESSAGE(faults << " times " << error);
  BOOST_TEST(faults >= (resumes ? 15 : 30) / stride);
}

void CrashFixture::check_all_faults() const {
  check_faults("ENOSPC", "No space left on device");
  check_faults("EIO", "Input/output error");
  check_faults("EINTR", "Interrupted system call");
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(char_rnn_crash, CrashFixture)

BOOST_AUTO_TEST_CASE(a_new_run_killed_at_any_call) {
  if (child::skipped_without_strace(box)) return;
  check_kills();
}

BOOST_AUTO_TEST_CASE(a_resumed_run_killed_at_any_call) {
  if (child::skipped_without_strace(box)) return;
  begin_with_a_killed_run();
  check_kills();
}

BOOST_AUTO_TEST_CASE(any_call_of_a_new_run_fails) {
  if (child::skipped_without_strace(box)) return;
  check_all_faults();
}

BOOST_AUTO_TEST_CASE(any_call_of_a_resumed_run_fails) {
  if (child::skipped_without_strace(box)) return;
  begin_with_a_killed_run();
  check_all_faults();
}

BOOST_AUTO_TEST_SUITE_END()
