// MEAN over any axes.

#include "nn_rounding.h"
#include "nn_walk.h"

#define LAST (NN_KERNEL_RANK - 1)

static int32_t sum_s8(const nn_mean_t *mean, const int8_t *input) {
    int32_t index[NN_OUTER_AXES] = { 0 };
    int32_t offset = 0;
    int32_t sum = 0;
    for (int32_t rows = nn_outer_count(mean->reduce); rows > 0; --rows) {
        const int8_t *from = input + offset;
        for (int32_t i = 0; i < mean->reduce[LAST]; ++i) {
            sum += from[i * mean->reduce_stride[LAST]];
        }
        nn_walk(mean->reduce, index, mean->reduce_stride, &offset);
    }
    return sum;
}

static float sum_f32(const nn_mean_t *mean, const float *input) {
    int32_t index[NN_OUTER_AXES] = { 0 };
    int32_t offset = 0;
    float sum = 0.0f;
    for (int32_t rows = nn_outer_count(mean->reduce); rows > 0; --rows) {
        const float *from = input + offset;
        for (int32_t i = 0; i < mean->reduce[LAST]; ++i) {
            sum += from[i * mean->reduce_stride[LAST]];
        }
        nn_walk(mean->reduce, index, mean->reduce_stride, &offset);
    }
    return sum;
}

static int8_t finish_s8(const nn_mean_quant_t *quant, int32_t sum, int32_t count) {
    int32_t value = nn_requantise(sum - quant->input_zero_point * count,
        quant->scale.multiplier, quant->scale.shift);
    return (int8_t)nn_clamp(nn_wrapping_add(value, quant->output_zero_point), INT8_MIN,
        INT8_MAX);
}

void nn_mean_s8(const nn_mean_quant_t *quant, const nn_mean_t *mean, const int8_t *input,
    int8_t *output) {
    int32_t index[NN_OUTER_AXES] = { 0 };
    int32_t offset = 0;
    for (int32_t rows = nn_outer_count(mean->keep); rows > 0; --rows) {
        for (int32_t i = 0; i < mean->keep[LAST]; ++i) {
            const int8_t *from = input + offset + i * mean->keep_stride[LAST];
            *output++ = finish_s8(quant, sum_s8(mean, from), mean->count);
        }
        nn_walk(mean->keep, index, mean->keep_stride, &offset);
    }
}

void nn_mean_f32(const nn_mean_t *mean, const float *input, float *output) {
    int32_t index[NN_OUTER_AXES] = { 0 };
    int32_t offset = 0;
    for (int32_t rows = nn_outer_count(mean->keep); rows > 0; --rows) {
        for (int32_t i = 0; i < mean->keep[LAST]; ++i) {
            const float *from = input + offset + i * mean->keep_stride[LAST];
            *output++ = sum_f32(mean, from) / (float)mean->count;
        }
        nn_walk(mean->keep, index, mean->keep_stride, &offset);
    }
}
