// Runs a program under strace: which system calls it makes, and what becomes of it where one of them kills it or fails.
#pragma once
#include <cstdio>
#include <map>
#include <sstream>

#include "child.hpp"

namespace child {

/// A call in a trace: the nth of its name.
struct Call {
  std::string name, line;
  int nth;
  bool is(std::string_view kind) const { return name.find(kind) != std::string::npos; }
  bool says(std::string_view text) const { return line.find(text) != std::string::npos; }

  /// The options of a run in which this call does not happen: the process is killed there ("signal=KILL"), or told of
  /// an error ("error=EIO").
  Sandbox::Arguments injecting(const std::string& what) const {
    return {"-e", "inject=" + name + ":" + what + ":when=" + std::to_string(nth)};
  }
};

/// Runs the command in the box with these options of strace; what it called is in the file "trace" then. (Leaks are
/// sought by tracing, too, and the threads of OpenBLAS call the system all the time, to wait.)
inline Result trace(const Sandbox& box, const Sandbox::Arguments& options, const Sandbox::Arguments& command) {
  Sandbox::Arguments all{"ASAN_OPTIONS=detect_leaks=0", "OPENBLAS_NUM_THREADS=1", "strace", "-f", "-y", "-o", "trace"};
  for (const auto& more : {options, command}) all.insert(all.end(), more.begin(), more.end());
  return box.run("/usr/bin/env", all);
}

/// Whether nothing can be traced here; ctest knows the word.
inline bool skipped_without_strace(const Sandbox& box) {
  const bool skip = trace(box, {}, {"true"}).code != 0;
  if (skip) std::puts("skipped: there is no strace that may trace a program here");
  return skip;
}

/// The calls of the last trace, of the thread that is its first. (strace counts those of each by themselves; and where
/// all are killed, it may have a call of another that it could not read any more.)
inline std::vector<Call> traced_calls(const Sandbox& box) {
  std::vector<Call> all;
  std::map<std::string, int> count;
  std::string first;
  std::istringstream lines(read_file(box / "trace"));
  for (std::string line; std::getline(lines, line);) {
    const std::string thread = line.substr(0, line.find(' '));
    if (first.empty()) first = thread;
    const std::size_t start = line.find_first_not_of("0123456789 "), end = line.find('(');
    if (thread != first || end == std::string::npos || line[start] == '+' || line[start] == '<') continue;
    const std::string name = line.substr(start, end - start);
    all.push_back({name, line.substr(start), ++count[name]});
  }
  return all;
}

/// "rename .xgrad-tmp-0 C": a call, and the files that it names or has open.
inline std::string brief(const Call& call) {
  std::string text = call.name;
  for (const char* kind : {"open", "rename", "link"})
    if (call.is(kind)) text = kind;
  const auto name = [&](std::size_t from, std::size_t to) {
    text += " " + fs::path(call.line.substr(from, to - from)).filename().string();
  };
  const std::size_t arguments = call.line.find('(') + 1, end = call.line.rfind(" = ");
  if (call.line.find_first_of("0123456789", arguments) == arguments) name(call.line.find('<') + 1, call.line.find('>'));
  else
    for (std::size_t at = arguments; (at = call.line.find('"', at)) < end;) {
      const std::size_t close = call.line.find('"', at + 1);
      name(at + 1, close);
      at = close + 1;
    }
  return text + (call.says("O_EXCL") ? " new" : "");
}

}  // namespace child
