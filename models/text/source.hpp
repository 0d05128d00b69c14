// Where the bytes of a text come from: a file, or memory. A text is read twice, so what can be read only once, a pipe,
// is first copied to a temporary file.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace xgrad {

/// Told how many bytes were read of how many; of 0 where that is not known yet.
using ReadProgress = std::function<void(std::uint64_t done, std::uint64_t all)>;

/// How far apart calls of a ReadProgress are, in bytes: some hundredths of a second.
inline constexpr std::uint64_t progress_step = std::uint64_t{4} << 20;

/// Bytes that can be read again from the beginning.
class TextSource {
 public:
  virtual ~TextSource() = default;
  /// Reads on from where the last call ended. Less than `to` is filled only at the end. Throws FileError.
  virtual std::size_t read(std::span<char> to) = 0;
  virtual void rewind() = 0;
  /// As the system says now; 0 is also said of special files that have a content.
  virtual std::uint64_t size() const = 0;
  /// Whether somebody wrote to it since this object was made.
  virtual bool changed() const = 0;
};

class MemorySource final : public TextSource {
 public:
  explicit MemorySource(std::string_view bytes) : bytes_(bytes) {}
  std::size_t read(std::span<char> to) override;
  void rewind() override { at_ = 0; }
  std::uint64_t size() const override { return bytes_.size(); }
  bool changed() const override { return false; }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
};

class FileSource final : public TextSource {
 public:
  /// Throws FileError where `path` cannot be opened, or is neither a regular file nor a pipe. A pipe is read to its
  /// end, which `progress` hears of.
  FileSource(const std::filesystem::path& path, const ReadProgress& progress);
  std::size_t read(std::span<char> to) override;
  void rewind() override { std::rewind(file_.get()); }
  std::uint64_t size() const override { return state().size; }
  bool changed() const override { return state() != opened_; }

 private:
  struct State {
    std::uint64_t size = 0;
    std::int64_t seconds = 0, nanoseconds = 0;  // of the last write
    bool operator==(const State&) const = default;
  };
  State state() const;
  [[noreturn]] void refuse(const std::string& why) const;
  void spool(const ReadProgress& progress);

  std::string name_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  State opened_;
};

}  // namespace xgrad
