// char_rnn info: which program this is, and on what it runs: what to say beside figures, and in a bug report. Of a run,
// before that: what it is and how it went.
#include <fmt/format.h>
#include <cstdlib>
#include <numeric>
#include <thread>
#include <xgrad/ops/kernels/products.hpp>
#include <xgrad/ops/ops.hpp>

#include "../pages/report/history.hpp"
#include "../run/checkpoint.hpp"
#include "../run/folder.hpp"
#include "../terminal/report.hpp"
#include "../units.hpp"
#include "verbs.hpp"

namespace char_rnn {

namespace {

std::string compiler() {
#if defined(__clang__)
  return fmt::format("clang {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__);
#else
  return fmt::format("g++ {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
}

bool isa_was_asked_for() {
  const char* wanted = std::getenv("XGRAD_ARCH");
  return wanted && *wanted != '\0';
}

std::vector<xgrad::Index> all_ids(const xgrad::Vocabulary& vocabulary) {
  std::vector<xgrad::Index> ids(static_cast<std::size_t>(vocabulary.size()));
  std::iota(ids.begin(), ids.end(), 0);
  return ids;
}

std::string loss_text(double nats) {
  return fmt::format("{:.4f} nats, {:.4f} bits per character", nats, nats * bits_per_nat);
}

/// Of a folder the latest checkpoint, which has all of the history.
std::filesystem::path latest_or_file(const std::filesystem::path& run) {
  std::error_code error;
  return std::filesystem::is_regular_file(run, error) ? run : run / latest_file;
}

/// How the log beside a checkpoint has it; empty where that does not tell.
std::string protocol_of(const std::filesystem::path& checkpoint) {
  try {
    const RunHistory log = read_history(checkpoint.parent_path() / log_file);
    return log.validations.empty() ? "" : log.protocol;
  } catch (const xgrad::Error&) {
    return "";
  }
}

void add_run(Report& report, const Checkpoint& run) {
  const Settings& s = run.settings();
  xgrad::ParamStore<float> store;
  const Model model(store, run.architecture());
  const xgrad::Size weights = xgrad::count_parameters(model);
  const std::string kind = show(s.model, model_names), file = run.path().string();
  report.add("checkpoint", xgrad::escaped(file), {{"checkpoint", file}});
  report.add(
      "model",
      fmt::format("{}, {} x {} hidden units{}, {} weights", kind, s.layers, s.hidden,
                  s.embedding > 0 ? fmt::format(", embedding {}", s.embedding) : "", weights),
      {{"model", kind}, {"layers", s.layers}, {"hidden", s.hidden}, {"embedding", s.embedding}, {"weights", weights}});
  const xgrad::Vocabulary& vocabulary = run.vocabulary();
  const std::vector<xgrad::Index> ids = all_ids(vocabulary);
  const bool bytes = vocabulary.encoding() == xgrad::Encoding::bytes;
  report.add("vocabulary",
             fmt::format("{} {}: {}", vocabulary.size(), bytes ? "bytes" : "characters",
                         xgrad::escaped(vocabulary.decode(ids))),
             {{"vocabulary", vocabulary.size()},
              {"encoding", bytes ? "bytes" : "utf8"},
              {"symbols", as_characters(vocabulary).decode(ids)}});
  report.add("text", "SHA-256 " + run.text_sha256(), {{"text_sha256", run.text_sha256()}});
  report.add("steps", fmt::format("{}{}", run.step(), run.finished() ? ", finished" : ""),
             {{"step", run.step()}, {"finished", run.finished()}});
  const History history = run.history();
  if (!history.smooth_loss.empty())
    report.add("training loss", loss_text(history.smooth_loss.back()) + ", smoothed",
               {{"smooth_loss", history.smooth_loss.back()}});
  nlohmann::ordered_json validations = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < history.validation.size(); ++i) {
    validations.push_back({{"step", history.validation_step[i]}, {"nats", history.validation[i]}});
    report.add(fmt::format("validation, step {}", history.validation_step[i]), loss_text(history.validation[i]),
               {{"validation", validations}});
  }
  const std::string split = show(s.split, TwoFractions{});
  report.add("split", split, {{"split", split}});
  if (const std::string protocol = protocol_of(run.path()); !protocol.empty())
    report.add("validation", protocol, {{"protocol", protocol}});
}

}  // namespace

int info(const InfoOptions& options) {
  const bool asked = isa_was_asked_for();
  const unsigned hardware = std::thread::hardware_concurrency();  // 0 where it cannot be told
  Report report;
  if (options.run) add_run(report, Checkpoint(latest_or_file(*options.run)));
  report.add("version", XGRAD_VERSION, {{"version", XGRAD_VERSION}});
  report.add("compiler", compiler(), {{"compiler", compiler()}});
  report.add("kernels", fmt::format("{}, {}", xgrad::isa(), asked ? "from XGRAD_ARCH" : "the best of this processor"),
             {{"isa", xgrad::isa()}, {"isa_from", asked ? "XGRAD_ARCH" : "processor"}});
  report.add("BLAS", xgrad::blas_config(), {{"blas", xgrad::blas_config()}});
  const bool ours = xgrad::kernels::takes_own_kernel<float>(4096, 4096, 4096);
  report.add("BLAS core",
             fmt::format("{}{}", xgrad::blas_core(), ours ? ", for no large products: our own kernels do them" : ""),
             {{"blas_core", xgrad::blas_core()}, {"large_products", ours ? "own" : "blas"}});
  report.add("BLAS threads", std::to_string(xgrad::blas_threads()), {{"blas_threads", xgrad::blas_threads()}});
  report.add("machine threads", hardware ? std::to_string(hardware) : "unknown", {{"hardware_threads", hardware}});
  report.print(options.json);
  return 0;
}

}  // namespace char_rnn
