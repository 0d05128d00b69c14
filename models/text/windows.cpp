#include "windows.hpp"

#include <string>

#include "../../autograd/core/error.hpp"

namespace xgrad {

namespace {

void check_positive(const char* name, Index value) {
  if (value < 1) fail<ValueError>("windows", std::string(name) + " must be at least 1, got " + std::to_string(value));
}

[[noreturn]] void too_short(Size n, Index seq_len) {
  const Size longest = n - 1;
  throw FormatError("text has " + std::to_string(n) + (n == 1 ? " symbol" : " symbols") + "; --seq-len " +
                    std::to_string(seq_len) + " needs at least " + std::to_string(Size{seq_len} + 1) + "\nhint: use " +
                    (longest >= 1 ? "--seq-len " + std::to_string(longest) + " or less" : "a longer text"));
}

// Here n - 1 >= seq_len, so that there is a number of streams that would do; a shorter window need not be.
[[noreturn]] void too_many_streams(Size n, Index batch, Index seq_len) {
  const Size sequences = (n - 1) / seq_len;
  const Size longest = (n - 1) / batch;
  std::string hint = "\nhint: use --batch " + std::to_string(sequences) + " or less";
  if (longest >= 1) hint += ", or --seq-len " + std::to_string(longest) + " or less";
  throw FormatError("0 windows: " + std::to_string(n) + " symbols give " + std::to_string(sequences) +
                    " sequences of " + std::to_string(seq_len) + "; --batch " + std::to_string(batch) + " needs " +
                    std::to_string(batch) + hint);
}

}  // namespace

BpttWindows::BpttWindows(IdsView ids, Index batch, Index seq_len, std::optional<Size> windows)
    : ids_(ids), batch_(batch), seq_len_(seq_len) {
  check_positive("batch", batch);
  check_positive("seq_len", seq_len);
  const Size n = ids.size();
  if (n - 1 < seq_len) too_short(n, seq_len);
  if ((n - 1) / batch < seq_len) too_many_streams(n, batch, seq_len);
  // n - 2: the notebook starts over where a window would end with the text, but for a text that holds only one.
  stream_length_ = (n - 2) / batch >= seq_len ? (n - 2) / batch : (n - 1) / batch;
  per_pass_ = stream_length_ / seq_len;
  if (windows && (*windows < 1 || *windows > per_pass_))
    fail<ValueError>("windows", "windows of a pass must be in [1, " + std::to_string(per_pass_) + "], got " +
                                    std::to_string(*windows));
  if (windows) per_pass_ = *windows;
  const auto elements = static_cast<std::size_t>(Size{batch} * seq_len);
  inputs_.resize(elements);
  targets_.resize(elements);
}

Window BpttWindows::next() {
  const bool starts_over = position_ == 0;
  const auto batch = static_cast<std::size_t>(batch_), steps = static_cast<std::size_t>(seq_len_);
  for (std::size_t b = 0; b < batch; ++b) {
    const Size first = Size(b) * stream_length_ + position_ * seq_len_;
    for (std::size_t t = 0; t < steps; ++t) {
      inputs_[t * batch + b] = ids_[first + Size(t)];
      targets_[t * batch + b] = ids_[first + Size(t) + 1];
    }
  }
  position_ = position_ + 1 == per_pass_ ? 0 : position_ + 1;
  return {inputs_, targets_, starts_over};
}

void BpttWindows::seek(Size position) {
  if (position < 0 || position >= per_pass_)
    fail<ValueError>("windows", "position " + std::to_string(position) + " is out of range for a pass of " +
                                    std::to_string(per_pass_) + " windows");
  position_ = position;
}

// ---- WindowParts

WindowParts::WindowParts(Index batch, Index parts) : batch_(batch) {
  check_positive("batch", batch);
  if (parts < 1 || parts > batch)
    fail<ValueError>("windows", "parts must be in [1, batch], got " + std::to_string(parts) + " for a batch of " +
                                    std::to_string(batch));
  buffers_.resize(static_cast<std::size_t>(parts));
}

Window WindowParts::cut(const Window& window, Index part) {
  if (part < 0 || part >= count())
    fail<ValueError>("windows",
                     "part " + std::to_string(part) + " is out of range for " + std::to_string(count()) + " parts");
  const auto batch = static_cast<std::size_t>(batch_), begin = static_cast<std::size_t>(first(part));
  const auto wanted = static_cast<std::size_t>(streams(part)), size = window.inputs.size();
  if (size % batch != 0 || window.targets.size() != size)
    fail<ShapeError>("windows", std::to_string(size) + " inputs and " + std::to_string(window.targets.size()) +
                                    " targets for " + std::to_string(batch_) + " streams");
  const auto take = [&](std::span<const Index> from, std::vector<Index>& to) {
    to.clear();
    for (std::size_t step = 0; step < size; step += batch) {
      const auto ids = from.subspan(step + begin, wanted);
      to.insert(to.end(), ids.begin(), ids.end());
    }
  };
  Buffer& buffer = buffers_[static_cast<std::size_t>(part)];
  take(window.inputs, buffer.inputs);
  take(window.targets, buffer.targets);
  return {buffer.inputs, buffer.targets, window.starts_over};
}

}  // namespace xgrad
