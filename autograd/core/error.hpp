// The exceptions of xgrad. Every message reads "[op] what is wrong: both shapes", and may end in a line "hint: ...".
// The text is the same in debug and release builds. Mistakes of a caller throw; broken invariants of the engine assert.
#pragma once
#include <stdexcept>
#include <string>
#include <string_view>

namespace xgrad {

/// Base of everything that xgrad throws, so that one handler is enough.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Shapes, ranks or axes that do not fit together.
class ShapeError : public Error {
 public:
  using Error::Error;
};

/// A value outside the range that an argument allows: an index, a probability, a step of zero.
class ValueError : public Error {
 public:
  using Error::Error;
};

/// A handle or a tape used against its rules: stale, foreign, swept twice, no tape in scope.
class TapeError : public Error {
 public:
  using Error::Error;
};

/// A file that cannot be read or written; the message ends in the system's reason.
class FileError : public Error {
 public:
  using Error::Error;
};

/// A file that was read but is not what it should be.
class FormatError : public Error {
 public:
  using Error::Error;
};

/// Throws E with the text "[op] what".
template <class E>
[[noreturn]] void fail(std::string_view op, std::string_view what) {
  std::string text;
  text.reserve(op.size() + what.size() + 3);
  text.append("[").append(op).append("] ").append(what);
  throw E(text);
}

}  // namespace xgrad
