// When each tensor lives, and where in the arena it lies.
//
// The algorithm is part of the Rune format's contract, since the host computes the
// same number (host/runicd/model/arena.py); docs/nn.md tells it whole. Steps count
// time: at step 0 the caller writes the model's inputs, op i runs at step i + 1, and
// one step after the last op the caller reads the outputs.

#ifndef NN_PLAN_H
#define NN_PLAN_H

#include "nn_reader.h"

// Lifetimes; refuses an op that reads what nothing has written, and anything
// that is written twice.
bool nn_plan_lifetimes(nn_model_t *model);

// Offsets of tensors, and arena_bytes. False when the arena would pass 2^31 bytes.
bool nn_plan_arena(nn_model_t *model);

// Where an op's scratch lies, the same each time; arena_bytes grows to hold it.
bool nn_plan_scratch(nn_model_t *model, uint32_t op_index, uint32_t bytes, uint32_t *offset);

#endif // NN_PLAN_H
