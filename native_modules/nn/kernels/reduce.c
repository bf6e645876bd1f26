// MEAN, SUM and REDUCE_MAX over any axes; ARG_MAX and ARG_MIN over one.

#include <stddef.h>

#include "nn_group_kernels.h"
#include "nn_kernels_16.h"
#include "nn_rounding.h"
#include "nn_walk.h"

#define LAST (NN_KERNEL_RANK - 1)

// What becomes of the elements that reduce to one, from `first` on; in `step`
// `result` is what came so far and `value` the next element.
#define REDUCTION(name, type, result_type, start, step) \
    static result_type name(const nn_mean_t *mean, const type *first) { \
        int32_t index[NN_OUTER_AXES] = { 0 }; \
        int32_t offset = 0; \
        result_type result = (start); \
        for (int32_t rows = nn_outer_count(mean->reduce); rows > 0; --rows) { \
            for (int32_t i = 0; i < mean->reduce[LAST]; ++i) { \
                const type value = first[offset + i * mean->reduce_stride[LAST]]; \
                result = (step); \
            } \
            nn_walk(mean->reduce, index, mean->reduce_stride, &offset); \
        } \
        return result; \
    }

REDUCTION(sum_s8, int8_t, int32_t, 0, result + value)
REDUCTION(sum_s16, int16_t, int32_t, 0, result + value)
REDUCTION(sum_f32, float, float, 0.0f, result + value)
REDUCTION(largest_s8, int8_t, int8_t, first[0], value > result ? value : result)
REDUCTION(largest_f32, float, float, first[0], value > result ? value : result)

// For every output: `from` points at the first of its elements.
#define FOR_EACH_OUTPUT(mean, type, input, result) \
    do { \
        int32_t index[NN_OUTER_AXES] = { 0 }; \
        int32_t offset = 0; \
        for (int32_t rows = nn_outer_count((mean)->keep); rows > 0; --rows) { \
            for (int32_t i = 0; i < (mean)->keep[LAST]; ++i) { \
                const type *from = (input) + offset + i * (mean)->keep_stride[LAST]; \
                *output++ = (result); \
            } \
            nn_walk((mean)->keep, index, (mean)->keep_stride, &offset); \
        } \
    } while (0)

static int8_t finish_s8(const nn_mean_quant_t *quant, int32_t sum, int32_t count) {
    int32_t value = nn_requantise(sum - quant->input_zero_point * count,
        quant->scale.multiplier, quant->scale.shift);
    return (int8_t)nn_clamp(nn_wrapping_add(value, quant->output_zero_point), INT8_MIN,
        INT8_MAX);
}

void nn_mean_s8(const nn_mean_quant_t *quant, const nn_mean_t *mean, const int8_t *input,
    int8_t *output) {
    FOR_EACH_OUTPUT(mean, int8_t, input, finish_s8(quant, sum_s8(mean, from), mean->count));
}

void nn_mean_s16(const nn_mean_quant_t *quant, const nn_mean_t *mean, const int16_t *input,
    int16_t *output) {
    FOR_EACH_OUTPUT(mean, int16_t, input, (int16_t)nn_clamp(nn_requantise(sum_s16(mean, from),
        quant->scale.multiplier, quant->scale.shift), INT16_MIN, INT16_MAX));
}

void nn_mean_f32(const nn_mean_t *mean, const float *input, float *output) {
    FOR_EACH_OUTPUT(mean, float, input, sum_f32(mean, from) / (float)mean->count);
}

void nn_sum_f32(const nn_mean_t *mean, const float *input, float *output) {
    FOR_EACH_OUTPUT(mean, float, input, sum_f32(mean, from));
}

void nn_largest_s8(const nn_mean_t *mean, const int8_t *input, int8_t *output) {
    FOR_EACH_OUTPUT(mean, int8_t, input, largest_s8(mean, from));
}

void nn_largest_f32(const nn_mean_t *mean, const float *input, float *output) {
    FOR_EACH_OUTPUT(mean, float, input, largest_f32(mean, from));
}

// --- ARG_MAX, ARG_MIN: of equal ones the first

#define EXTREME_PLACE(name, type) \
    static int32_t name(const nn_extreme_t *extreme, const type *from) { \
        type best = from[0]; \
        int32_t place = 0; \
        for (int32_t i = 1; i < extreme->length; ++i) { \
            type value = from[(ptrdiff_t)i * extreme->inner]; \
            if (extreme->largest ? value > best : value < best) { \
                best = value; \
                place = i; \
            } \
        } \
        return place; \
    }

EXTREME_PLACE(place_s8, int8_t)
EXTREME_PLACE(place_f32, float)

void nn_extreme_s8(const nn_extreme_t *extreme, const int8_t *input, int32_t *output) {
    for (int32_t row = 0; row < extreme->rows; ++row) {
        for (int32_t i = 0; i < extreme->inner; ++i) {
            *output++ = place_s8(extreme, input + i);
        }
        input += (ptrdiff_t)extreme->length * extreme->inner;
    }
}

void nn_extreme_f32(const nn_extreme_t *extreme, const float *input, int32_t *output) {
    for (int32_t row = 0; row < extreme->rows; ++row) {
        for (int32_t i = 0; i < extreme->inner; ++i) {
            *output++ = place_f32(extreme, input + i);
        }
        input += (ptrdiff_t)extreme->length * extreme->inner;
    }
}
