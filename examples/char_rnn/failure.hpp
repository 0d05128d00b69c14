// What ends the program early: a code for the shell, one line that says what is wrong, one that says what to do.
#pragma once
#include <filesystem>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <xgrad/autograd/core/error.hpp>

namespace char_rnn {

/// The exit codes; scripts rely on them.
enum class Exit {
  ok = 0,
  usage = 2,       // options, also a model too large for this machine
  text = 3,        // the content of the text, or symbols that it does not have
  checkpoint = 4,  // a file of weights that is not what it should be
  io = 5,          // reading and writing
  numerical = 6,   // numbers that are no longer finite
  gradient = 7,    // a gradient that is wrong
  bug = 70,
};

class Failure : public std::runtime_error {
 public:
  Failure(Exit code, const std::string& what, std::string hint)
      : std::runtime_error(what), code_(code), hint_(std::move(hint)) {}
  Exit code() const { return code_; }
  const std::string& hint() const { return hint_; }

 private:
  Exit code_;
  std::string hint_;
};

/// The failure that a library error stands for; a "hint: ..." at the end of its text replaces ours.
Failure failure_of(const xgrad::Error& error, Exit code, const std::string& hint);

/// Calls f. Its FormatErrors become failures with code `format`, its FileErrors such with Exit::io.
template <class F>
auto explained(Exit format, const std::string& hint, F f) {
  try {
    return f();
  } catch (const xgrad::FormatError& e) {
    throw failure_of(e, format, hint);
  } catch (const xgrad::FileError& e) {
    throw failure_of(e, Exit::io, hint);
  }
}

/// The content of a file. Throws Failure with this hint, and Exit::io where it cannot be read, Exit::usage where it has
/// more bytes than `most`, a million or more.
std::string read_whole(const std::filesystem::path& path, const std::string& hint,
                       std::size_t most = std::numeric_limits<std::size_t>::max());

/// Prints "char_rnn: error: <what>" and "hint: <hint>" to stderr, and gives the code for main to return.
int report(Exit code, const std::string& what, const std::string& hint);

/// What `program` returns. Where it throws, that is reported, and the code is its kind's.
int reported(const std::function<int()>& program);

}  // namespace char_rnn
