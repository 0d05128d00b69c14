#include "header.hpp"

#include <utf8cpp/utf8.h>

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "../../autograd/core/error.hpp"
#include "../files/sha256.hpp"
#include "file.hpp"

namespace xgrad::detail {

namespace {

using std::to_string;

constexpr std::size_t max_depth = 127;  // the limit of the reference reader, through its JSON parser

/// Reads the header as the parser meets it: no tree of values is ever built, so that a hostile header costs no more
/// than some times its size, and the first offence ends it. Throws FormatError.
class HeaderParser : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit HeaderParser(const std::string& file) : file_(file) {}
  Header parse(std::string_view text);

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

  [[noreturn]] void reject(const std::string& what) const { throw FormatError(file_ + ": " + what); }
  [[noreturn]] void not_ours(const std::string& what) const {
    throw FormatError(file_ + " is not a safetensors file: " + what);
  }
  Where where() const { return levels_.empty() ? Where::nowhere : levels_.back().where; }
  Tensor& tensor() { return header_.entries.back().tensor; }
  std::string field() const { return called(header_.entries.back().tensor.name) + ": "; }
  /// A value without a meaning to us: fine where it is `allowed`, and in fields that the format does not know.
  bool other(bool allowed) const {
    const bool known = key_ == "dtype" || key_ == "shape" || key_ == "data_offsets";
    if (!allowed && where() != Where::ignored && (where() != Where::tensor || known)) misplaced();
    return true;
  }
  [[noreturn]] void misplaced() const;
  Where inside(bool object) const;
  bool enter(Where inner);
  void metadata_entry(string_t& value);

  const std::string& file_;  // quoted
  Header header_;
  std::vector<Level> levels_;
  std::string key_;          // the one whose value is next
  std::size_t offsets_ = 0;  // how many the present data_offsets have
};

void HeaderParser::misplaced() const {
  const Where here = where();
  if (here == Where::root) reject((key_ == metadata_key ? quote(key_) : called(key_)) + " is not an object");
  if (here == Where::metadata) reject("metadata " + quote(key_) + " is not a string");
  if (here == Where::tensor) reject(field() + key_ + (key_ == "dtype" ? " is not a string" : " is not an array"));
  if (here == Where::shape) reject(field() + "shape holds what is not a natural number");
  if (here == Where::offsets) reject(field() + "data_offsets holds what is not a natural number");
  not_ours("header is not a JSON object");
}

/// What the object or array is that begins here.
HeaderParser::Where HeaderParser::inside(bool object) const {
  if (object && where() == Where::nowhere) return Where::root;
  if (object && where() == Where::root) return key_ == metadata_key ? Where::metadata : Where::tensor;
  if (!object && where() == Where::tensor && key_ == "shape") return Where::shape;
  if (!object && where() == Where::tensor && key_ == "data_offsets") return Where::offsets;
  other(false);
  return Where::ignored;
}

bool HeaderParser::enter(Where inner) {
  if (levels_.size() == max_depth) reject("header is nested deeper than " + to_string(max_depth) + " levels");
  if (inner == Where::tensor) header_.entries.emplace_back().tensor.name = key_;
  if (inner == Where::offsets) offsets_ = 0;
  levels_.push_back({inner, {}});
  return true;
}

bool HeaderParser::key(string_t& value) {
  key_ = std::move(value);
  // (Metadata has its keys as they are to be kept, and to have them twice would cost too much.)
  if (where() == Where::metadata ? !header_.metadata.contains(key_) : levels_.back().keys.insert(key_).second)
    return true;
  if (where() == Where::root) reject("duplicate " + (key_ == metadata_key ? quote(key_) : called(key_)));
  if (where() == Where::metadata) reject("duplicate metadata " + quote(key_));
  reject(field() + "duplicate field " + quote(key_));
}

bool HeaderParser::number_unsigned(number_unsigned_t value) {
  if (where() == Where::shape) {
    tensor().shape.push_back(value);
  } else if (where() == Where::offsets) {
    (offsets_++ == 0 ? header_.entries.back().begin : header_.entries.back().end) = value;
  } else {
    other(false);
  }
  return true;
}

bool HeaderParser::string(string_t& value) {
  if (where() == Where::tensor && key_ == "dtype") {
    const auto at = std::find(dtype_names.begin(), dtype_names.end(), value);
    if (at == dtype_names.end()) reject(field() + "dtype " + quote(value) + " is not supported");
    tensor().dtype = static_cast<Dtype>(at - dtype_names.begin());
  } else if (where() == Where::metadata) {
    metadata_entry(value);
  } else {
    other(false);
  }
  return true;
}

/// Whether two texts of one length differ in one bit alone.
bool one_bit_apart(std::string_view a, std::string_view b) {
  unsigned bits = 0;
  for (std::size_t i = 0; i < a.size(); ++i) bits += static_cast<unsigned>(__builtin_popcount((a[i] ^ b[i]) & 255));
  return bits == 1;
}

void HeaderParser::metadata_entry(string_t& value) {
  // What has a digest under such a key is no file without one: else damage to the key would pass for that.
  if (key_.size() == digest_key.size() && value.size() == Sha256::digits && one_bit_apart(key_, digest_key))
    throw FormatError(file_ + " is damaged: its metadata " + quote(key_) + " is one bit from 'sha256'");
  header_.metadata.emplace(key_, std::move(value));
}

bool HeaderParser::end_object() {
  if (where() == Where::tensor)
    for (const char* name : {"dtype", "shape", "data_offsets"})
      if (!levels_.back().keys.contains(name)) reject(field() + name + " is missing");
  levels_.pop_back();
  return true;
}

bool HeaderParser::end_array() {
  if (where() == Where::offsets && offsets_ != 2)
    reject(field() + "data_offsets has " + to_string(offsets_) + " entries instead of 2");
  levels_.pop_back();
  return true;
}

Header HeaderParser::parse(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) not_ours("header begins with a byte order mark");  // else skipped
  const auto bad = utf8::find_invalid(text.begin(), text.end());
  if (bad != text.end()) not_ours("header is not UTF-8 at byte " + to_string(bad - text.begin()));
  const std::size_t nul = text.find('\0');  // the parser would take it for the end
  if (nul != std::string_view::npos) not_ours("header is not JSON at byte " + to_string(nul));
  nlohmann::json::sax_parse(text.begin(), text.end(), this);
  return std::move(header_);
}

