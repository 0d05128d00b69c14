// A process of numpy_step.py and its two pipes: how they talk is said there.
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "sides.hpp"
#include "start.hpp"

namespace bench {

namespace {

struct Pipe {
  int read, write;

  Pipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("numpy_step.py: no pipe can be made");
    read = ends[0], write = ends[1];
  }
};

// A program that reads what is written here, and the reverse. It ends when its input does.
class Coprocess {
 public:
  explicit Coprocess(std::vector<std::string> command) {
    std::vector<char*> argv;
    for (std::string& word : command) argv.push_back(word.data());
    argv.push_back(nullptr);
    const Pipe to, from;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to.read, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, from.write, STDOUT_FILENO);
    const int error = posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(to.read), close(from.write);
    to_ = fdopen(to.write, "w"), from_ = fdopen(from.read, "r");
    if (error != 0) {
      close_pipes();
      throw std::runtime_error(command[0] + " cannot be started");
    }
  }
  ~Coprocess() {
    close_pipes();
    waitpid(pid_, nullptr, 0);
  }
  Coprocess(const Coprocess&) = delete;
  Coprocess& operator=(const Coprocess&) = delete;

  template <class T>
  void write(std::span<const T> x) {
    if (std::fwrite(x.data(), sizeof(T), x.size(), to_) != x.size()) ended();
  }
  void write_line(const std::string& line) {
    write(std::span<const char>(line));
    write(std::span<const char>("\n", 1));
    if (std::fflush(to_) != 0) ended();
  }
  template <class T>
  void read(std::span<T> x) {
    if (std::fread(x.data(), sizeof(T), x.size(), from_) != x.size()) ended();
  }

 private:
  [[noreturn]] static void ended() {
    throw std::runtime_error("numpy_step.py ended without an answer; if it gave a reason, it is above");
  }
  void close_pipes() {
    std::fclose(to_);
    std::fclose(from_);
  }

  pid_t pid_ = 0;
  std::FILE *to_, *from_;
};

class OnNumpy final : public NumpySide {
 public:
  OnNumpy(const Workload& w, NumpyType type)
      : OnNumpy(Start(w), w, type == NumpyType::float64 ? "float64" : "float32") {}

  float step() override { return float(answer("step")); }
  double timed_steps(int count) override { return answer("time " + std::to_string(count)); }
  std::span<const float> weights() const override { return array("weights"); }
  std::span<const float> gradients() override { return array("gradients"); }

 private:
  OnNumpy(const Start& start, const Workload& w, const char* type)
      : process_({XGRAD_PYTHON, "-B", XGRAD_NUMPY_STEP}), flat_(start.weights.size()) {
    const hand::Training& t = start.training;
    nlohmann::ordered_json json{{"dtype", type},
                                {"hidden", w.hidden},
                                {"steps", w.steps},
                                {"batch", w.batch},
                                {"lstm_layers", w.lstm_layers},
                                {"vocabulary", w.vocabulary},
                                {"adam", t.optimizer == hand::Optimizer::adam},
                                {"rate", t.rate},
                                {"eps", t.eps},
                                {"bound", t.bound},
                                {"betas", {t.b1, t.b2}},
                                {"size", start.weights.size()}};
    for (const auto& a : start.arrays) json["arrays"].push_back({{"offset", a.offset}, {"shape", a.shape}});
    process_.write_line(json.dump());
    process_.write(std::span<const float>(start.weights));
    process_.write(std::span<const Index>(start.text.inputs));
    process_.write(std::span<const Index>(start.text.targets));
  }

  double answer(const std::string& command) {
    double number = 0;
    process_.write_line(command);
    process_.read(std::span(&number, 1));
    return number;
  }
  std::span<const float> array(const char* command) const {
    process_.write_line(command);
    process_.read(std::span(flat_));
    return flat_;
  }

  mutable Coprocess process_;
  mutable std::vector<float> flat_;  // what was asked for last
};

}  // namespace

std::unique_ptr<NumpySide> make_numpy_side(const Workload& w, NumpyType type) {
  return std::make_unique<OnNumpy>(w, type);
}

}  // namespace bench
