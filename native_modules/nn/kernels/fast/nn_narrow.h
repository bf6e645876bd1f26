// The clamp of layers whose kernels saturate to int8 as they go.

#ifndef NN_NARROW_H
#define NN_NARROW_H

#include "../nn_kernels.h"

// Kernels clamp to int8 as they go; a narrower range takes a second look at the output.
static inline void nn_fast_narrow(const nn_range_s8_t *clamp, int32_t count, int8_t *output) {
    if (clamp->low > INT8_MIN || clamp->high < INT8_MAX) {
        for (int32_t i = 0; i < count; ++i) {
            int32_t value = output[i] < clamp->low ? clamp->low : output[i];
            output[i] = (int8_t)(value > clamp->high ? clamp->high : value);
        }
    }
}

#endif // NN_NARROW_H
