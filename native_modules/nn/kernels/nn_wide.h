// Sums of 64 bits, which layers of int16 have: products, bias, and how they become an int16.
//
// TensorFlow Lite Micro scales such sums with 16 bits of the multiplier, in one rounding
// (halves towards plus infinity) whatever it does with sums of 32 bits.

#ifndef NN_WIDE_H
#define NN_WIDE_H

#include <string.h>

#include "nn_kernels_16.h"
#include "nn_rounding.h"

#define NN_NARROW_MULTIPLIER_MAX (0x7fff)
#define NN_WIDE_MAX_SHIFT (7) // of a scale for nn_narrow_scale

// A scale as nn_requantise_wide takes it: 15 bits of multiplier, and the shift to the right.
static inline nn_scale_t nn_narrow_scale(nn_scale_t scale) {
    int32_t narrow = scale.multiplier < (NN_NARROW_MULTIPLIER_MAX << 16)
        ? (scale.multiplier + (1 << 15)) >> 16 : NN_NARROW_MULTIPLIER_MAX;
    return (nn_scale_t) { narrow, 15 - scale.shift };
}

// The low 32 bits of what is scaled, as in the reference; sums are meant to stay below 2^47.
static inline int32_t nn_requantise_wide(int64_t value, int32_t multiplier, int32_t right_shift) {
    uint64_t product = (uint64_t)value * (uint64_t)multiplier
        + (UINT64_C(1) << (right_shift - 1));
    return (int32_t)((int64_t)product >> right_shift);
}

// Products of an int16 and an int8 that an int32 holds for certain, and a few less.
#define NN_PRODUCTS_16 (504)

static inline int64_t nn_dot_s16(const int16_t *input, const int8_t *filter, int32_t count) {
    int64_t sum = 0;
    while (count > 0) {
        int32_t piece = count < NN_PRODUCTS_16 ? count : NN_PRODUCTS_16, part = 0;
        for (int32_t i = 0; i < piece; ++i) {
            part += input[i] * filter[i];
        }
        sum += part;
        input += piece;
        filter += piece;
        count -= piece;
    }
    return sum;
}

// A channel's sum with its bias, scaled and clamped.
static inline int16_t nn_finish_s16(const nn_layer_data_16_t *data, int32_t channel, int64_t sum,
    nn_scale_t scale, const nn_range_s8_t *clamp) {
    int32_t value;
    if (data->is_wide) {
        int64_t bias = 0;
        if (data->bias != NULL) {
            memcpy(&bias, (const uint8_t *)data->bias + (size_t)channel * sizeof(bias),
                sizeof(bias));
        }
        sum = (int64_t)((uint64_t)sum + (uint64_t)bias);
        value = nn_requantise_wide(sum, scale.multiplier, scale.shift);
    } else {
        int32_t bias = data->bias == NULL ? 0 : ((const int32_t *)data->bias)[channel];
        value = nn_requantise(nn_wrapping_add((int32_t)sum, bias), scale.multiplier, scale.shift);
    }
    return (int16_t)nn_clamp(value, clamp->low, clamp->high);
}

#endif // NN_WIDE_H
