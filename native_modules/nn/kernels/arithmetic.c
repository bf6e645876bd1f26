// ADD, SUB and MUL, element by element, with broadcasting.

#include "nn_rounding.h"
#include "nn_walk.h"

#define ADD_LEFT_SHIFT (20) // headroom that both inputs are scaled up by

void nn_add_f32(const nn_range_f32_t *clamp, const nn_broadcast_t *shape, const float *one,
    const float *two, float *output) {
    NN_FOR_EACH_ROW(shape, float, one, two, output, {
        for (int32_t i = 0; i < count; ++i) {
            output[i] = nn_clamp_one_f32(a[i * step_a] + b[i * step_b], clamp);
        }
    });
}

void nn_sub_f32(const nn_range_f32_t *clamp, const nn_broadcast_t *shape, const float *one,
    const float *two, float *output) {
    NN_FOR_EACH_ROW(shape, float, one, two, output, {
        for (int32_t i = 0; i < count; ++i) {
            output[i] = nn_clamp_one_f32(a[i * step_a] - b[i * step_b], clamp);
        }
    });
}

void nn_mul_f32(const nn_range_f32_t *clamp, const nn_broadcast_t *shape, const float *one,
    const float *two, float *output) {
    NN_FOR_EACH_ROW(shape, float, one, two, output, {
        for (int32_t i = 0; i < count; ++i) {
            output[i] = nn_clamp_one_f32(a[i * step_a] * b[i * step_b], clamp);
        }
    });
}

static inline int32_t scale_up(int32_t value, const nn_scale_t *scale) {
    return nn_requantise(value * (INT32_C(1) << ADD_LEFT_SHIFT), scale->multiplier,
        scale->shift);
}

static inline int8_t finish_sum(const nn_range_s8_t *clamp, const nn_arithmetic_quant_t *quant,
    int32_t sum) {
    int32_t value = quant->output_offset
        + nn_requantise(sum, quant->output.multiplier, quant->output.shift);
    return (int8_t)nn_clamp(value, clamp->low, clamp->high);
}

void nn_add_s8(const nn_range_s8_t *clamp, const nn_arithmetic_quant_t *quant,
    const nn_broadcast_t *shape, const int8_t *one, const int8_t *two, int8_t *output) {
    NN_FOR_EACH_ROW(shape, int8_t, one, two, output, {
        for (int32_t i = 0; i < count; ++i) {
            int32_t sum = scale_up(a[i * step_a] + quant->offset_one, &quant->one)
                + scale_up(b[i * step_b] + quant->offset_two, &quant->two);
            output[i] = finish_sum(clamp, quant, sum);
        }
    });
}

void nn_sub_s8(const nn_range_s8_t *clamp, const nn_arithmetic_quant_t *quant,
    const nn_broadcast_t *shape, const int8_t *one, const int8_t *two, int8_t *output) {
    NN_FOR_EACH_ROW(shape, int8_t, one, two, output, {
        for (int32_t i = 0; i < count; ++i) {
            int32_t sum = scale_up(a[i * step_a] + quant->offset_one, &quant->one)
                - scale_up(b[i * step_b] + quant->offset_two, &quant->two);
            output[i] = finish_sum(clamp, quant, sum);
        }
    });
}

void nn_mul_s8(const nn_range_s8_t *clamp, const nn_arithmetic_quant_t *quant,
    const nn_broadcast_t *shape, const int8_t *one, const int8_t *two, int8_t *output) {
    NN_FOR_EACH_ROW(shape, int8_t, one, two, output, {
        for (int32_t i = 0; i < count; ++i) {
            int32_t product = (a[i * step_a] + quant->offset_one)
                * (b[i * step_b] + quant->offset_two);
            int32_t value = nn_wrapping_add(quant->output_offset,
                nn_requantise(product, quant->output.multiplier, quant->output.shift));
            output[i] = (int8_t)nn_clamp(value, clamp->low, clamp->high);
        }
    });
}
