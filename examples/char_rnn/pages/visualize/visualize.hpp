// A text coloured by what a hidden unit did while the model read it, and beneath each character what the model expected
// next: the pictures of Karpathy's essay "The Unreasonable Effectiveness of Recurrent Neural Networks" (2015), for
// every unit, on one page.
#pragma once
#include <string>

#include "activations.hpp"

namespace char_rnn {

/// One HTML file that loads nothing. It shows the liveliest unit first. Without JavaScript that is all; with it, any
/// unit: by number, by arrow keys, by a list of promising ones, and by address (#layer:unit); and the figures of any
/// character: by pointing, and by number. Throws xgrad::ValueError where the parts of `a` do not fit together.
std::string visualize_page(const Activations& a);

}  // namespace char_rnn
