// What fuzz targets share. Each target reads bytes as the program reads a user's file, and knows three rules: what is
// refused is refused by the exception that the reader documents, with a message that is fit for a terminal; what is
// accepted, written again and read again, is the same; and neither takes more memory or time than fuzz.cpp allows.
//
// libFuzzer makes the bytes. Whatever ends the process is a finding: a sanitizer, an exception that no target expects,
// must(), a limit.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <xgrad/models/checkpoint/safetensors.hpp>

namespace fuzz {

/// Ends the process with these words where a rule is broken.
void must(bool kept, std::string_view rule);

/// An error's message must be short, of valid UTF-8, and without characters that could command a terminal.
void must_be_printable(std::string_view message);

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// A file of these bytes in memory, with a path by which it can be opened.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes);
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

/// The bytes of the file that write_safetensors() makes of this.
std::string written(const xgrad::SafeTensors& content);

}  // namespace fuzz
