// Weights packed in the order in which packed.c reads them.

#ifndef NN_FAST_PACKED_H
#define NN_FAST_PACKED_H

#include "nn_fast_steps.h"

typedef struct _nn_packed_t {
    const uint32_t *stream, *end;
    int32_t padded; // products in a sum, up to a multiple of four
} nn_packed_t;

// Of a layer whose weights are packed.
nn_packed_t nn_open_packed(const nn_conv_layer_t *layer);

// All channels that vary of two laid-out pixels, the second of which may be the first.
void nn_run_packed(const nn_packed_t *packed, const nn_laid_t *laid_out, int8_t *output,
    int8_t *second);

#endif // NN_FAST_PACKED_H
