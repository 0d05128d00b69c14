// The worked cases of docs/derivations: computes each by hand and on the tape, holds the two against each other and
// against differences, and prints the tables that stand in the pages.
//
//   derivations            all blocks
//   derivations tanh_rnn   those of one page
//
// Ends with 1 where anything disagrees. `cmake --build build/release --target regenerate_derivations` writes what it
// prints into the pages, and the tests docs/derivations/<page> hold the pages against it. Start at tanh_rnn.cpp.
#include <iostream>
#include <sstream>
#include <string_view>

#include "pages.hpp"

namespace {

struct Page {
  std::string_view name;
  void (*print)(std::ostream&);
};

constexpr Page pages[] = {{"softmax_cross_entropy", derivations::softmax_cross_entropy_page},
                          {"tanh_rnn", derivations::tanh_rnn_page},
                          {"lstm", derivations::lstm_page},
                          {"gru", derivations::gru_page}};

}  // namespace

int main(int argc, char** argv) {
  try {
    std::ostringstream out;
    for (const Page& page : pages)
      if (argc < 2 || page.name == argv[1]) page.print(out);
    if (out.str().empty()) {
      std::cerr << "derivations: there is no page " << argv[1] << '\n';
      return 2;
    }
    std::cout << out.str();
  } catch (const std::exception& e) {
    std::cerr << "derivations: " << e.what() << '\n';
    return 1;
  }
}
