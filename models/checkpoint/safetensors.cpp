#include "safetensors.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utf8cpp/utf8.h>
#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <system_error>

#include "../../autograd/core/error.hpp"
#include "../text/vocabulary.hpp"

namespace xgrad {

static_assert(std::endian::native == std::endian::little, "tensors are copied as they lie in memory");

namespace {

using std::to_string;

constexpr std::uint64_t max_header = 100'000'000;  // the limit of the reference reader
constexpr std::size_t max_depth = 127;             // likewise, through its JSON parser
constexpr std::string_view metadata_key = "__metadata__";

/// Bytes that a shape asks for, or nothing where they overflow on the way; a zero at the end does not excuse that.
std::optional<std::uint64_t> bytes_of(const Tensor& t) {
  std::uint64_t n = 1;
  bool overflows = false;
  for (const std::uint64_t length : t.shape) overflows = __builtin_mul_overflow(n, length, &n) || overflows;
  overflows = __builtin_mul_overflow(n, size_of(t.dtype), &n) || overflows;
  return overflows ? std::nullopt : std::optional(n);
}

/// "(64, 65) x F32", cut short where it is absurdly long.
std::string describe(const Tensor& t) {
  std::string text = "(";
  for (std::size_t i = 0; i < t.shape.size() && i < 16; ++i) text += (i > 0 ? ", " : "") + to_string(t.shape[i]);
  return text + (t.shape.size() > 16 ? ", ...) x " : ") x ") + std::string(name_of(t.dtype));
}

std::string quote(std::string_view untrusted) { return std::string("'").append(escaped(untrusted)) + "'"; }
std::string called(std::string_view name) { return "tensor " + quote(name); }
std::string reason(int error) { return std::generic_category().message(error); }

/// Reads the header as the parser meets it: no tree of values is ever built, so that a hostile header costs no more
/// than a few times its size, and the first offence ends it. Throws FormatError.
class Header : public nlohmann::json_sax<nlohmann::json> {
 public:
  struct Entry {
    Tensor tensor;
    std::vector<std::uint64_t> offsets;  // begin, end
  };

  explicit Header(std::string file) : file_(std::move(file)) {}
  std::vector<Entry> entries;
  std::map<std::string, std::string> metadata;

  [[noreturn]] void reject(const std::string& what) const { throw FormatError(file_ + ": " + what); }
  [[noreturn]] void not_ours(const std::string& what) const {
    throw FormatError(file_ + " is not a safetensors file: " + what);
  }

  bool null() override { return other(where() == Where::root && key_ == metadata_key); }
  bool boolean(bool) override { return other(false); }
  bool number_integer(number_integer_t) override { return other(false); }  // negative: others come as unsigned
  bool number_unsigned(number_unsigned_t value) override;
  bool number_float(number_float_t, const string_t&) override { return other(false); }
  bool string(string_t& value) override;
  bool binary(binary_t&) override { return other(false); }
  bool start_object(std::size_t) override { return enter(inside(true)); }
  bool key(string_t& value) override;
  bool end_object() override;
  bool start_array(std::size_t) override { return enter(inside(false)); }
  bool end_array() override;
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    not_ours("header is not JSON at byte " + to_string(position == 0 ? 0 : position - 1));
  }

 private:
  enum class Where { nowhere, root, metadata, tensor, shape, offsets, ignored };
  struct Level {
    Where where;
    std::set<std::string> keys;
  };

  Where where() const { return levels_.empty() ? Where::nowhere : levels_.back().where; }
  std::string field() const { return called(entries.back().tensor.name) + ": "; }
  /// A value without a meaning to us: fine where it is `allowed`, and in fields that the format does not know.
  bool other(bool allowed) const {
    const bool known = key_ == "dtype" || key_ == "shape" || key_ == "data_offsets";
    if (!allowed && where() != Where::ignored && (where() != Where::tensor || known)) misplaced();
    return true;
  }
  [[noreturn]] void misplaced() const;
  Where inside(bool object) const;
  bool enter(Where inner);

