#include "replacement.hpp"

#include <fcntl.h>
#include <sys/stat.h>
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

using detail::Fd;
using detail::uninterrupted;

constexpr std::string_view temporary_prefix = ".xgrad-tmp-";

std::filesystem::path folder_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : ".";
}

/// A name in the folder of `beside` that was free and is this object's. What it names is renamed, or goes away with it.
class Temporary {
 public:
  /// `make` is called with names until one is free; it returns a negative number where it fails, and sets errno. A name
  /// that is taken is passed over: it may be left from a crash, or be somebody's who saves right now.
  template <class Make>
  Temporary(const std::filesystem::path& beside, Make make) {
    for (int n = 0;; ++n) {
      name_ = folder_of(beside) / std::string(temporary_prefix).append(std::to_string(n));
      made_ = uninterrupted([&] { return make(name_.c_str()); });
      error_ = made_ < 0 ? errno : 0;
      pending_ = made_ >= 0;
      if (error_ != EEXIST) return;
    }
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    if (pending_) ::unlink(name_.c_str());
  }

  int made() const { return made_; }    // what `make` returned
  int error() const { return error_; }  // its errno, or 0
  bool rename_to(const std::filesystem::path& name) {
    if (::rename(name_.c_str(), name.c_str()) != 0) return false;
    pending_ = false;  // and what has the name from now on is somebody else's
    return true;
  }

 private:
  std::filesystem::path name_;
  int made_ = -1, error_ = 0;
  bool pending_ = false;
};

/// A new empty file, of whose name the temporary takes care.
Temporary new_file(const std::filesystem::path& beside) {
  return {beside, [](const char* name) { return ::open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666); }};
}

/// One call of replace_file(). Its errors name the target, whatever file they arose at.
class Replacement {
 public:
  explicit Replacement(const std::filesystem::path& target) : target_(target) {}
  void run(const std::vector<std::span<const std::byte>>& pieces, const std::filesystem::path& previous) const;

 private:
  [[noreturn]] void refuse(int error) const {
    throw FileError("cannot save " + detail::quote(target_.native()) + ": " + detail::reason(error));
  }
  void check(bool done) const {
    if (!done) refuse(errno);
  }
  void write(int fd, std::span<const std::byte> bytes) const;
  void sync(int fd) const {
    check(uninterrupted([&] { return ::fsync(fd); }) == 0);
  }
  void sync_folder(const std::filesystem::path& folder) const;
  void keep_as(const std::filesystem::path& name) const;
  void copy_as(const std::filesystem::path& name) const;

  const std::filesystem::path& target_;
};

void Replacement::write(int fd, std::span<const std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t put = uninterrupted([&] { return ::write(fd, bytes.data(), bytes.size()); });
    if (put <= 0) refuse(put < 0 ? errno : EIO);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
}

/// A new name is on disk only when its folder is. File systems without such a call answer EINVAL.
void Replacement::sync_folder(const std::filesystem::path& folder) const {
  const Fd fd(uninterrupted([&] { return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  check(fd.value >= 0);
  check(uninterrupted([&] { return ::fsync(fd.value); }) == 0 || errno == EINVAL);
}

/// Gives the target a second name, where the file system has such, or a copy; where there is no target, nothing.
void Replacement::keep_as(const std::filesystem::path& name) const {
  struct stat mine {
  }, there{};
  if (::stat(target_.c_str(), &mine) != 0) return check(errno == ENOENT);
  if (::lstat(name.c_str(), &there) != 0) check(errno == ENOENT);
  else if (mine.st_dev == there.st_dev && mine.st_ino == there.st_ino)
    return;  // since a crash between the two renames; rename() of two names of one file would do nothing
  Temporary link(name, [this](const char* free) {
    return ::linkat(AT_FDCWD, target_.c_str(), AT_FDCWD, free, AT_SYMLINK_FOLLOW);
  });
  constexpr std::array no_links{EPERM, EOPNOTSUPP, ENOSYS, EMLINK, EXDEV};
  if (link.error() == 0) check(link.rename_to(name));
  else if (std::find(no_links.begin(), no_links.end(), link.error()) != no_links.end()) copy_as(name);
  else refuse(link.error());
}

void Replacement::copy_as(const std::filesystem::path& name) const {
  const Fd from(uninterrupted([this] { return ::open(target_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); }));
  check(from.value >= 0);
  Temporary copy = new_file(name);
  if (copy.error() != 0) refuse(copy.error());
  const Fd to(copy.made());
  std::vector<std::byte> buffer(std::size_t{1} << 16);
  for (ssize_t got = 1; got > 0;) {
    got = uninterrupted([&] { return ::read(from.value, buffer.data(), buffer.size()); });
    check(got >= 0);
    write(to.value, std::span(buffer).first(static_cast<std::size_t>(got)));
  }
  sync(to.value);
  check(copy.rename_to(name));
}

void Replacement::run(const std::vector<std::span<const std::byte>>& pieces,
                      const std::filesystem::path& previous) const {
  Temporary file = new_file(target_);
  if (file.error() != 0) refuse(file.error());
  const Fd fd(file.made());
  for (const auto piece : pieces) write(fd.value, piece);
  sync(fd.value);
  if (!previous.empty()) keep_as(previous);
  check(file.rename_to(target_));
  sync_folder(folder_of(target_));
  if (!previous.empty() && folder_of(previous) != folder_of(target_)) sync_folder(folder_of(previous));
}

}  // namespace

void replace_file(const std::filesystem::path& target, const std::vector<std::span<const std::byte>>& pieces,
                  const ReplaceOptions& options) {
  Replacement(target).run(pieces, options.keep_previous_as);
}

std::size_t remove_stale_temporaries(const std::filesystem::path& folder) {
  const auto refuse = [&](int error) {
    throw FileError("cannot tidy up " + detail::quote(folder.native()) + ": " + detail::reason(error));
  };
  const auto stale = [](std::string_view name) {
    if (!name.starts_with(temporary_prefix)) return false;
    name.remove_prefix(temporary_prefix.size());
    return !name.empty() && name.find_first_not_of("0123456789") == std::string_view::npos;
  };
  std::error_code error;
  std::vector<std::filesystem::path> found;  // before one is removed: a folder that changes is not to be walked
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (!stale(at->path().filename().native())) continue;
    const auto type = at->symlink_status(error).type();
    if (type == std::filesystem::file_type::none) refuse(error.value());
    if (type == std::filesystem::file_type::regular) found.push_back(at->path());
  }
  if (error) refuse(error.value());
  for (const auto& path : found)
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) refuse(errno);
  return found.size();
}

}  // namespace xgrad
