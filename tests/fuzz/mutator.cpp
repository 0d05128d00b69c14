// Mutations of safetensors files for libFuzzer. Bytes changed at random end at the first check: the header is no JSON
// any more, offsets do not fit, or the digest does not. So a file is taken apart, something in it is changed (its JSON
// as JSON, numbers of its tensors as numbers, or bytes after all), and most of the time it is made a whole again:
// offsets and data are fitted to the shapes, and the digest is taken anew. What comes out is a file, which can be given
// to the program.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>
#include <vector>
#include <xgrad/models/files/sha256.hpp>

#include "fuzz.hpp"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

using Json = nlohmann::ordered_json;
using std::uint64_t;

constexpr std::size_t longest_text = 4096;    // of a mutated string
constexpr std::ptrdiff_t most_levels = 1000;  // of JSON that is copied and written: both are recursive

class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}
  /// The file changed in one to three places.
  std::string operator()(std::string file);

 private:
  bool one_in(unsigned n) { return random_() % n == 0; }
  template <class List>
  const auto& any(const List& list) {
    return list[random_() % std::size(list)];
  }
  std::string bytes(std::string text, std::size_t longest);
  Json number();
  Json value();
  void change(Json& tree);
  void change_string(Json& string);
  void change_members(Json& object);
  void change_elements(const Json& header, std::string& data);
  std::string changed(Json header, std::string data);

  std::minstd_rand random_;
};

uint64_t natural(const Json& entry, const char* key, std::size_t at) {
  const auto list = entry.find(key);
  if (list == entry.end() || !list->is_array() || at >= list->size() || !(*list)[at].is_number_unsigned()) return 0;
  return (*list)[at].get<uint64_t>();
}

uint64_t size_of_element(const Json& entry) {
  const auto dtype = entry.find("dtype");
  for (std::size_t i = 0; i < xgrad::dtype_names.size(); ++i)
    if (dtype != entry.end() && *dtype == xgrad::dtype_names[i]) return xgrad::size_of(static_cast<xgrad::Dtype>(i));
  return 1;
}

/// The part of the data that an entry claims, as far as it is there.
std::string_view data_of(const Json& entry, std::string_view data) {
  const uint64_t begin = natural(entry, "data_offsets", 0), end = natural(entry, "data_offsets", 1);
  return begin <= end && end <= data.size() ? data.substr(begin, end - begin) : std::string_view();
}

/// Gives each tensor as much data as its shape asks for, if that is not absurd, and puts them one after the other.
void fit(Json& header, std::string& data) {
  std::string fitted;
  for (auto& [name, entry] : header.items()) {
    if (name == "__metadata__" || !entry.is_object()) continue;
    uint64_t bytes = size_of_element(entry);
    const auto shape = entry.find("shape");
    for (std::size_t i = 0; shape != entry.end() && i < shape->size(); ++i)
      bytes *= std::min<uint64_t>(natural(entry, "shape", i), 1 << 16);
    std::string own(data_of(entry, data));
    own.resize(std::min<uint64_t>(bytes, 1 << 16));
    entry["data_offsets"] = {fitted.size(), fitted.size() + own.size()};
    fitted += own;
  }
  data = fitted;
}

std::string file_of(std::string header, const std::string& data) {
  header.resize((header.size() + 7) / 8 * 8, ' ');
  const uint64_t length = header.size();
  return std::string(reinterpret_cast<const char*>(&length), sizeof length) + header + data;
}

/// Where a digest stands, takes it anew.
void sign(std::string& file) {
  constexpr std::string_view key = R"("sha256":")";
  const std::size_t at = file.find(key) + key.size();
  if (at < key.size() || file.size() < at + xgrad::Sha256::digits) return;
  file.replace(at, xgrad::Sha256::digits, xgrad::Sha256::digits, '0');
  file.replace(at, xgrad::Sha256::digits, xgrad::sha256(std::as_bytes(std::span(file))));
}

std::string Mutator::bytes(std::string text, std::size_t longest) {
  const std::size_t size = text.size();
  text.resize(std::max(longest, size));
  text.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(text.data()), size, text.size()));
  return text;
}

Json Mutator::number() {
  static const Json numbers[] = {0,        1,   2,          3,          4,          8,     255, 256, 65535, 65536,
                                 1u << 31, ~0u, 1ull << 32, 1ull << 62, 1ull << 63, ~0ull, -1,  0.5, 1e308};
  return any(numbers);
}

/// Anything.
Json Mutator::value() {
  static const Json values[] = {nullptr, true,       "",    "x",  Json::array(), Json::object(),
                                {0, 0},  {{"a", 1}}, "F32", "U8", "I64"};
  return one_in(2) ? number() : any(values);
}

