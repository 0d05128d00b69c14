#include "source.hpp"

#include <sys/stat.h>
#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

#include "../../autograd/core/error.hpp"
#include "vocabulary.hpp"

namespace xgrad {

namespace {

std::string reason(int error) { return std::generic_category().message(error); }

struct stat status_of(std::FILE* file) {
  struct stat status {};
  ::fstat(::fileno(file), &status);
  return status;
}

}  // namespace

std::size_t MemorySource::read(std::span<char> to) {
  const std::size_t count = bytes_.copy(to.data(), to.size(), at_);
  at_ += count;
  return count;
}

FileSource::FileSource(const std::filesystem::path& path, const ReadProgress& progress)
    : name_(escaped(path.string())), file_(std::fopen(path.c_str(), "rbe"), &std::fclose) {
  if (!file_) refuse(reason(errno));
  std::setvbuf(file_.get(), nullptr, _IONBF, 0);
  const auto mode = status_of(file_.get()).st_mode;
  if (S_ISDIR(mode)) refuse(reason(EISDIR));
  if (S_ISFIFO(mode)) spool(progress);
  else if (!S_ISREG(mode)) refuse("it is neither a regular file nor a pipe");
  opened_ = state();
}

std::size_t FileSource::read(std::span<char> to) {
  std::size_t length = 0;
  while (length < to.size()) {
    errno = 0;
    length += std::fread(to.data() + length, 1, to.size() - length, file_.get());
    if (std::ferror(file_.get())) {
      if (errno != EINTR) refuse(reason(errno));
      std::clearerr(file_.get());
    } else if (std::feof(file_.get())) {
      break;
    }
  }
  return length;
}

FileSource::State FileSource::state() const {
  const struct stat status = status_of(file_.get());
  return {static_cast<std::uint64_t>(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

void FileSource::refuse(const std::string& why) const { throw FileError("cannot read text '" + name_ + "': " + why); }

// The file has no name, so that it is gone with this process whatever ends it.
void FileSource::spool(const ReadProgress& progress) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> copy(std::tmpfile(), &std::fclose);
  if (!copy) refuse("a pipe needs a temporary file: " + reason(errno));
  std::setvbuf(copy.get(), nullptr, _IONBF, 0);
  std::vector<char> piece(std::size_t{1} << 18);
  for (std::uint64_t done = 0, told = 0;;) {
    const std::size_t got = read(piece);
    errno = 0;
    if (std::fwrite(piece.data(), 1, got, copy.get()) != got) refuse("a pipe needs a temporary file: " + reason(errno));
    done += got;
    const bool end = got < piece.size();
    if (progress && (end || done - told >= progress_step)) progress(told = done, 0);
    if (end) break;
  }
  file_ = std::move(copy);
}

}  // namespace xgrad
