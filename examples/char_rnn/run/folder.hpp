// The folder of a run: settings.toml, what was asked for, log.jsonl, how training went, and the checkpoints, what came
// of it. One trainer at a time.
#pragma once
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <xgrad/models/models.hpp>

#include "../options/options.hpp"

namespace char_rnn {

inline constexpr const char* log_file = "log.jsonl";
inline constexpr const char* settings_file = "settings.toml";

class RunFolder {
 public:
  /// For a new run: the folder that was asked for, or the next free one in runs/. Throws Failure where it holds a
  /// checkpoint already, or files of others that a run would write, cannot be made or is in use.
  static RunFolder fresh(const TrainOptions& options);
  /// For a run that goes on. Throws Failure where there is no such folder, or it is in use.
  static RunFolder resumed(const std::filesystem::path& folder);
  /// Takes the folder away again if it was made and nothing came into it.
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path latest() const;
  /// Keeps the settings as a file for --config, for people: a run that goes on reads its checkpoint. Throws Failure
  /// where it cannot.
  void keep(const Settings& settings);
  /// Appends a line to log.jsonl. Throws Failure where it cannot.
  void log(const nlohmann::ordered_json& line);
  /// Replaces the latest checkpoint, and keeps the one before, or that which was kept. Throws Failure where it cannot.
  void save(const xgrad::SafeTensors& content, bool keep_previous = true);
  /// The same for the best.
  void save_best(const xgrad::SafeTensors& content);

 private:
  struct Unlocked {};
  RunFolder(std::filesystem::path path, bool made, std::string hint, Unlocked);
  RunFolder(std::filesystem::path path, bool made, std::string hint);
  void write(const char* file, const xgrad::SafeTensors& content, const xgrad::ReplaceOptions& how);

  std::filesystem::path path_;
  std::string hint_;  // for when something cannot be written
  bool made_ = false, used_ = false;
  std::unique_ptr<xgrad::FolderLock> lock_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> log_{nullptr, &std::fclose};
};

}  // namespace char_rnn
