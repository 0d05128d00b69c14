#include "split.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include "../../autograd/core/error.hpp"
#include "windows.hpp"

namespace xgrad {

namespace {

std::string shown(double x) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%g", x);
  return buffer;
}

/// "0.9 for training, 0.1 for validation"
std::string shown(const Fractions& f) {
  std::string all = shown(f.train) + " for training";
  if (f.validation > 0) all += ", " + shown(f.validation) + " for validation";
  if (f.has_test()) all += ", the rest for a test";
  return all;
}

void check_not_below(const char* name, Size value, Size least) {
  if (value < least)
    fail<ValueError>(
        "split", std::string(name) + " must be at least " + std::to_string(least) + ", got " + std::to_string(value));
}

/// Throws where a part that is wanted has nothing.
void check_parts(const std::array<Size, 3>& parts, const Fractions& f, const std::string& what, const char* hint) {
  if (parts[0] > 0 && (parts[1] > 0 || f.validation == 0) && (parts[2] > 0 || !f.has_test())) return;
  throw FormatError(what + ", too few for " + shown(f) + "\nhint: " + hint);
}

}  // namespace

std::array<Size, 3> Fractions::of(Size n) const {
  if (!(train > 0 && validation >= 0 && train + validation <= 1 + 1e-9))
    fail<ValueError>("split",
                     shown(train) + " for training and " + shown(validation) + " for validation are no parts of 1");
  const auto floor_of = [n](double fraction) { return std::min(n, static_cast<Size>(double(n) * fraction)); };
  const Size first = floor_of(train), second = has_test() ? floor_of(validation) : n - first;
  return {first, second, n - first - second};
}

std::vector<ScoredRange> scored_ranges(Size begin, Size count, Index streams, Size warm_up) {
  check_not_below("begin", begin, 1);
  check_not_below("count", count, 0);
  check_not_below("streams", streams, 1);
  check_not_below("warm_up", warm_up, 0);
  const Size ranges = std::min<Size>(streams, count);
  std::vector<ScoredRange> all;
  for (Size i = 0; i < ranges; ++i) {
    const Size from = begin + i * count / ranges, to = begin + (i + 1) * count / ranges;
    all.push_back({from, to - from, std::min(warm_up, from - 1)});
  }
  return all;
}

Split tail_split(IdsView ids, const Fractions& fractions, Index streams, Size warm_up) {
  const Size n = ids.size();
  const std::array<Size, 3> parts = fractions.of(n);
  const auto& [train, validation, test] = parts;
  check_parts(parts, fractions, "text has " + std::to_string(n) + (n == 1 ? " symbol" : " symbols"),
              "use a longer text");
  return {ids.subview(0, train), std::nullopt, scored_ranges(train, validation, streams, warm_up),
          scored_ranges(train + validation, test, streams, warm_up)};
}

Split stream_split(IdsView ids, const Fractions& fractions, Index batch, Index seq_len, Size warm_up) {
  check_not_below("warm_up", warm_up, 0);
  const BpttWindows windows(ids, batch, seq_len);
  const Size n = windows.per_pass();
  const std::array<Size, 3> parts = fractions.of(n);
  const auto& [train, validation, test] = parts;
  check_parts(parts, fractions,
              "streams of " + std::to_string(windows.stream_length()) + " symbols have " + std::to_string(n) +
                  (n == 1 ? " window of " : " windows of ") + std::to_string(seq_len),
              "use a smaller --batch or --seq-len, or a longer text");
  Split split{ids, train, {}, {}};
  const auto ranges = [&](Size first, Size count, std::vector<ScoredRange>& to) {  // in windows
    for (Index b = 0; count > 0 && b < batch; ++b)
      to.push_back(
          {b * windows.stream_length() + first * seq_len + 1, count * seq_len, std::min(warm_up, first * seq_len)});
  };
  ranges(train, validation, split.validation);
  ranges(train + validation, test, split.test);
  return split;
}

}  // namespace xgrad
