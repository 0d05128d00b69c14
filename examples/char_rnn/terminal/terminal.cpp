#include "terminal.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "../failure.hpp"

namespace char_rnn {

void open_closed_streams() {
  for (const int fd : {0, 1, 2})
    if (fcntl(fd, F_GETFD) < 0 && errno == EBADF) open("/dev/null", O_RDWR);  // the lowest that is free: fd
}

bool is_terminal(int fd) { return isatty(fd) == 1; }

bool repaints(int fd) {
  const char* kind = std::getenv("TERM");
  return is_terminal(fd) && kind && std::string_view(kind) != "dumb";
}

int columns(int fd) {
  winsize size{};
  return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

bool speaks_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (!value || *value == '\0') continue;
    const std::string_view locale(value);
    return locale.find("UTF-8") != std::string_view::npos || locale.find("utf8") != std::string_view::npos;
  }
  return false;
}

std::string quoted(const std::string& path) {
  std::string out = "'";
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find_first_of("'\\", at), path.size());
    out += xgrad::escaped(path.substr(at, end - at), path.size());
    if (end < path.size()) out += path[end] == '\\' ? "\\" : "'\\''";
    at = end + 1;
  }
  return out + "'";
}

TextOut::TextOut() : terminal_(is_terminal(1)) {
  struct stat out {};
  waits_ = fstat(1, &out) == 0 && S_ISREG(out.st_mode);
}

bool TextOut::put(std::string_view text) {
  if (closed_) return false;
  buffer_.append(text);
  return !waits_ || buffer_.size() >= 4096 ? flush() : true;
}

bool TextOut::put(const xgrad::Vocabulary& vocabulary, std::span<const xgrad::Index> ids) {
  if (!terminal_) return put(vocabulary.decode(ids));
  std::string shown;
  for (const xgrad::Index id : ids) {
    const std::string symbol = vocabulary.decode(id);
    const bool plain = symbol == "\n" || symbol == "\t" || symbol == "'" || symbol == "\\";
    shown += plain ? symbol : xgrad::escaped(symbol);
  }
  return put(shown);
}

bool TextOut::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty() && !closed_) {
    const ssize_t put = ::write(1, rest.data(), rest.size());
    if (put >= 0) rest.remove_prefix(static_cast<std::size_t>(put));
    else if (errno == EPIPE) closed_ = true;
    else if (errno != EINTR)
      throw Failure(Exit::io, "cannot write to stdout: " + std::generic_category().message(errno),
                    "check where the output goes");
  }
  buffer_.clear();
  return !closed_;
}

}  // namespace char_rnn
