// Some of a model's ops, run strip by strip: a few rows of an image at a time.
//
// Metadata of the name RunicStrips asks for it: int32s, namely version 1, the first op, the op
// behind the last, and how many rows of the last one's output a strip makes. Between the two, each
// op's output is kept only as far as ops of the next strip read it again, so that no row is
// computed twice and no tensor is there as a whole but the one that comes in and the one that goes
// out. Metadata that does not hold counts for nothing. host/runicd/model/strips.py has the same
// rules; docs/nn.md tells them.

#ifndef NN_STRIPS_H
#define NN_STRIPS_H

#include "nn_reader.h"

// Bytes of the model's table that the metadata asks for, 0 without. The file's frame has been read.
uint32_t nn_strips_bytes(nn_model_t *model);

// Reads the metadata into that memory, works out how many rows are kept, and changes sizes of
// tensors. Lifetimes were planned, the arena was not.
void nn_plan_strips(nn_model_t *model, void *memory);

// Lets tensors that strips read and write live from the first of these ops to the last.
void nn_live_through_strips(nn_model_t *model);

// Whether op `index` is the first of those that run in strips.
bool nn_strips_begin(const nn_model_t *model, uint32_t index);

// Runs them, each by `run`; returns the index of the op behind them.
uint32_t nn_run_strips(const nn_model_t *model, void (*run)(nn_op_t *op, void *context),
    void *context);

#endif // NN_STRIPS_H
