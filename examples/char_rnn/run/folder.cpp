#include "folder.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>

#include "../failure.hpp"
#include "../settings/settings_file.hpp"
#include "../terminal/terminal.hpp"
#include "checkpoint.hpp"

namespace char_rnn {

namespace fs = std::filesystem;
using xgrad::escaped;

namespace {

constexpr const char* hint_if_new = "choose another folder with --out";

std::string hint_if_saved(const fs::path& folder) {
  return fmt::format("when that is put right, --resume {} goes on with the run", quoted(folder.string()));
}

[[noreturn]] void cannot(const char* what, const fs::path& path, int error, const std::string& hint = hint_if_new) {
  throw Failure(Exit::io, fmt::format("cannot {} '{}': {}", what, escaped(path.string()), std::strerror(error)), hint);
}

/// Whether it was made now; it may have been there.
bool make_folder(const fs::path& folder) {
  std::error_code error;
  if (folder.has_parent_path()) fs::create_directories(folder.parent_path(), error);
  if (error) cannot("make the folder", folder.parent_path(), error.value());
  const bool made = fs::create_directory(folder, error);
  if (error && error != std::errc::file_exists) cannot("make the folder", folder, error.value());
  if (!made && !fs::is_directory(folder)) cannot("make the folder", folder, EEXIST);
  return made;
}

fs::path next_free(const fs::path& text) {
  const std::string name = text.stem().string();
  for (int n = 1;; ++n) {
    const fs::path folder = fs::path("runs") / (n == 1 ? name : fmt::format("{}-{}", name, n));
    if (make_folder(folder)) return folder;
  }
}

/// The beginning of a file; empty where there is none. Throws where it cannot be read: it may be somebody's.
std::string beginning(const fs::path& path) {
  if (!fs::exists(path)) return "";
  std::ifstream file(path, std::ios::binary);
  if (!file) cannot("read", path, errno);
  std::string text(32, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

/// Whether a run wrote that log, or began to.
bool is_of_a_run(const std::string& log) {
  const auto begins = [&](std::string_view event) {
    return log.starts_with(event.substr(0, std::min(event.size(), log.size())));
  };
  return begins("{\"event\":\"start\"") || begins("{\"event\":\"resume\"");
}

/// Files of these names that are somebody else's are not to be lost. A run that was killed before it saved may begin
/// again; it has begun its log before it kept its settings. A lock holds the number of a process, or nothing.
void check_that_nothing_is_lost(const fs::path& folder) {
  const std::string log = beginning(folder / log_file), lock = beginning(folder / xgrad::FolderLock::file_name);
  const char* foreign = nullptr;
  if (!is_of_a_run(log)) foreign = log_file;
  else if (log.empty() && fs::exists(folder / settings_file)) foreign = settings_file;
  else if (lock.find_first_not_of("0123456789\n") != std::string::npos) foreign = xgrad::FolderLock::file_name;
  if (foreign)
    throw Failure(Exit::usage, fmt::format("'{}' has a file '{}' that is of no run", escaped(folder.string()), foreign),
                  "name another folder with --out");
}

/// A killed process may have left a line without an end.
void drop_torn_line(const fs::path& log, const std::string& hint) {
  if (!fs::exists(log)) return;
  const std::string text = read_whole(log, "move that file away, and the run goes on without it");
  const std::size_t whole = text.rfind('\n') + 1;  // 0 where there is none
  std::error_code error;
  if (whole < text.size()) fs::resize_file(log, whole, error);
  if (error) cannot("write", log, error.value(), hint);
}

}  // namespace

RunFolder RunFolder::fresh(const TrainOptions& options) {
  if (!options.out) return RunFolder(next_free(options.text), true, hint_if_new);
  fs::path folder = *options.out;
  if (!folder.has_filename()) folder = folder.parent_path();  // "runs/x/" is "runs/x"
  const bool made = make_folder(folder);
  for (const char* file : {latest_file, previous_file, best_file})
    if (fs::exists(folder / file))
      throw Failure(
          Exit::usage, fmt::format("'{}' holds a run already: {}", escaped(folder.string()), file),
          fs::exists(folder / latest_file)
              ? fmt::format("--resume {} goes on with it; --out names another folder", quoted(folder.string()))
              : "name another folder with --out");
  check_that_nothing_is_lost(folder);
  return RunFolder(folder, made, hint_if_new);
}

RunFolder RunFolder::resumed(const fs::path& folder) { return RunFolder(folder, false, hint_if_saved(folder)); }

RunFolder::RunFolder(fs::path path, bool made, std::string hint, Unlocked)
    : path_(std::move(path)), hint_(std::move(hint)), made_(made) {}

RunFolder::RunFolder(fs::path path, bool made, std::string hint)
    : RunFolder(std::move(path), made, std::move(hint), Unlocked{}) {  // from here on the destructor tidies up
  explained(Exit::io, hint_, [this] {
    lock_ = std::make_unique<xgrad::FolderLock>(path_);
    xgrad::remove_stale_temporaries(path_);
  });
}

RunFolder::~RunFolder() {
  if (!made_ || used_) return;
  std::error_code ignored;
  if (lock_) fs::remove(path_ / xgrad::FolderLock::file_name, ignored);
  fs::remove(path_, ignored);
}

fs::path RunFolder::latest() const { return path_ / latest_file; }

void RunFolder::keep(const Settings& settings) {
  const std::string text = settings_as_toml(settings);
  explained(Exit::io, hint_, [&] { xgrad::replace_file(path_ / settings_file, {std::as_bytes(std::span(text))}); });
  used_ = true;
}

void RunFolder::log(const nlohmann::ordered_json& line) {
  const fs::path path = path_ / log_file;
  if (!log_) {
    // A run that is begun has no checkpoint yet: what an earlier one logged before its first is of no use.
    const bool goes_on = fs::exists(latest());
    if (goes_on) drop_torn_line(path, hint_);
    log_.reset(std::fopen(path.c_str(), goes_on ? "ae" : "we"));
    if (!log_) cannot("write", path, errno, hint_);
    used_ = true;
  }
  const std::string text = line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  if (std::fwrite(text.data(), 1, text.size(), log_.get()) != text.size() || std::fflush(log_.get()) != 0)
    cannot("write", path, errno, hint_);
}

void RunFolder::write(const char* file, const xgrad::SafeTensors& content, const xgrad::ReplaceOptions& how) {
  explained(Exit::io, hint_, [&] { xgrad::write_safetensors(path_ / file, content, how); });
  used_ = true;
}

void RunFolder::save(const xgrad::SafeTensors& content, bool keep_previous) {
  xgrad::ReplaceOptions how;
  if (keep_previous) how.keep_previous_as = path_ / previous_file;
  write(latest_file, content, how);
  hint_ = hint_if_saved(path_);
}
void RunFolder::save_best(const xgrad::SafeTensors& content) { write(best_file, content, {}); }

}  // namespace char_rnn
