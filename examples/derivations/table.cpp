#include "table.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <stdexcept>

namespace derivations {

std::string number(Real v) {
  const auto digits = [](Real x) {
    char text[32];
    std::snprintf(text, sizeof text, "%.6Lg", x);
    return std::string(text);
  };
  if (v == 0) return "0";     // of either sign
  const Real slack = 1e-10L;  // far above the round-off of a double, far below the digits printed
  if (std::abs(v) < slack || digits(v * (1 - slack)) != digits(v * (1 + slack)))
    throw std::runtime_error("round-off decides how " + std::to_string(v) + " is printed: choose other inputs");
  return digits(v);
}

std::vector<std::string> numbers(const Matrix& v, std::size_t row) {
  std::vector<std::string> cells;
  for (std::size_t k = 0; k < v.columns; ++k) cells.push_back(number(v(row, k)));
  return cells;
}

void Table::add(std::vector<std::string> cells) {
  if (cells.size() != rows_[0].size())
    throw std::logic_error("a row of " + std::to_string(cells.size()) + " cells under a head of " +
                           std::to_string(rows_[0].size()));
  rows_.push_back(std::move(cells));
}

std::ostream& operator<<(std::ostream& out, const Table& table) {
  std::vector<std::size_t> widths(table.rows_[0].size(), 4);
  for (const auto& row : table.rows_)
    for (std::size_t k = 0; k < row.size(); ++k) widths[k] = std::max(widths[k], row[k].size());
  for (const auto& row : table.rows_) {
    for (std::size_t k = 0; k < row.size(); ++k) {
      const std::string padding(widths[k] - row[k].size(), ' ');
      out << "| " << (k == 0 ? row[k] + padding : padding + row[k]) << ' ';
    }
    out << "|\n";
    if (&row != &table.rows_[0]) continue;
    for (std::size_t k = 0; k < row.size(); ++k)
      out << "| " << std::string(widths[k] - 1, '-') << (k == 0 ? "- " : ": ");
    out << "|\n";
  }
  return out;
}

void Agreement::compare(const std::string& what, Real hand, Real tape) {
  const Real d = std::abs(hand - tape);
  if (!(d <= 1e-12L)) {
    char text[128];
    std::snprintf(text, sizeof text, ": by hand %.17Lg, on the tape %.17Lg", hand, tape);
    throw std::runtime_error(what + text);
  }
  largest_ = std::max(largest_, d);
}

void Agreement::compare(const std::string& what, const Matrix& hand, const Matrix& tape) {
  if (hand.rows != tape.rows || hand.columns != tape.columns) throw std::logic_error(what + ": the shapes differ");
  for (std::size_t i = 0; i < hand.rows; ++i)
    for (std::size_t k = 0; k < hand.columns; ++k)
      compare(what + "(" + std::to_string(i) + ", " + std::to_string(k) + ")", hand(i, k), tape(i, k));
}

std::string Agreement::bound() const { return largest_ < 1e-14L ? "below 1e-14" : "below 1e-12"; }

}  // namespace derivations