void Mutator::change_string(Json& string) {
  static const char* const words[] = {
      "",     "0",     "1",     "2",       "3",      "-1",    "64",   "65536", "1000000000000", "0.5",  "1e-45",
      "1e38", "1e308", "nan",   "inf",     "true",   "false", "utf8", "bytes", "rnn",           "lstm", "gru",
      "sgd",  "adam",  "adamw", "rmsprop", "cosine", "step",  "U8",   "U32",   "F32",           "F64",  "I64"};
  const std::string text = string.get<std::string>();
  if (Json inner = Json::parse(text, nullptr, false); inner.is_object() && !one_in(8)) {  // settings
    change(inner);
    string = inner.dump(-1, ' ', false, Json::error_handler_t::replace);
  } else {
    string = one_in(2) ? std::string(any(words)) : bytes(text, longest_text);
  }
}

void Mutator::change_members(Json& object) {
  const auto some = [&] { return std::next(object.begin(), static_cast<std::ptrdiff_t>(random_() % object.size())); };
  if (object.empty() || one_in(4)) object[bytes(object.empty() ? "a" : some().key(), 64)] = value();
  else if (one_in(3)) object.erase(some());
  else if (one_in(2)) some().value() = Json(some().value());
  else some().value() = value();
}

/// Changes one node, any with the same chance.
void Mutator::change(Json& tree) {
  std::vector<Json*> nodes{&tree};
  for (std::size_t i = 0; i < nodes.size(); ++i)
    if (nodes[i]->is_structured())
      for (Json& child : *nodes[i]) nodes.push_back(&child);
  Json& node = *any(nodes);
  if (node.is_object()) change_members(node);
  else if (node.is_array() && !node.empty() && one_in(2)) node.erase(random_() % node.size());
  else if (node.is_array()) node.push_back(number());
  else if (node.is_string() && !one_in(8)) change_string(node);
  else if (node.is_number_unsigned() && one_in(2)) node = node.get<uint64_t>() + random_() % 3 - 1;
  else node = one_in(2) ? number() : value();
}

/// Changes an element of a tensor to one that is not met every day.
void Mutator::change_elements(const Json& header, std::string& data) {
  static const uint64_t words[] = {
      0,          1,          2,          624,          ~0ull,      1ull << 63, 0x7FC00000,         0x7F800000,
      0xFF800000, 0x80000000, 0x00000001, 0x7F7FFFFF,   0x3F800000, 0xBF800000, 0x7FF8000000000000, 0x7FF0000000000000,
      0xD800,     0x10FFFF,   0x110000,   1000000000001};
  std::vector<const Json*> entries;
  for (const Json& entry : header)
    if (!data_of(entry, data).empty()) entries.push_back(&entry);
  if (entries.empty()) return;
  const Json& entry = *any(entries);
  const std::string_view part = data_of(entry, data);
  const std::size_t each = size_of_element(entry), count = part.size() / each;
  const std::size_t begin = static_cast<std::size_t>(part.data() - data.data());
  if (count > 0 && !one_in(4)) std::memcpy(data.data() + begin + random_() % count * each, &any(words), each);
  else data.replace(begin, part.size(), bytes(std::string(part), part.size()).append(part).substr(0, part.size()));
}

std::string Mutator::changed(Json header, std::string data) {
  for (unsigned edits = 1 + random_() % 3; edits > 0; --edits) {
    if (one_in(3)) change_elements(header, data);
    else change(header);
  }
  if (header.is_object() && !one_in(8)) fit(header, data);
  std::string text = header.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (one_in(8)) text = bytes(text, text.size() + 64);  // perhaps no JSON any more
  return file_of(std::move(text), data);
}

std::string Mutator::operator()(std::string file) {
  uint64_t length = 0;
  if (file.size() >= sizeof length) std::memcpy(&length, file.data(), sizeof length);
  Json header;
  const auto opens = [](char c) { return c == '[' || c == '{'; };
  if (length > 0 && length <= file.size() - sizeof length &&
      std::count_if(file.begin(), file.end(), opens) < most_levels)
    header = Json::parse(file.begin() + 8, file.begin() + 8 + static_cast<std::ptrdiff_t>(length), nullptr, false);
  if (!header.is_object() || one_in(16)) file = bytes(file, file.size() + 64);
  else file = changed(std::move(header), file.substr(sizeof length + length));
  if (!one_in(16)) sign(file);
  return file;
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  const std::string file = Mutator(seed)(std::string(fuzz::text_of(data, size)));
  if (file.size() > max_size) return size;  // too large: another time
  std::copy(file.begin(), file.end(), data);
  return file.size();
}
