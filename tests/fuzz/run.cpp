// The checkpoint of a run, read as the verbs read it and as train goes on with it.
#include <algorithm>
#include <optional>
#include <vector>

#include "../../examples/char_rnn/failure.hpp"
#include "../../examples/char_rnn/run/checkpoint.hpp"
#include "../../examples/char_rnn/training/begin.hpp"
#include "fuzz.hpp"

using namespace char_rnn;
using fuzz::must;

namespace {

/// f(), or nothing where it throws a failure of that code.
template <class F>
auto unless(Exit code, F f) -> std::optional<decltype(f())> {
  try {
    return f();
  } catch (const Failure& e) {
    must(e.code() == code, "a failure says whose fault it is");
    fuzz::must_be_printable(e.what());
    fuzz::must_be_printable(e.hint());
    return std::nullopt;
  }
}

/// What sample, eval and info ask of a run.
bool look(const Checkpoint& run) {
  xgrad::ParamStore<float> store;
  const Model model(store, run.architecture());
  run.load_into(model);
  must(not_finite(model).empty(), "weights that are accepted are finite");
  must(all_finite({run.first_stream(model).data(), std::size_t(model.state_shape(1).size())}), "so is the state");
  run.step(), run.total(), run.history();
  fuzz::must_be_printable(run.text_sha256());
  return true;
}

/// Symbols for a window or two, where that takes no long time; else none.
xgrad::Ids text_for(const Checkpoint& run) {
  constexpr std::int64_t longest = 2000, largest = 100'000;
  const Settings& s = run.settings();
  const std::int64_t window = std::int64_t{s.batch} * s.seq_len, symbols = run.vocabulary().size();
  if (window > longest || std::int64_t{s.layers} * s.hidden * (s.hidden + symbols) * *s.shards > largest) return {};
  std::vector<xgrad::Index> ids(std::size_t(2 * window + 2));
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = xgrad::Index(std::int64_t(i) * 7 % symbols);
  return {ids, xgrad::Index(symbols)};
}

struct Resumed {
  Resumed(const Checkpoint& run, xgrad::IdsView ids)
      : checkpoint(run),
        trainer(run.settings(), 1, run.vocabulary().size(),
                xgrad::BpttWindows(ids, run.settings().batch, run.settings().seq_len)),
        standing(run.restore(trainer)) {}
  std::string file() {
    standing.training = trainer.state();
    return fuzz::written(
        checkpoint_of(checkpoint.settings(), checkpoint.vocabulary(), checkpoint.text_sha256(), standing, trainer));
  }
  bool step() {
    const auto result = unless(Exit::numerical, [&] { return trainer.step(standing.total); });
    return result.has_value();
  }
  const Checkpoint& checkpoint;
  Trainer trainer;
  Standing standing;
};

/// A run goes on in the same way from the file that was read and from the one that is written of it.
void go_on(const Checkpoint& run) {
  const xgrad::Ids ids = text_for(run);
  if (ids.size() == 0) return;
  std::optional<Resumed> first;
  if (!unless(Exit::checkpoint, [&] { return first.emplace(run, ids), true; })) return;
  const std::string once = first->file();
  const Checkpoint again(fuzz::MemoryFile(once).path());
  Resumed second(again, ids);
  must(second.file() == once, "a checkpoint that is written again is the same");
  for (int i = 0; i < 2; ++i) must(first->step() == second.step(), "training goes on alike");
  must(first->file() == second.file(), "to the same bytes");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::MemoryFile file(fuzz::text_of(data, size));
  std::optional<Checkpoint> run;
  const bool good = unless(Exit::checkpoint, [&] { return run.emplace(file.path()), look(*run); }).has_value();
  if (good) go_on(*run);
  return 0;
}
