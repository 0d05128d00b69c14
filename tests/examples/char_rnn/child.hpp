// Runs a program the way a shell would, in a folder of its own, and tells what came of it.
#pragma once
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace child {

namespace fs = std::filesystem;

inline std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_file(const fs::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary).write(text.data(), static_cast<std::streamsize>(text.size()));
}

struct Result {
  int code;  // 128 + the signal's number for what a signal killed
  std::string out, err;
  long peak = 0;  // bytes of memory, the most that were resident at once
};

/// A new folder, removed at the end.
class Sandbox {
 public:
  Sandbox() {
    std::string name = (fs::temp_directory_path() / "char_rnn_test.XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
    folder_ = name;
  }
  ~Sandbox() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  fs::path operator/(const fs::path& name) const { return folder_ / name; }

  using Arguments = std::vector<std::string>;
  /// Starts the program here; its output goes to files, or to the descriptors `out` and `err`.
  pid_t start(const std::string& program, const Arguments& arguments, int out = -1, int err = -1) const {
    std::vector<char*> argv{const_cast<char*>(program.c_str())};
    for (const std::string& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
    argv.push_back(nullptr);
    const pid_t pid = fork();
    if (pid < 0) throw std::runtime_error("cannot fork");
    if (pid > 0) return pid;
    for (const int signal : {SIGINT, SIGTERM, SIGPIPE}) std::signal(signal, SIG_DFL);  // whatever started the test
    alarm(100);                                                                        // nothing here may hang
    if (chdir(folder_.c_str()) != 0) _exit(126);
    if (out < 0) out = open("stdout", O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (err < 0) err = open("stderr", O_WRONLY | O_CREAT | O_TRUNC, 0666);
    dup2(out, 1);
    dup2(err, 2);
    execv(program.c_str(), argv.data());
    _exit(127);
  }
  Result wait(pid_t pid) const {
    int status = 0;
    rusage usage{};
    wait4(pid, &status, 0, &usage);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), read_file(folder_ / "stdout"),
            read_file(folder_ / "stderr"), 1024 * usage.ru_maxrss};
  }
  /// Returns when the program has said this on stderr, or has ended.
  void wait_until_said(pid_t pid, std::string_view words) const {
    siginfo_t ended{};
    do {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      if (read_file(folder_ / "stderr").find(words) != std::string::npos) return;
      waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOHANG | WNOWAIT);
    } while (ended.si_pid == 0);
  }
  Result run(const std::string& program, const Arguments& arguments) const { return wait(start(program, arguments)); }

 private:
  fs::path folder_;
};

}  // namespace child
