// A random program: a list of instructions on a growing list of values, drawn with shapes that fit and run in any
// number type. Operands are drawn from all earlier values, so that values are reused, and nodes nobody reads remain.
#pragma once
#include <xgrad/ops/ops.hpp>

namespace suite {

using namespace xgrad;

struct Instruction {
  int op;
  std::vector<std::size_t> operands;  // places in the list of values
  int axis = 0;
  std::vector<Index> numbers{};  // slice bounds, lengths, ids
};

struct Program {
  std::vector<Shape> inputs;
  std::vector<Instruction> code;
  /// At least `nodes` instructions on two to four inputs.
  Program(Rng& rng, int nodes);
  /// The program on these inputs: the last value, and the means of those that nobody used.
  template <class T>
  Var<T> operator()(std::span<const Var<T>> x) const;
  /// One instruction a line.
  std::string str() const;
};

}  // namespace suite
