// The CSS and the JavaScript of the page of activations.
#pragma once

namespace char_rnn {

extern const char visualize_style[];
extern const char visualize_script[];

}  // namespace char_rnn
