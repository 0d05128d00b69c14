#include "shards.hpp"

#include <string>

#include "../../autograd/core/scalars.hpp"
#include "../../ops/kernels/update.hpp"

namespace xgrad {

namespace {

Index checked_threads(Index shards, Index threads) {
  if (shards < 1) fail<ValueError>("shards", "at least 1 shard is needed, got " + std::to_string(shards));
  if (threads < 1 || threads > shards)
    fail<ValueError>("shards", "threads must be in [1, shards], got " + std::to_string(threads) + " for " +
                                   std::to_string(shards) + (shards == 1 ? " shard" : " shards"));
  return threads;
}

}  // namespace

template <class T>
Shards<T>::Shards(ParamStore<T>& store, Index shards, Index threads)
    : store_(store), team_(checked_threads(shards, threads)) {
  for (Index shard = 0; shard < shards; ++shard) parts_.emplace_back(store, shard == 0);
}

// The sums over shards. All other parts are added to the first, a block at a time, so that it stays in the cache.
template <class T>
T Shards<T>::add_up(const Team::Turn& turn) {
  T loss = parts_[0].loss;
  for (Part& part : parts_) part.flat = part.gradients.flat().data();
  for (std::size_t shard = 1; shard < parts_.size(); ++shard) loss += parts_[shard].loss;
  in_ranges(turn, static_cast<Size>(store_.values().size()), [this](Size begin, Size end) {
    for (Size at = begin; at < end; at += block)
      for (std::size_t shard = 1; shard < parts_.size(); ++shard)
        kernels::add_values(std::min(block, end - at), parts_[shard].flat + at, parts_[0].flat + at);
  });
  return loss;
}

#define XGRAD_INSTANTIATE(T) template class Shards<T>;
XGRAD_FOR_SCALARS(XGRAD_INSTANTIATE)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad
