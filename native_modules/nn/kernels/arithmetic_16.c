// ADD, SUB and MUL of int16, element by element, with broadcasting.

#include "nn_kernels_16.h"
#include "nn_rounding.h"
#include "nn_walk.h"

#define ADD_LEFT_SHIFT (15) // headroom that both inputs are scaled up by

static inline int32_t scale_up(int32_t value, const nn_scale_t *scale) {
    return nn_requantise(value * (INT32_C(1) << ADD_LEFT_SHIFT), scale->multiplier, scale->shift);
}

static inline int16_t finish(const nn_range_s8_t *clamp, const nn_arithmetic_quant_t *quant,
    int32_t value) {
    return (int16_t)nn_clamp(nn_requantise(value, quant->output.multiplier, quant->output.shift),
        clamp->low, clamp->high);
}

void nn_add_s16(const nn_range_s8_t *clamp, const nn_arithmetic_quant_t *quant,
    const nn_broadcast_t *shape, const int16_t *one, const int16_t *two, int16_t *output) {
    NN_FOR_EACH_ROW(shape, int16_t, one, two, output, {
        for (int32_t i = 0; i < count; ++i) {
            output[i] = finish(clamp, quant, scale_up(a[i * step_a], &quant->one)
                + scale_up(b[i * step_b], &quant->two));
        }
    });
}

void nn_sub_s16(const nn_range_s8_t *clamp, const nn_arithmetic_quant_t *quant,
    const nn_broadcast_t *shape, const int16_t *one, const int16_t *two, int16_t *output) {
    NN_FOR_EACH_ROW(shape, int16_t, one, two, output, {
        for (int32_t i = 0; i < count; ++i) {
            output[i] = finish(clamp, quant, scale_up(a[i * step_a], &quant->one)
                - scale_up(b[i * step_b], &quant->two));
        }
    });
}

void nn_mul_s16(const nn_range_s8_t *clamp, const nn_arithmetic_quant_t *quant,
    const nn_broadcast_t *shape, const int16_t *one, const int16_t *two, int16_t *output) {
    NN_FOR_EACH_ROW(shape, int16_t, one, two, output, {
        for (int32_t i = 0; i < count; ++i) {
            output[i] = finish(clamp, quant, a[i * step_a] * b[i * step_b]);
        }
    });
}
