#include "progress.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "clock.hpp"
#include "terminal.hpp"

namespace char_rnn {

namespace {

constexpr double nats_per_bit = 0.69314718055994530942;
constexpr double repaint = 0.1;  // seconds, in a terminal
constexpr double patience = 5;   // seconds between plain lines

std::string time_left(const Figures& now) {
  const double done = now.fraction - now.begun_fraction;
  if (done <= 0) return "-:--";
  return clock_text(now.seconds * (1 - now.fraction) / done);
}

/// "850", "61k".
std::string speed(double chars_per_second) {
  return chars_per_second < 1000 ? fmt::format("{:.0f}", chars_per_second)
                                 : fmt::format("{:.0f}k", chars_per_second / 1000);
}

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

std::string bar_line(const Figures& now, double chars_per_second, int width, bool blocks) {
  const double nats = now.smooth_loss, bits = nats / nats_per_bit;
  const std::string done = fmt::format("{:3}% ", percent(now)), left = time_left(now), fast = speed(chars_per_second);
  const std::string tails[] = {
      fmt::format(" {} chars/s  loss {:.3f} nats, {:.3f} bits/char  gradient {:.2g}, {} clipped  {} left", fast, nats,
                  bits, now.gradient_norm, now.clipped, left),
      fmt::format(" {}/s  {:.3f} nats {:.3f} bits  |g| {:.2g} clip {}  {} left", fast, nats, bits, now.gradient_norm,
                  now.clipped, left),
      fmt::format(" {}/s  {:.3f} nats {:.3f} bits  {} left", fast, nats, bits, left),
      fmt::format(" {:.3f} nats {:.3f} bits {}", nats, bits, left)};
  const int room = width - 3 - static_cast<int>(done.size()) - 2;  // the last column would wrap, and ^C takes two
  for (const std::string& tail : tails) {
    const int columns = std::min(room - static_cast<int>(tail.size()), 30);
    if (columns >= (&tail == &tails[3] ? 3 : 6)) return done + bar(now.fraction, columns, blocks) + tail;
  }
  return (done + tails[3].substr(1)).substr(0, static_cast<std::size_t>(std::max(width - 1, 0)));
}

std::string plain_line(const Figures& now, double chars_per_second) {
  return fmt::format(
      "{:3}%  step {}  {} chars/s  loss {:.3f} nats, {:.3f} bits per character  gradient {:.2g}, {} clipped  {} left",
      percent(now), now.step, speed(chars_per_second), now.smooth_loss, now.smooth_loss / nats_per_bit,
      now.gradient_norm, now.clipped, time_left(now));
}

Progress::Progress() : terminal_(is_terminal(2)), blocks_(speaks_utf8()), next_(terminal_ ? repaint : patience) {}

/// Weights the newest interval by 0.3, as tqdm does.
void Progress::measure(const Figures& now) {
  const double seconds = now.seconds - last_.seconds;
  if (seconds <= 0) return;
  const double rate =
      static_cast<double>((now.step - std::max(last_.step, now.begun_at)) * now.chars_per_step) / seconds;
  rate_ = rate_ > 0 ? 0.7 * rate_ + 0.3 * rate : rate;
  last_ = now;
}

void Progress::show(const Figures& now) {
  if (terminal_) say("\r{}\x1b[K", bar_line(now, rate_, columns(2), blocks_));
  else say("{}\n", plain_line(now, rate_));
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
  if (now.seconds > 0)  // of the whole
    rate_ = static_cast<double>((now.step - now.begun_at) * now.chars_per_step) / now.seconds;
  show(now);
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
