#include "fuzz.hpp"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <utf8cpp/utf8.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <vector>
#include <xgrad/models/text/vocabulary.hpp>

namespace fs = std::filesystem;

namespace fuzz {

void must(bool kept, std::string_view rule) {
  if (kept) return;
  std::fprintf(stderr, "broken: %.*s\n", static_cast<int>(rule.size()), rule.data());
  std::abort();
}

void must_be_printable(std::string_view message) {
  constexpr std::size_t longest = 4000;
  must(!message.empty() && message.size() <= longest, "a message is short");
  must(utf8::is_valid(message.begin(), message.end()), "a message is UTF-8");
  for (const char c : message)  // escaped() has its own tests: here is looked for what did not go through it
    must(static_cast<unsigned char>(c) >= 0x20 ? c != 0x7F : c == '\n', "a message has no control characters");
}

MemoryFile::MemoryFile(std::string_view bytes) : fd_(::memfd_create("input", MFD_CLOEXEC)) {
  must(fd_ >= 0 && ::write(fd_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()), "there is memory");
}

MemoryFile::~MemoryFile() { ::close(fd_); }

namespace {

/// In memory where the system has such a place: replacing a file waits for the disk.
class Folder {
 public:
  Folder() {
    const fs::path memory = "/dev/shm";
    std::string name = ((fs::exists(memory) ? memory : fs::temp_directory_path()) / "xgrad-fuzz.XXXXXX").string();
    must(::mkdtemp(name.data()) != nullptr, "there is a folder");
    path = name;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  fs::path path;
};

}  // namespace

std::string written(const xgrad::SafeTensors& content) {
  static const Folder folder;
  const fs::path file = folder.path / "F";
  xgrad::write_safetensors(file, content);
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace fuzz

/// The limits, of every way to start a target; an option of the command line comes after them. One allocation of 20 MB
/// is more than any of these readers needs for a file of 64 kB: the reader of checkpoints promises the file's size and
/// 16 MiB, that of texts keeps a mark and an id for each code point of Unicode.
extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
  static std::vector<std::string> limits{"-max_len=65536", "-timeout=10", "-rss_limit_mb=800", "-malloc_limit_mb=20"};
  static std::vector<char*> all{**arguments};
  for (std::string& limit : limits) all.push_back(limit.data());
  all.insert(all.end(), *arguments + 1, *arguments + *count);
  *count = static_cast<int>(all.size());
  all.push_back(nullptr);
  *arguments = all.data();
  return 0;
}

/// What was freed may be used again after 64 MB, which keeps a process small; and no memory is a finding.
extern "C" const char* __asan_default_options() { return "quarantine_size_mb=64:allocator_may_return_null=0"; }
