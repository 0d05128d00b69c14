// The loops of hand-written BPTT that the library has no kernel for, because on a tape they are other things: rows
// gathered and given a bias in one pass, all gates of an LSTM in one pass each way, clipping and updating in one.
// Compiled for the processor of this machine (CMakeLists.txt), on the library's own lanes.
#pragma once
#include <xgrad/autograd/core/shape.hpp>

namespace hand {

using xgrad::Index;
using xgrad::Size;

/// out[r] = table[ids[r]] + bias; rows of n.
template <class T>
void gather_rows(Index rows, Index n, const T* table, const Index* ids, const T* bias, T* out);

/// table[ids[r]] += x[r]; rows of n.
template <class T>
void scatter_rows(Index rows, Index n, const T* x, const Index* ids, T* table);

/// out[r] = bias; rows of n.
template <class T>
void fill_rows(Index rows, Index n, const T* bias, T* out);

/// out += the sum of x's rows.
template <class T>
void add_rows(Index rows, Index n, const T* x, T* out);

/// y (columns, rows) = x (rows, columns) transposed.
template <class T>
void transpose(Index rows, Index columns, const T* x, T* y);

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

/// out += a, n elements.
template <class T>
void add(Size n, const T* a, T* out);

/// With g limited to [-bound, bound], which is not written back: m += g^2, w -= rate g / sqrt(m + eps).
template <class T>
void clip_and_adagrad(Size n, T bound, T rate, T eps, const T* g, T* m, T* w);

/// With g limited in the same way: m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2, w -= rate m / (sqrt(v) + eps):
/// Kingma and Ba's Adam (arXiv 1412.6980), with both corrections of the bias in `rate` and `eps` (their section 2, last
/// lines).
template <class T>
void clip_and_adam(Size n, T bound, T rate, T b1, T b2, T eps, const T* g, T* m, T* v, T* w);

}  // namespace hand