  std::string file_;  // quoted
  std::vector<Level> levels_;
  std::string key_;  // the one whose value is next
};

void Header::misplaced() const {
  const Where here = where();
  if (here == Where::root) reject((key_ == metadata_key ? quote(key_) : called(key_)) + " is not an object");
  if (here == Where::metadata) reject("metadata " + quote(key_) + " is not a string");
  if (here == Where::tensor) reject(field() + key_ + (key_ == "dtype" ? " is not a string" : " is not an array"));
  if (here == Where::shape) reject(field() + "shape holds what is not a natural number");
  if (here == Where::offsets) reject(field() + "data_offsets holds what is not a natural number");
  not_ours("header is not a JSON object");
}

/// What the object or array is that begins here.
Header::Where Header::inside(bool object) const {
  if (object && where() == Where::nowhere) return Where::root;
  if (object && where() == Where::root) return key_ == metadata_key ? Where::metadata : Where::tensor;
  if (!object && where() == Where::tensor && key_ == "shape") return Where::shape;
  if (!object && where() == Where::tensor && key_ == "data_offsets") return Where::offsets;
  other(false);
  return Where::ignored;
}

bool Header::enter(Where inner) {
  if (levels_.size() == max_depth) reject("header is nested deeper than " + to_string(max_depth) + " levels");
  if (inner == Where::tensor) entries.emplace_back().tensor.name = key_;
  levels_.push_back({inner, {}});
  return true;
}

bool Header::key(string_t& value) {
  key_ = std::move(value);
  if (levels_.back().keys.insert(key_).second) return true;
  if (where() == Where::root) reject("duplicate " + (key_ == metadata_key ? quote(key_) : called(key_)));
  if (where() == Where::metadata) reject("duplicate metadata " + quote(key_));
  reject(field() + "duplicate field " + quote(key_));
}

bool Header::number_unsigned(number_unsigned_t value) {
  if (where() == Where::shape) entries.back().tensor.shape.push_back(value);
  else if (where() == Where::offsets) entries.back().offsets.push_back(value);
  else other(false);
  return true;
}

bool Header::string(string_t& value) {
  if (where() == Where::tensor && key_ == "dtype") {
    const auto at = std::find(dtype_names.begin(), dtype_names.end(), value);
    if (at == dtype_names.end()) reject(field() + "dtype " + quote(value) + " is not supported");
    entries.back().tensor.dtype = static_cast<Dtype>(at - dtype_names.begin());
  } else if (where() == Where::metadata) {
    metadata.emplace(key_, std::move(value));
  } else {
    other(false);
  }
  return true;
}

bool Header::end_object() {
  if (where() == Where::tensor)
    for (const char* name : {"dtype", "shape", "data_offsets"})
      if (!levels_.back().keys.contains(name)) reject(field() + name + " is missing");
  levels_.pop_back();
  return true;
}

bool Header::end_array() {
  if (where() == Where::offsets && entries.back().offsets.size() != 2)
    reject(field() + "data_offsets has " + to_string(entries.back().offsets.size()) + " entries instead of 2");
  levels_.pop_back();
  return true;
}

/// Precondition: `text` is not empty.
void parse(Header& header, std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) header.not_ours("header begins with a byte order mark");  // else skipped
  const auto bad = utf8::find_invalid(text.begin(), text.end());
  if (bad != text.end()) header.not_ours("header is not UTF-8 at byte " + to_string(bad - text.begin()));
  const std::size_t nul = text.find('\0');  // the parser would take it for the end
  if (nul != std::string_view::npos) header.not_ours("header is not JSON at byte " + to_string(nul));
  nlohmann::json::sax_parse(text.begin(), text.end(), &header);
}