/// Puts the entries in the order of their bytes; these must fit the shapes and cover the buffer once, without a hole.
void check_layout(std::vector<Header::Entry>& entries, std::uint64_t stored, const std::string& file) {
  const auto reject = [&](const Tensor& t, const std::string& what) {
    throw FormatError(file + ": " + called(t.name) + ": " + what);
  };
  for (const auto& [t, begin, end] : entries) {
    const auto bytes = bytes_of(t);
    if (!bytes) reject(t, "shape " + describe(t) + " overflows");
    if (begin > end) reject(t, "data_offsets [" + to_string(begin) + ", " + to_string(end) + "] run backwards");
    if (*bytes != end - begin)
      reject(t,
             "shape " + describe(t) + " = " + to_string(*bytes) + " bytes but " + to_string(end - begin) + " stored");
  }
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  std::uint64_t covered = 0;
  for (const auto& [t, begin, end] : entries) {
    if (begin != covered) reject(t, (begin > covered ? "hole before byte " : "overlap at byte ") + to_string(begin));
    covered = end;
  }
  if (covered != stored)
    throw FormatError(file + ": tensors cover " + to_string(covered) + " bytes, file has " + to_string(stored));
}

}  // namespace

Header read_header(std::string_view text, std::uint64_t stored, const std::string& file) {
  Header header = HeaderParser(file).parse(text);
  check_layout(header.entries, stored, file);
  return header;
}

HeaderText write_header(const std::vector<const Tensor*>& order, const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header;
  auto& strings = header[std::string(metadata_key)];
  strings[std::string(digest_key)] = no_digest;  // the first, so that its place is known
  for (const auto& [key, value] : metadata) strings[key] = value;
  std::uint64_t offset = 0;
  for (const Tensor* t : order) {
    const std::uint64_t end = offset + t->data.size();
    header[t->name] = {{"dtype", name_of(t->dtype)}, {"shape", t->shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  HeaderText out{header.dump(), std::string_view(R"({"__metadata__":{"sha256":")").size()};
  out.text.resize((out.text.size() + 7) / 8 * 8, ' ');
  if (out.text.size() > max_header)
    fail<ValueError>("safetensors", "the header exceeds " + to_string(max_header) + " bytes");
  return out;
}

std::optional<std::uint64_t> bytes_of(const Tensor& t) {
  std::uint64_t n = 1;
  bool overflows = false;
  for (const std::uint64_t length : t.shape) overflows = __builtin_mul_overflow(n, length, &n) || overflows;
  overflows = __builtin_mul_overflow(n, size_of(t.dtype), &n) || overflows;
  return overflows ? std::nullopt : std::optional(n);
}

std::string describe(const Tensor& t) {
  std::string text = "(";
  for (std::size_t i = 0; i < t.shape.size() && i < 16; ++i) text += (i > 0 ? ", " : "") + to_string(t.shape[i]);
  return text + (t.shape.size() > 16 ? ", ...) x " : ") x ") + std::string(name_of(t.dtype));
}

std::string called(std::string_view name) { return "tensor " + quote(name); }

}  // namespace xgrad::detail
