#include "report.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "terminal.hpp"

namespace char_rnn {

xgrad::Vocabulary as_characters(const xgrad::Vocabulary& vocabulary) {
  return {vocabulary.symbols(), xgrad::Encoding::utf8};
}

void Report::add(const std::string& label, const std::string& text, const nlohmann::ordered_json& members) {
  rows_.emplace_back(label, text);
  object_.update(members);
}

void Report::print(bool json) const {
  TextOut out;
  if (json) {
    out.put(object_.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
  } else {
    std::size_t width = 0;
    for (const auto& row : rows_) width = std::max(width, row.first.size());
    for (const auto& [label, text] : rows_) out.put(fmt::format("{:<{}}  {}\n", label, width, text));
  }
  out.flush();
}

}  // namespace char_rnn
