#include "failure.hpp"
#include "terminal/terminal.hpp"

#include <fmt/format.h>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <xgrad/models/text/vocabulary.hpp>

namespace char_rnn {

Failure failure_of(const xgrad::Error& error, Exit code, const std::string& hint) {
  const std::string text = error.what(), mark = "\nhint: ";
  const std::size_t at = text.find(mark);
  if (at == std::string::npos) return {code, text, hint};
  return {code, text.substr(0, at), text.substr(at + mark.size())};
}

std::string read_whole(const std::filesystem::path& path, const std::string& hint) {
  const auto failure = [&](int error) {
    return Failure(Exit::io, fmt::format("cannot read '{}': {}", xgrad::escaped(path.string()), std::strerror(error)),
                   hint);
  };
  std::ifstream in(path, std::ios::binary);
  if (!in) throw failure(errno);
  try {
    return {std::istreambuf_iterator<char>(in), {}};
  } catch (const std::ios_base::failure& e) {  // of a folder, or by a disk that fails; libstdc++ hands the errno on
    throw failure(e.code().value());
  }
}

int report(Exit code, const std::string& what, const std::string& hint) {
  say("char_rnn: error: {}\nhint: {}\n", what, hint);
  return static_cast<int>(code);
}

}  // namespace char_rnn