/// Puts the entries in the order of their bytes; these must fit the shapes and cover the buffer once, without a hole.
void check_layout(Header& header, std::uint64_t stored) {
  for (const auto& [t, offsets] : header.entries) {
    const std::uint64_t begin = offsets[0], end = offsets[1];
    const std::string what = called(t.name) + ": ", shape = "shape " + describe(t);
    const auto bytes = bytes_of(t);
    if (!bytes) header.reject(what + shape + " overflows");
    if (begin > end)
      header.reject(what + "data_offsets [" + to_string(begin) + ", " + to_string(end) + "] run backwards");
    if (*bytes != end - begin)
      header.reject(what + shape + " = " + to_string(*bytes) + " bytes but " + to_string(end - begin) + " stored");
  }
  std::sort(header.entries.begin(), header.entries.end(),
            [](const auto& a, const auto& b) { return a.offsets < b.offsets; });
  std::uint64_t covered = 0;
  for (const auto& [t, offsets] : header.entries) {
    const char* fault = offsets[0] > covered ? ": hole before byte " : ": overlap at byte ";
    if (offsets[0] != covered) header.reject(called(t.name) + fault + to_string(offsets[0]));
    covered = offsets[1];
  }
  if (covered != stored) header.reject("tensors cover " + to_string(covered) + " bytes, file has " + to_string(stored));
}

/// A file descriptor.
struct Fd {
  explicit Fd(int fd) : value(fd) {}
  Fd(const Fd&) = delete;
  ~Fd() {
    if (value >= 0) ::close(value);
  }
  const int value;
};

class Reader {
 public:
  /// Not blocking, so that a pipe of this name is refused instead of waited for.
  explicit Reader(const std::filesystem::path& path)
      : file(quote(path.string())), fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    struct stat status {};
    if (fd_.value < 0 || ::fstat(fd_.value, &status) != 0) refuse(errno);
    if (S_ISDIR(status.st_mode)) refuse(EISDIR);
    if (!S_ISREG(status.st_mode)) throw FormatError(file + " is not a safetensors file: it is not a regular file");
    size = static_cast<std::uint64_t>(status.st_size);
  }

  void read(void* out, std::size_t count) {
    for (auto* at = static_cast<char*>(out); count > 0;) {
      const ssize_t got = ::read(fd_.value, at, count);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) refuse(errno);
      if (got == 0) throw FormatError(file + " became shorter while it was read");
      at += got;
      count -= static_cast<std::size_t>(got);
    }
  }

  const std::string file;  // quoted
  std::uint64_t size = 0;

 private:
  [[noreturn]] void refuse(int error) const { throw FileError("cannot read " + file + ": " + reason(error)); }
  Fd fd_;
};

/// A new file beside the target, which takes the target's place at commit() or goes away.
class Replacement {
 public:
  explicit Replacement(const std::filesystem::path& target) : target_(target), fd_(create()) {}
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;
  ~Replacement() {
    if (pending_) ::unlink(temporary_.c_str());
  }

  void write(const void* data, std::size_t count) {
    for (auto* at = static_cast<const char*>(data); count > 0;) {
      const ssize_t put = ::write(fd_.value, at, count);
      if (put < 0 && errno == EINTR) continue;
      if (put <= 0) refuse(put < 0 ? errno : EIO);
      at += put;
      count -= static_cast<std::size_t>(put);
    }
  }

  void commit() {
    if (::fsync(fd_.value) != 0) refuse(errno);
    if (::rename(temporary_.c_str(), target_.c_str()) != 0) refuse(errno);
    pending_ = false;
    // The new name is on disk only when its folder is; file systems without such a call answer EINVAL.
    const std::filesystem::path folder = target_.has_parent_path() ? target_.parent_path() : ".";
    const Fd parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (parent.value < 0 || (::fsync(parent.value) != 0 && errno != EINVAL)) refuse(errno);
  }

 private:
  [[noreturn]] void refuse(int error) const {
    throw FileError("cannot save " + quote(target_.string()) + ": " + reason(error));
  }

