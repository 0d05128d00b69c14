// Trains a small character RNN in shards on one thread and on two, and compares all weights bit by bit; and a larger
// one, a fiftieth of the steps:
//   sharded_training [STEPS]
#include <charconv>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "../models/train/sharded_trainer.hpp"

namespace {

using namespace xgrad;

std::vector<float> weights_after(const Setting& setting, int steps, Index threads) {
  ShardedTrainer<CharRnn<float>> trainer(setting, 2);
  Shards<float> shards(trainer.store(), 2, threads);
  for (int i = 0; i < steps; ++i) trainer.step(shards);
  return {trainer.store().values().begin(), trainer.store().values().end()};
}

// Whether both are the same to the bit.
bool check(const Setting& setting, int steps) {
  const auto one = weights_after(setting, steps, 1), two = weights_after(setting, steps, 2);
  std::size_t different = 0;
  for (std::size_t i = 0; i < one.size(); ++i) different += std::memcmp(&one[i], &two[i], sizeof(float)) != 0;
  std::printf("%d steps of 2 shards: %zu of %zu weights differ between 1 and 2 threads\n", steps, different,
              one.size());
  return different == 0;
}

int count_of(const char* text) {
  int n = 0;
  const auto [end, error] = std::from_chars(text, text + std::strlen(text), n);
  if (error != std::errc() || *end || n < 1) throw std::invalid_argument("STEPS must be a whole number from 1 on");
  return n;
}

}  // namespace

int main(int argc, char** argv) try {
  const int steps = argc > 1 ? count_of(argv[1]) : 1000;
  const bool small = check({.vocabulary = 7, .hidden = 8, .steps = 5, .batch = 4}, steps);
  // So many weights that both threads sum gradients and update, a range each.
  const bool large = check({.vocabulary = 2000, .hidden = 10, .steps = 2, .batch = 2}, (steps + 49) / 50);
  return small && large ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "sharded_training: error: %s\n", error.what());
  return 2;
}
