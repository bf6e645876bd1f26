// The plan of the arena that a file may bring along, as TensorFlow Lite Micro reads it.
//
// It is metadata named "OfflineMemoryAllocation", whose buffer holds int32s: version,
// subgraph, number of tensors, and each tensor's offset in the arena. It may lie: it
// is taken only if it keeps every rule that nn_plan.c keeps, and needs no more than what
// was planned here; else it counts for nothing.

#ifndef NN_STORED_PLAN_H
#define NN_STORED_PLAN_H

#include "nn_reader.h"

// The content of metadata by its name, none where there is none. `file` is the caller's own, so that
// what is broken there spoils nothing else.
nn_vector_t nn_find_metadata(const nn_model_t *model, nn_flatbuffer_t *file, const char *wanted,
    uint32_t wanted_bytes);

// Moves the placed tensors to where the file has them, if that is allowed and no worse.
void nn_take_stored_plan(nn_model_t *model);

#endif // NN_STORED_PLAN_H
