#include "model.hpp"

namespace char_rnn {

double count_weights(const Architecture& a) {
  const double v = a.vocabulary, h = a.hidden, e = a.embedding, gates = gates_of(a.kind);
  const double biases = a.kind == ModelKind::gru ? 2 : 1;
  const auto cell = [&](double inputs) { return gates * h * (inputs + h + biases); };
  return v * e + cell(e > 0 ? e : v) + (a.layers - 1.0) * cell(h) + v * (h + 1);
}

}  // namespace char_rnn
