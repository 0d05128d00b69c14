// What the files of this folder share: a descriptor that closes itself, and how messages name files and faults.
#pragma once
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

#include "../text/vocabulary.hpp"

namespace xgrad::detail {

/// A file descriptor, or a negative number where there is none.
struct Fd {
  explicit Fd(int fd) : value(fd) {}
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() {
    if (value >= 0) ::close(value);
  }
  const int value;
};

/// Repeats a system call that a signal interrupts.
template <class Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

inline std::string quote(std::string_view untrusted) { return std::string("'").append(escaped(untrusted)) + "'"; }
/// The system's words for an errno.
inline std::string reason(int error) { return std::generic_category().message(error); }

}  // namespace xgrad::detail
