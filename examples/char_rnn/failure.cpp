#include "failure.hpp"
#include "terminal/terminal.hpp"

#include <fmt/format.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <new>
#include <system_error>
#include <xgrad/models/text/vocabulary.hpp>

namespace char_rnn {

Failure failure_of(const xgrad::Error& error, Exit code, const std::string& hint) {
  const std::string text = error.what(), mark = "\nhint: ";
  const std::size_t at = text.find(mark);
  if (at == std::string::npos) return {code, text, hint};
  return {code, text.substr(0, at), text.substr(at + mark.size())};
}

std::string read_whole(const std::filesystem::path& path, const std::string& hint, std::size_t most) {
  const std::string name = xgrad::escaped(path.string());
  const auto failure = [&](int error) {
    return Failure(Exit::io, fmt::format("cannot read '{}': {}", name, std::strerror(error)), hint);
  };
  std::filebuf file;
  if (!file.open(path, std::ios::in | std::ios::binary)) throw failure(errno);
  std::string content;
  try {
    std::array<char, 65536> piece;
    while (const auto n = file.sgetn(piece.data(), piece.size())) {
      content.append(piece.data(), static_cast<std::size_t>(n));
      if (content.size() > most)
        throw Failure(Exit::usage, fmt::format("'{}' has more than {} MB", name, most / 1'000'000), hint);
    }
  } catch (const std::ios_base::failure& e) {  // of a folder, or by a disk that fails; libstdc++ hands the errno on
    throw failure(e.code().value());
  }
  return content;
}

int report(Exit code, const std::string& what, const std::string& hint) {
  say("char_rnn: error: {}\nhint: {}\n", what, hint);
  return static_cast<int>(code);
}

int reported(const std::function<int()>& program) {
  try {
    return program();
  } catch (const Failure& e) {
    return report(e.code(), e.what(), e.hint());
  } catch (const std::bad_alloc&) {
    return report(Exit::usage, "out of memory", "use a smaller --hidden, --seq-len or --batch, or a shorter text");
  } catch (const std::filesystem::filesystem_error& e) {
    const std::string what = "cannot reach '" + xgrad::escaped(e.path1().string()) + "': " + e.code().message();
    return report(Exit::io, what, "choose another folder or file");
  } catch (const std::system_error& e) {
    return report(Exit::usage, std::string("cannot start the threads: ") + e.what(), "use fewer --threads");
  } catch (const std::exception& e) {
    const Failure bug =
        failure_of(xgrad::Error(e.what()), Exit::bug, "this is a bug of char_rnn; please report the command");
    return report(bug.code(), bug.what(), bug.hint());
  }
}

}  // namespace char_rnn
