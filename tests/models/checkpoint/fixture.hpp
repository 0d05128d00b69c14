// What the tests of checkpoints share: a folder for files, and files written byte by byte.
#pragma once
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <xgrad/models/checkpoint/safetensors.hpp>

/// A new folder, removed at the end.
struct Folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() /
      ("xgrad-checkpoint-" + std::to_string(::getpid()) + "-" + std::to_string(std::random_device{}()));
  Folder() { std::filesystem::create_directory(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path file() const { return path / "C"; }
  std::string quoted() const { return std::string("'").append(file().string()) + "'"; }
  void write(std::string_view bytes) const {
    std::ofstream(file(), std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  std::string bytes(const char* name = "C") const {
    std::ifstream in(path / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::set<std::string> names() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path)) names.insert(entry.path().filename().string());
    return names;
  }
};

inline std::string length_of(std::uint64_t n) {
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &n, 8);
  return bytes;
}

/// A file of this header and so many bytes 0, 1, 2, ... after it.
inline std::string file_of(std::string_view header, std::size_t stored = 0) {
  std::string bytes = length_of(header.size()) + std::string(header);
  for (std::size_t i = 0; i < stored; ++i) bytes += static_cast<char>(i);
  return bytes;
}

inline std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                         const std::string& at) {
  return '"' + name + R"(":{"dtype":")" + dtype + R"(","shape":[)" + shape + R"(],"data_offsets":[)" + at + "]}";
}

inline std::string object(const std::string& fields) { return std::string("{").append(fields) + "}"; }

/// Of every type and rank 0 to 2, with a name and values that want care.
inline xgrad::SafeTensors sample() {
  const std::vector<float> w{1.0F, -0.0F, std::numeric_limits<float>::infinity(), 1e-45F, 3.5F, 6.0F};
  const std::vector<std::int64_t> i{-1, std::numeric_limits<std::int64_t>::min()};
  xgrad::SafeTensors content;
  content.tensors.push_back(xgrad::make_tensor<std::uint8_t>("bytes", {3}, std::vector<std::uint8_t>{0, 255, 1}));
  content.tensors.push_back(xgrad::make_tensor<float>("rnn.weight", {2, 3}, w));
  content.tensors.push_back(xgrad::make_tensor<float>("empty", {0, 5}, {}));
  content.tensors.push_back(
      xgrad::make_tensor<std::uint32_t>("vocab", {3}, std::vector<std::uint32_t>{4294967295U, 0, 7}));
  content.tensors.push_back(xgrad::make_tensor<double>("scalar", {}, std::vector<double>{0.1}));
  content.tensors.push_back(xgrad::make_tensor<std::int64_t>("\xC3\xA9 \"quoted\"\n", {2, 1}, i));
  content.metadata = {{"format", "pt"}, {"config", R"({"hidden": 3})"}};
  return content;
}
