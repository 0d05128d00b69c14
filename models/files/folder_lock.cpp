#include "folder_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <string_view>

#include "../../autograd/core/error.hpp"
#include "../checkpoint/file.hpp"

namespace xgrad {

namespace {

/// "process 4242", as the holder wrote it; or "another process" where it has not yet, or something else did.
std::string holder(int fd) {
  std::array<char, 24> bytes{};
  const ssize_t got = detail::uninterrupted([&] { return ::pread(fd, bytes.data(), bytes.size(), 0); });
  const std::string_view text(bytes.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const bool whole = digits > 0 && text.substr(digits) == "\n";
  return whole ? "process " + std::string(text.substr(0, digits)) : "another process";
}

}  // namespace

FolderLock::FolderLock(const std::filesystem::path& folder) {
  const auto refuse = [&](int error) {
    throw FileError("cannot lock " + detail::quote(folder.native()) + ": " + detail::reason(error));
  };
  const std::filesystem::path file = folder / file_name;
  fd_ = std::make_unique<const detail::Fd>(detail::uninterrupted(
      [&] { return ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW, 0666); }));
  if (fd_->value < 0) refuse(errno);
  if (detail::uninterrupted([&] { return ::flock(fd_->value, LOCK_EX | LOCK_NB); }) != 0) {
    if (errno != EWOULDBLOCK) refuse(errno);
    throw FileError(detail::quote(folder.native()) + " is in use by " + holder(fd_->value));
  }
  // The number is for messages: a disk that is full does not keep anybody from the folder.
  const std::string pid = std::to_string(::getpid()) + "\n";
  [[maybe_unused]] const bool written =
      ::ftruncate(fd_->value, 0) == 0 && ::pwrite(fd_->value, pid.data(), pid.size(), 0) > 0;
}

// The file is emptied, so that the next holder is not taken for this one before it has written its own number. Closing
// it gives the lock back.
FolderLock::~FolderLock() { [[maybe_unused]] const int ignored = ::ftruncate(fd_->value, 0); }

}  // namespace xgrad
