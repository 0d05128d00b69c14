#include "progress.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "../units.hpp"
#include "clock.hpp"
#include "terminal.hpp"

namespace char_rnn {

namespace {

constexpr double repaint = 0.1;  // seconds, in a terminal
constexpr double patience = 5;   // seconds between plain lines

std::string time_left(const Figures& now) { return now.left ? clock_text(*now.left) : "-:--"; }

/// Of the time, "took 0:07" at the end.
std::string time_told(const Figures& now, bool end) {
  return end ? "took " + clock_text(now.seconds) : time_left(now) + " left";
}

/// "850", "6.1k", "61k", "1.2M".
std::string speed(double chars_per_second) {
  if (chars_per_second < 999.5) return fmt::format("{:.0f}", chars_per_second);
  const bool millions = chars_per_second >= 999'500;
  const double x = chars_per_second / (millions ? 1e6 : 1e3);
  return fmt::format("{:.{}f}{}", x, x < 9.95 ? 1 : 0, millions ? 'M' : 'k');
}

/// Two digits, or all that a whole number has: "0.012", "1.2", "120"; an exponent from a million on.
std::string norm(double x) { return x < 10 || x >= 1e6 ? fmt::format("{:.2g}", x) : fmt::format("{:.0f}", x); }

int percent(const Figures& now) { return static_cast<int>(100 * std::clamp(now.fraction, 0.0, 1.0)); }

/// `width` columns between bars; with blocks to an eighth of a column.
std::string bar(double fraction, int width, bool blocks) {
  static const char* const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const int parts = static_cast<int>(std::clamp(fraction, 0.0, 1.0) * width * 8);
  std::string text = blocks ? "▕" : "[";
  for (int i = 0; i < parts / 8; ++i) text += blocks ? "█" : "#";
  const bool begun = blocks && parts % 8 > 0;
  if (begun) text += eighths[parts % 8];
  text.append(static_cast<std::size_t>(width - parts / 8 - (begun ? 1 : 0)), blocks ? ' ' : '.');
  return text + (blocks ? "▏" : "]");
}

}  // namespace

std::string bar_line(const Figures& now, double chars_per_second, int width, bool blocks, bool end) {
  const double nats = now.smooth_loss, bits = nats * bits_per_nat;
  const std::string done = fmt::format("{:3}% ", percent(now)), fast = speed(chars_per_second),
                    gradient = norm(now.gradient_norm), time = time_told(now, end);
  struct Tail {
    std::string text;
    int least;  // columns of the bar, or none of it
  };
  const Tail tails[] = {
      {fmt::format(" {} chars/s  loss {:.3f} nats, {:.3f} bits/char  gradient {}, {} clipped  {}", fast, nats, bits,
                   gradient, now.clipped, time),
       6},
      {fmt::format(" {} chars/s  loss {:.3f}, {:.2f} bits  |g| {} clip {}  {}", fast, nats, bits, gradient, now.clipped,
                   time),
       3},
      {fmt::format(" {}/s  loss {:.3f}  |g| {} clip {}  {}", fast, nats, gradient, now.clipped, time), 3},
      {fmt::format("{}/s {:.3f} |g| {} clip {} {}", fast, nats, gradient, now.clipped, time), 0},
      {fmt::format("loss {:.3f} {}", nats, time), 0}};
  const int room = width - 3 - static_cast<int>(done.size());  // the last column would wrap, and ^C takes two
  for (const auto& [tail, least] : tails) {
    const int columns = std::min(room - 2 - static_cast<int>(tail.size()), 30);
    if (least > 0 && columns >= least) return done + bar(now.fraction, columns, blocks) + tail;
    if (least == 0 && columns + 2 >= 0) return done + tail;
  }
  return done.substr(0, static_cast<std::size_t>(std::max(width - 1, 0)));
}

std::string plain_line(const Figures& now, double chars_per_second, bool end) {
  return fmt::format(
      "{:3}%  step {}  {} chars/s  loss {:.3f} nats, {:.3f} bits per character  gradient {}, {} clipped  {}",
      percent(now), now.step, speed(chars_per_second), now.smooth_loss, now.smooth_loss * bits_per_nat,
      norm(now.gradient_norm), now.clipped, time_told(now, end));
}

Progress::Progress() : terminal_(repaints(2)), blocks_(speaks_utf8()), next_(terminal_ ? repaint : patience) {}

/// Weights the newest interval by 0.3, as tqdm does.
void Progress::measure(const Figures& now) {
  const double seconds = now.stepped - last_.stepped;
  if (seconds <= 0) return;
  const double rate =
      static_cast<double>((now.step - std::max(last_.step, now.begun_at)) * now.chars_per_step) / seconds;
  rate_ = rate_ > 0 ? 0.7 * rate_ + 0.3 * rate : rate;
  last_ = now;
}

void Progress::show(const Figures& now, bool end) {
  if (terminal_) say("\r{}\x1b[K", bar_line(now, rate_, columns(2), blocks_, end));
  else say("{}\n", plain_line(now, rate_, end));
  std::fflush(stderr);
  painted_ = terminal_;
}

void Progress::update(const Figures& now) {
  if (now.seconds < next_) return;
  next_ = now.seconds + (terminal_ ? repaint : patience);
  measure(now);
  show(now);
}

void Progress::finish(const Figures& now) {
  if (now.stepped > 0)  // of the whole
    rate_ = static_cast<double>((now.step - now.begun_at) * now.chars_per_step) / now.stepped;
  show(now, true);
  if (terminal_) say("\n");
  painted_ = false;
}

void Progress::hide() {
  if (!painted_) return;
  say("\r\x1b[K");
  std::fflush(stderr);
  painted_ = false;
  next_ = 0;
}

}  // namespace char_rnn