  // A name that is taken is passed over: it may be left from a crash, or be somebody's who saves right now.
  int create() {
    for (int attempt = 0;; ++attempt) {
      temporary_ = target_.string() + (attempt > 0 ? std::string(".tmp-").append(to_string(attempt)) : ".tmp");
      const int fd = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
      if (fd >= 0) return fd;
      if (errno != EINTR && (errno != EEXIST || attempt == 99)) refuse(errno);
    }
  }

  std::filesystem::path target_;
  std::string temporary_;
  Fd fd_;
  bool pending_ = true;
};

void check_size(const Tensor& t) {
  const auto bytes = bytes_of(t);
  if (!bytes || *bytes != t.data.size())
    fail<ValueError>("safetensors", called(t.name) + ": shape " + describe(t) +
                                        (bytes ? " = " + to_string(*bytes) + " bytes" : " overflows") +
                                        " but data has " + to_string(t.data.size()));
}

void check_content(const SafeTensors& content) {
  const auto check_text = [](const std::string& text) {
    if (!utf8::is_valid(text.begin(), text.end())) fail<ValueError>("safetensors", quote(text) + " is not UTF-8");
  };
  std::set<std::string_view> names{metadata_key};
  for (const Tensor& t : content.tensors) {
    check_text(t.name);
    check_size(t);
    if (!names.insert(t.name).second) fail<ValueError>("safetensors", "name " + quote(t.name) + " is taken");
  }
  for (const auto& [key, value] : content.metadata) check_text(key), check_text(value);
}

std::string header_of(const std::vector<const Tensor*>& order, const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header[std::string(metadata_key)] = metadata;
  std::uint64_t offset = 0;
  for (const Tensor* t : order) {
    const std::uint64_t end = offset + t->data.size();
    header[t->name] = {{"dtype", name_of(t->dtype)}, {"shape", t->shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  if (text.size() > max_header) fail<ValueError>("safetensors", "the header exceeds 100000000 bytes");
  return text;
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
  Reader reader(path);
  Header header(reader.file);
  std::uint64_t length = 0;
  if (reader.size < sizeof length) header.not_ours("it has " + to_string(reader.size) + " bytes, fewer than 8");
  reader.read(&length, sizeof length);
  const std::string claim = "header of " + reader.file + " claims " + to_string(length) + " bytes, ";
  if (length > reader.size - sizeof length) throw FormatError(claim + "file has " + to_string(reader.size));
  if (length > max_header) throw FormatError(claim + "limit is " + to_string(max_header));
  if (length == 0) header.not_ours("header is empty");
  std::string text(static_cast<std::size_t>(length), '\0');
  reader.read(text.data(), text.size());
  parse(header, text);
  check_layout(header, reader.size - sizeof length - length);
  SafeTensors content;
  content.metadata = std::move(header.metadata);
  content.tensors.reserve(header.entries.size());
  for (auto& [t, offsets] : header.entries) {
    t.data.resize(static_cast<std::size_t>(offsets[1] - offsets[0]));
    reader.read(t.data.data(), t.data.size());
    content.tensors.push_back(std::move(t));
  }
  return content;
}

void write_safetensors(const std::filesystem::path& path, const SafeTensors& content) {
  check_content(content);
  std::vector<const Tensor*> order;  // the reference writer's: larger dtypes first, which aligns them, then by name
  for (const Tensor& t : content.tensors) order.push_back(&t);
  std::sort(order.begin(), order.end(), [](const Tensor* a, const Tensor* b) {
    return a->dtype != b->dtype ? a->dtype > b->dtype : a->name < b->name;
  });
  const std::string header = header_of(order, content.metadata);
  const std::uint64_t length = header.size();
  Replacement file(path);
  file.write(&length, sizeof length);
  file.write(header.data(), header.size());
  for (const Tensor* t : order) file.write(t->data.data(), t->data.size());
  file.commit();
}

}  // namespace xgrad
