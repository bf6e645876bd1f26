// ADD and MUL of int8, element by element, where neither input is repeated along an axis.
//
// As for layers with weights, what comes out is what the general kernels give, bit for bit.

#ifndef NN_ELEMENTS_H
#define NN_ELEMENTS_H

#include <stdbool.h>

#include "../nn_kernels.h"

typedef void (*nn_elements_run_t)(const nn_range_s8_t *clamp,
    const nn_arithmetic_quant_t *quant, int32_t count, const int8_t *one, const int8_t *two,
    int8_t *output);

// The kernel for such inputs, or NULL: where one is repeated, or where the output's scale is
// outside of what fast kernels take (2^-23 <= scale < 1/2, for ADD with its headroom in it).
nn_elements_run_t nn_fast_add(const nn_arithmetic_quant_t *quant, const nn_broadcast_t *shape);
nn_elements_run_t nn_fast_mul(const nn_arithmetic_quant_t *quant, const nn_broadcast_t *shape);

// How the terms of a sum are scaled, in fixed point with 20 bits of headroom. The input of the
// larger scale counts half, and so is only shifted. Of the other one, twice its value with the
// headroom, value * factor + start, is multiplied, rounded to the high word, then rounded again:
// (high + (high < 0 ? -1 : 0) + half) >> right. One that counts half as well comes out exactly.
typedef struct _nn_sum_t {
    const int8_t *halved, *scaled;
    int32_t halved_start;
    int32_t factor, start, multiplier, half, right;
} nn_sum_t;

#define NN_SUM_HALVED_FACTOR (INT32_C(1) << 19)

static inline nn_sum_t nn_make_sum(const nn_arithmetic_quant_t *quant, const int8_t *one,
    const int8_t *two) {
    // A scale of at least 1/2 is 1/2: multiplier 2^30, shift 0.
    bool is_one = quant->one.shift == 0;
    const nn_scale_t *scale = is_one ? &quant->two : &quant->one;
    int32_t halved_offset = is_one ? quant->offset_one : quant->offset_two;
    int32_t scaled_offset = is_one ? quant->offset_two : quant->offset_one;
    int32_t right = scale->shift == 0 ? 1 : -scale->shift;
    int32_t factor = INT32_C(1) << (scale->shift == 0 ? 22 : 21);
    return (nn_sum_t) {
        .halved = is_one ? one : two, .scaled = is_one ? two : one,
        .halved_start = halved_offset * NN_SUM_HALVED_FACTOR,
        .factor = factor, .start = scaled_offset * factor, .multiplier = scale->multiplier,
        .half = INT32_C(1) << (right - 1), .right = right,
    };
}

#endif // NN_ELEMENTS_H
