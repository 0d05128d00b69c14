// How far training has come, on stderr: a line that repaints itself in a terminal, a plain line now and then elsewhere.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

namespace char_rnn {

struct Figures {
  std::int64_t step = 0, begun_at = 0;  // now, and when this training went on
  double fraction = 0;                  // of the work, in [0, 1]
  double seconds = 0;                   // since training began, or went on
  double stepped = 0;                   // of these, in steps: speed is that of steps
  std::optional<double> left;           // seconds until the end, as far as can be told
  double smooth_loss = 0;               // nats per character
  std::int64_t chars_per_step = 0;
  double gradient_norm = 0;  // of the last step, before anything was limited
  int clipped = 0;           // of the last hundred steps, those in which something was
};

/// At most `width` columns wide; what matters least goes first where they are few. `blocks`: a bar of block characters.
/// `end` instead of the time left tells what it took.
std::string bar_line(const Figures& now, double chars_per_second, int width, bool blocks, bool end = false);
std::string plain_line(const Figures& now, double chars_per_second, bool end = false);

class Progress {
 public:
  Progress();
  /// Erases the line.
  ~Progress() { hide(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// To be called after every step; shows something when it is time.
  void update(const Figures& now);
  /// Shows the last state, and leaves it.
  void finish(const Figures& now);
  /// Makes place for other output; the line comes back with the next update.
  void hide();

 private:
  void measure(const Figures& now);
  void show(const Figures& now, bool end = false);

  const bool terminal_;
  const bool blocks_;
  bool painted_ = false;
  double next_ = 0;  // when something is to be shown, in seconds of training
  double rate_ = 0;  // characters per second, smoothed
  Figures last_;     // at the last measurement
};

}  // namespace char_rnn
