// Runs that go on, and their files.
#pragma once
#include <map>
#include <set>
#include <string>

#include "../fixture.hpp"

// Everything that a run may depend on: a stack, dropout, moments, a schedule, validation.
inline const child::Sandbox::Arguments everything{"--model",      "lstm",    "--layers",   "2",      "--hidden",  "8",
                                                  "--seq-len",    "5",       "--batch",    "4",      "--dropout", "0.2",
                                                  "--split",      "0.8,0.1", "--schedule", "cosine", "--warmup",  "10",
                                                  "--eval-every", "40",      "--steps",    "150"};

struct ResumeFixture : CharRnnFixture {
  using Arguments = child::Sandbox::Arguments;
  using Result = child::Result;
  Arguments command(const std::string& option, const std::string& folder, const Arguments& more = {}) const {
    Arguments all{"train", "fish.txt", option, folder, "--checkpoint-every", "10"};
    all.insert(all.end(), everything.begin(), everything.end());
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  Result whole(const std::string& folder, const Arguments& more = {}) const {
    return run(command("--out", folder, more));
  }
  Result go_on(const std::string& folder, const Arguments& more = {}) const {
    return run(command("--resume", folder, more));
  }
  std::string latest(const std::string& folder) const { return child::read_file(box / folder / "latest.safetensors"); }
  std::string best(const std::string& folder) const { return child::read_file(box / folder / "best.safetensors"); }
  // All files of a folder and what is in them.
  std::map<std::string, std::string> content(const std::string& folder) const {
    std::map<std::string, std::string> all;
    for (const auto& file : std::filesystem::directory_iterator(box / folder))
      all[file.path().filename()] = child::read_file(file.path());
    return all;
  }
  std::set<std::string> names(const std::string& folder) const {
    std::set<std::string> all;
    for (const auto& file : std::filesystem::directory_iterator(box / folder)) all.insert(file.path().filename());
    return all;
  }
  // When the folder and each of its files were written last.
  std::map<std::string, std::filesystem::file_time_type> times(const std::string& folder) const {
    std::map<std::string, std::filesystem::file_time_type> all{{".", std::filesystem::last_write_time(box / folder)}};
    for (const auto& file : std::filesystem::directory_iterator(box / folder))
      all[file.path().filename()] = std::filesystem::last_write_time(file.path());
    return all;
  }
};
