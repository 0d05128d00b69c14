#include "safetensors.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utf8cpp/utf8.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <optional>
#include <set>

#include "../../autograd/core/error.hpp"
#include "../files/sha256.hpp"
#include "file.hpp"
#include "header.hpp"

namespace xgrad {

static_assert(std::endian::native == std::endian::little, "tensors are copied as they lie in memory");

namespace {

using detail::called, detail::quote;
using std::to_string;

/// Where the bytes of a file come from, in one sweep.
struct Source {
  virtual ~Source() = default;
  virtual void read(std::span<std::byte> out) = 0;

  std::string name;  // quoted
  std::uint64_t size = 0;
};

struct Memory final : Source {
  Memory(std::span<const std::byte> bytes, std::string_view called) : rest(bytes) {
    name = quote(called);
    size = bytes.size();
  }
  void read(std::span<std::byte> out) override {
    std::copy_n(rest.begin(), out.size(), out.begin());
    rest = rest.subspan(out.size());
  }
  std::span<const std::byte> rest;
};

class File final : public Source {
 public:
  /// Not blocking, so that a pipe of this name is refused instead of waited for.
  explicit File(const std::filesystem::path& path)
      : fd_(detail::uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); })) {
    name = quote(path.native());
    struct stat status {};
    if (fd_.value < 0 || ::fstat(fd_.value, &status) != 0) refuse(errno);
    if (S_ISDIR(status.st_mode)) refuse(EISDIR);
    if (!S_ISREG(status.st_mode)) throw FormatError(name + " is not a safetensors file: it is not a regular file");
    size = static_cast<std::uint64_t>(status.st_size);
  }
  void read(std::span<std::byte> out) override {
    while (!out.empty()) {
      const ssize_t got = detail::uninterrupted([&] { return ::read(fd_.value, out.data(), out.size()); });
      if (got < 0) refuse(errno);
      if (got == 0) throw FormatError(name + " became shorter while it was read");
      out = out.subspan(static_cast<std::size_t>(got));
    }
  }

 private:
  [[noreturn]] void refuse(int error) const { throw FileError("cannot read " + name + ": " + detail::reason(error)); }
  detail::Fd fd_;
};

/// The text of the header: what a file may claim is held against what it has.
std::string read_text(Source& source) {
  std::uint64_t length = 0;
  const std::string not_ours = source.name + " is not a safetensors file: ";
  if (source.size < sizeof length)
    throw FormatError(not_ours + "it has " + to_string(source.size) + " bytes, fewer than 8");
  source.read(std::as_writable_bytes(std::span(&length, 1)));
  const std::string claim = "header of " + source.name + " claims " + to_string(length) + " bytes, ";
  if (length > source.size - sizeof length) throw FormatError(claim + "file has " + to_string(source.size));
  if (length > detail::max_header) throw FormatError(claim + "limit is " + to_string(detail::max_header));
  if (length == 0) throw FormatError(not_ours + "header is empty");
  std::string text(static_cast<std::size_t>(length), '\0');
  source.read(std::as_writable_bytes(std::span(text)));
  return text;
}

/// The digest of what comes before the tensors, with the digits as zeros.
Sha256 digest_of(std::string_view text, std::size_t digits_at) {
  const std::uint64_t length = text.size();
  Sha256 digest;
  digest.update(std::as_bytes(std::span(&length, 1)));
  digest.update(std::as_bytes(std::span(text.substr(0, digits_at))));
  digest.update(std::as_bytes(std::span(detail::no_digest)));
  digest.update(std::as_bytes(std::span(text.substr(digits_at + Sha256::digits))));
  return digest;
}

