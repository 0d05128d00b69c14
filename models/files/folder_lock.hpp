// One process at a time in a folder.
#pragma once
#include <filesystem>
#include <memory>

namespace xgrad {

namespace detail {
struct Fd;
}

/// Holds a folder for as long as the object lives, against other objects in this process and in others. It is a lock of
/// the file system (flock) on the file "lock" in that folder, which names the process that holds it: when that is
/// killed, the lock is gone, and the file, which stays, is in nobody's way.
class FolderLock {
 public:
  static constexpr const char* file_name = "lock";

  /// Throws FileError where the folder is held by somebody, "'DIR' is in use by process 4242", or where a file in it
  /// cannot be opened for writing or locked.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();

 private:
  std::unique_ptr<const detail::Fd> fd_;
};

}  // namespace xgrad
