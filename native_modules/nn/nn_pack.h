// Which ops' weights are packed, and into how many bytes.

#ifndef NN_PACK_H
#define NN_PACK_H

#include "nn_model.h"

// After prepare: the bytes that packing all weights would take.
uint32_t nn_count_packed(const nn_model_t *model);

#endif // NN_PACK_H