/// Each tensor is allocated when its bytes are known to be there, and nothing is given out before all are checked.
SafeTensors read(Source& source) {
  std::string text = read_text(source);
  detail::Header header = detail::read_header(text, source.size - sizeof(std::uint64_t) - text.size(), source.name);
  const auto damaged = [&] { throw FormatError(source.name + " is damaged: its sha256 does not match its bytes"); };
  SafeTensors content;
  content.metadata = std::move(header.metadata);
  std::optional<Sha256> digest;
  if (auto node = content.metadata.extract(std::string(detail::digest_key))) {
    content.sha256 = std::move(node.mapped());
    // The digits are found by what they say: who could write a digest elsewhere in what it is taken of?
    const std::size_t at = text.find(content.sha256);
    if (content.sha256.size() != Sha256::digits || at == std::string::npos) damaged();  // the latter: digits as escapes
    digest = digest_of(text, at);
  }
  std::string().swap(text);
  content.tensors.reserve(header.entries.size());
  for (auto& [t, begin, end] : header.entries) {
    t.data.resize(static_cast<std::size_t>(end - begin));
    source.read(t.data);
    if (digest) digest->update(t.data);
    content.tensors.push_back(std::move(t));
  }
  if (digest && digest->hex() != content.sha256) damaged();
  return content;
}

void check_size(const Tensor& t) {
  const auto bytes = detail::bytes_of(t);
  if (!bytes || *bytes != t.data.size())
    fail<ValueError>("safetensors", called(t.name) + ": shape " + detail::describe(t) +
                                        (bytes ? " = " + to_string(*bytes) + " bytes" : " overflows") +
                                        " but data has " + to_string(t.data.size()));
}

void check_content(const SafeTensors& content) {
  const auto check_text = [](const std::string& text) {
    if (!utf8::is_valid(text.begin(), text.end())) fail<ValueError>("safetensors", quote(text) + " is not UTF-8");
  };
  std::set<std::string_view> names{detail::metadata_key};
  for (const Tensor& t : content.tensors) {
    check_text(t.name);
    check_size(t);
    if (!names.insert(t.name).second) fail<ValueError>("safetensors", "name " + quote(t.name) + " is taken");
  }
  for (const auto& [key, value] : content.metadata) {
    check_text(key), check_text(value);
    if (key == detail::digest_key) fail<ValueError>("safetensors", "metadata " + quote(key) + " is taken");
  }
}

}  // namespace

void Tensor::copy_bytes(Dtype wanted, std::size_t count, void* out) const {
  if (dtype != wanted)
    throw FormatError(called(name) + " is " + std::string(name_of(dtype)) + ", not " + std::string(name_of(wanted)));
  if (count * size_of(wanted) != data.size())
    throw FormatError(called(name) + " has " + to_string(data.size() / size_of(wanted)) + " elements, not " +
                      to_string(count));
  if (count > 0) std::memcpy(out, data.data(), data.size());
}

Tensor make_tensor(std::string name, Dtype dtype, std::vector<std::uint64_t> shape, std::span<const std::byte> bytes) {
  Tensor t{std::move(name), dtype, std::move(shape), {bytes.begin(), bytes.end()}};
  check_size(t);
  return t;
}

SafeTensors read_safetensors(const std::filesystem::path& path) {
  File file(path);
  return read(file);
}

SafeTensors parse_safetensors(std::span<const std::byte> bytes, std::string_view name) {
  Memory memory(bytes, name);
  return read(memory);
}

void write_safetensors(const std::filesystem::path& path, const SafeTensors& content, const ReplaceOptions& options) {
  check_content(content);
  std::vector<const Tensor*> order;  // the reference writer's: larger dtypes first, which aligns them, then by name
  for (const Tensor& t : content.tensors) order.push_back(&t);
  std::sort(order.begin(), order.end(), [](const Tensor* a, const Tensor* b) {
    return a->dtype != b->dtype ? a->dtype > b->dtype : a->name < b->name;
  });
  auto [text, digits_at] = detail::write_header(order, content.metadata);
  Sha256 digest = digest_of(text, digits_at);
  for (const Tensor* t : order) digest.update(t->data);
  text.replace(digits_at, Sha256::digits, digest.hex());
  const std::uint64_t length = text.size();
  std::vector<std::span<const std::byte>> pieces{std::as_bytes(std::span(&length, 1)), std::as_bytes(std::span(text))};
  for (const Tensor* t : order) pieces.emplace_back(t->data);
  replace_file(path, pieces, options);
}

}  // namespace xgrad
