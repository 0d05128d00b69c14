// The blocks of each page of docs/derivations. All throw where hand, tape and differences do not agree.
#pragma once
#include <functional>
#include <ostream>

#include "tape_side.hpp"

namespace derivations {

void softmax_cross_entropy_page(std::ostream& out);
void tanh_rnn_page(std::ostream& out);
void two_wrong_formulas(std::ostream& out);  // on the page of the tanh RNN
void lstm_page(std::ostream& out);
void gru_page(std::ostream& out);

// ---- blocks that pages have in common

/// A row for each step: what it reads, the state by hand and on the tape, the probability of the target, the loss.
void print_forward(std::ostream& out, const Case& c, const std::vector<HandStep>& hand, const OnTape& tape);
/// The cell's gradients, a column for each gate: `gates` names them, `weights` of the case are the cell's.
void print_gate_gradients(std::ostream& out, const Case& c, const by_hand::Result& hand, const OnTape& tape,
                          const std::vector<std::string>& gates);
/// Those of the output layer and of the first state.
void print_other_gradients(std::ostream& out, const Case& c, const by_hand::Result& hand, const OnTape& tape);
/// The sentence under a table of gradients.
void print_agreement(std::ostream& out, const Agreement& agreement);

}  // namespace derivations
