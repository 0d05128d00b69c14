// Layers, the character RNN, and what trains them.
#pragma once
#include "../ops/ops.hpp"
#include "char_rnn.hpp"
#include "checkpoint/safetensors.hpp"
#include "checkpoint/weights.hpp"
#include "layers/gated_cells.hpp"
#include "layers/init.hpp"
#include "layers/layers.hpp"
#include "module.hpp"
#include "optim/optim.hpp"
#include "sampler.hpp"
#include "text/vocabulary.hpp"
#include "text/windows.hpp"
