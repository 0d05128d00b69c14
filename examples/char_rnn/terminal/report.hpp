// What a verb found out, as a table of two columns for people or as one JSON object for programs: of the same values,
// so that neither says what the other does not.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>
#include <xgrad/models/text/vocabulary.hpp>

namespace char_rnn {

/// The same symbols as a JSON string can hold them: bytes as the characters of the same numbers, U+0000 to U+00FF.
xgrad::Vocabulary as_characters(const xgrad::Vocabulary& vocabulary);

class Report {
 public:
  /// A row of the table, and the members that stand for it in the object.
  void add(const std::string& label, const std::string& text, const nlohmann::ordered_json& members);
  /// The table, its second column aligned, or the object on one line, on stdout. A reader who has seen enough is no
  /// error; throws Failure with Exit::io for every other one.
  void print(bool json) const;

 private:
  std::vector<std::pair<std::string, std::string>> rows_;
  nlohmann::ordered_json object_ = nlohmann::ordered_json::object();
};

}  // namespace char_rnn
