// char_rnn report: a page of how a run went.
#include <fmt/format.h>
#include <xgrad/models/models.hpp>

#include "../failure.hpp"
#include "../pages/report/report.hpp"
#include "../run/folder.hpp"
#include "page.hpp"
#include "verbs.hpp"

namespace char_rnn {

int report(const ReportOptions& options) {
  const RunHistory history = explained(Exit::checkpoint, "name the folder of a run that char_rnn train made",
                                       [&] { return read_history(options.run / log_file); });
  write_page(options.out.value_or(options.run / "report.html"), report_page(history));
  return 0;
}

}  // namespace char_rnn
