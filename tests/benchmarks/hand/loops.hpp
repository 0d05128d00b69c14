// The loops of hand-written BPTT that the library has no kernel for, because on a tape they are other things: rows
// gathered and given a bias in one pass, tanh' and the bias's gradient in one, all gates of an LSTM in one each way. On
// the library's own lanes.
#pragma once
#include <xgrad/ops/kernels/rows.hpp>

namespace hand {

using xgrad::Index;
using xgrad::Size;
using xgrad::kernels::scatter_rows;

/// out[r] = table[ids[r]] + bias; rows of n.
template <class T>
void gather_rows(Index rows, Index n, const T* table, const Index* ids, const T* bias, T* out);

/// out += the sum of x's rows.
template <class T>
void add_rows(Index rows, Index n, const T* x, T* out);

/// h = tanh(a): da = dh (1 - h^2), in place, and bias_bar += the sum of da's rows.
template <class T>
void tanh_backward(Index rows, Index n, const T* h, T* dh, T* bias_bar);

/// One step of an LSTM from gates (rows, 4H) = x W_ih + h W_hh + b, side by side i, f, g, o. They are replaced by
/// sigmoid(i), sigmoid(f), tanh(g), sigmoid(o); c, tanh_c and h (rows, H) are assigned.
template <class T>
void lstm_forward(Index rows, Index hidden, T* gates, const T* c_before, T* c, T* tanh_c, T* h);

/// The same backward, from the gradient of h in two parts, what comes from above and what from the step after. Gates
/// are replaced by the gradients of what they were computed from, bias_bar (4H) gets the sum of those over rows added,
/// and dc, what step t + 1 left, is made what this step leaves to t - 1.
template <class T>
void lstm_backward(Index rows, Index hidden, T* gates, const T* c_before, const T* tanh_c, const T* dh,
                   const T* dh_after, T* dc, T* bias_bar);

}  // namespace hand
