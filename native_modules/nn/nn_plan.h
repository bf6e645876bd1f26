// When each tensor lives, and where in the arena it lies.
//
// The algorithm is part of the Rune format's contract, since the host computes
// the same number: every tensor that is not constant takes its bytes rounded up
// to 16; the largest is placed first (then the one used first, then the one of
// the lower index), at the lowest offset that is a multiple of 16 and overlaps
// no placed tensor whose lifetime shares an op with its own.

#ifndef NN_PLAN_H
#define NN_PLAN_H

#include "nn_reader.h"

// Lifetimes; refuses an op that reads what nothing has written, and anything
// that is written twice.
bool nn_plan_lifetimes(nn_model_t *model);

// Offsets and arena_bytes. False when the arena would pass 2^31 bytes.
bool nn_plan_arena(nn_model_t *model);

#endif // NN_PLAN_H
