// How the worked cases are printed: the same characters with every compiler and on every processor.
#pragma once
#include <by_hand/by_hand.hpp>
#include <ostream>
#include <string>
#include <vector>

namespace derivations {

using by_hand::Matrix, by_hand::Real;

/// Six significant digits. Throws std::runtime_error for what round-off could print in two ways: a number near the
/// middle between two that have six digits, and one that is nearly but not quite zero. Other inputs have to be chosen
/// then.
std::string number(Real v);
/// v(row, 0) v(row, 1) ... as cells.
std::vector<std::string> numbers(const Matrix& v, std::size_t row = 0);

/// A Markdown table, padded so that it can be read as plain text. The first column is text, the others are numbers.
class Table {
 public:
  explicit Table(std::vector<std::string> head) : rows_{std::move(head)} {}
  /// Throws std::logic_error where `cells` are not as many as the head has.
  void add(std::vector<std::string> cells);
  friend std::ostream& operator<<(std::ostream& out, const Table& table);

 private:
  std::vector<std::vector<std::string>> rows_;
};

/// Prints the comments between which a block stands in a page.
class Block {
 public:
  Block(std::ostream& out, const std::string& name) : out_(out) {
    out_ << "<!-- begin worked case: " << name << " -->\n\n";
  }
  ~Block() { out_ << "\n<!-- end worked case -->\n"; }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

 private:
  std::ostream& out_;
};

/// Two ways to one number, which must not differ by more than 1e-12.
class Agreement {
 public:
  /// Throws std::runtime_error, with `what` in its message, where they do.
  void compare(const std::string& what, Real hand, Real tape);
  void compare(const std::string& what, const Matrix& hand, const Matrix& tape);
  /// The largest difference as a bound, since its digits are round-off: "below 1e-14".
  std::string bound() const;

 private:
  Real largest_ = 0;
};

}  // namespace derivations
