// The two streams: stdout carries text and nothing else, stderr what there is to say about it.
#pragma once
#include <fmt/format.h>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <xgrad/models/text/vocabulary.hpp>

namespace char_rnn {

/// To stderr. That nobody may be there to read it is no reason to stop.
template <class... A>
void say(fmt::format_string<A...> format, A&&... values) {
  std::fputs(fmt::format(format, std::forward<A>(values)...).c_str(), stderr);
}

/// A path as a shell reads it, for commands that a user may copy: 'it'\''s'. What could command a terminal is escaped.
std::string quoted(const std::string& path);

/// Streams that were closed by whoever started the program lead nowhere from now on, not into the next file that is
/// opened.
void open_closed_streams();

bool is_terminal(int fd);
/// Whether it is one in which a line can be painted over.
bool repaints(int fd);
/// The width of the terminal, or 80.
int columns(int fd);
/// Whether the environment says that terminals show UTF-8.
bool speaks_utf8();

/// stdout, buffered by us so that errors are seen where they happen. Terminals, pipes and sockets get everything at
/// once, for somebody may be waiting; a terminal with escapes for what could command it, all others the very symbols.
class TextOut {
 public:
  TextOut();
  /// False once nobody reads any more. Throws Failure with Exit::io for every other reason.
  bool put(std::string_view text);
  bool put(const xgrad::Vocabulary& vocabulary, std::span<const xgrad::Index> ids);
  bool flush();

 private:
  bool terminal_, waits_ = false;  // waits_: for more to be written at once
  bool closed_ = false;
  std::string buffer_;
};

}  // namespace char_rnn
