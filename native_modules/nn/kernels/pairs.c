// Ops on two inputs with broadcasting: MAXIMUM, MINIMUM, comparisons, PRELU.
//
// One walk over all axes but the last serves them all; each brings a function
// for one run of the last axis.

#include <stdbool.h>

#include "nn_group_kernels.h"
#include "nn_rounding.h"
#include "nn_walk.h"

#define LAST (NN_KERNEL_RANK - 1)
#define COMPARE_LEFT_SHIFT (8) // headroom that int8 inputs are scaled up by

void nn_each_run(const nn_broadcast_t *shape, int32_t input_bytes, int32_t output_bytes,
    nn_run_function_t function, const void *context, const nn_run_t *whole) {
    int32_t index_one[NN_OUTER_AXES] = { 0 };
    int32_t index_two[NN_OUTER_AXES] = { 0 };
    int32_t offset_one = 0, offset_two = 0;
    nn_run_t run = *whole;
    run.step_one = shape->stride_one[LAST];
    run.step_two = shape->stride_two[LAST];
    run.count = shape->dims[LAST];
    for (int32_t rows = nn_outer_count(shape->dims); rows > 0; --rows) {
        run.one = (const uint8_t *)whole->one + (size_t)offset_one * (size_t)input_bytes;
        run.two = (const uint8_t *)whole->two + (size_t)offset_two * (size_t)input_bytes;
        function(context, &run);
        run.output = (uint8_t *)run.output + (size_t)run.count * (size_t)output_bytes;
        nn_walk(shape->dims, index_one, shape->stride_one, &offset_one);
        nn_walk(shape->dims, index_two, shape->stride_two, &offset_two);
    }
}

// A function over one run: `a` and `b` are the elements, `value` what is written.
#define RUN_FUNCTION(name, type, output_type, value) \
    void name(const void *context, const nn_run_t *run) { \
        const type *one = run->one, *two = run->two; \
        output_type *output = run->output; \
        (void)context; \
        for (int32_t i = 0; i < run->count; ++i) { \
            const type a = one[i * run->step_one], b = two[i * run->step_two]; \
            output[i] = (value); \
        } \
    }

RUN_FUNCTION(nn_run_of_maximum_f32, float, float, a > b ? a : b)
RUN_FUNCTION(nn_run_of_maximum_s8, int8_t, int8_t, a > b ? a : b)
RUN_FUNCTION(nn_run_of_minimum_f32, float, float, a < b ? a : b)
RUN_FUNCTION(nn_run_of_minimum_s8, int8_t, int8_t, a < b ? a : b)

// --- comparisons

static inline uint8_t is_true(const nn_compare_t *compare, bool less, bool equal, bool greater) {
    uint32_t outcome = less ? NN_IS_LESS : equal ? NN_IS_EQUAL
        : greater ? NN_IS_GREATER : NN_IS_UNORDERED;
    return (compare->outcomes & outcome) != 0;
}

static inline int32_t scaled(int32_t centred, const nn_scale_t *scale) {
    return nn_requantise(centred * (1 << COMPARE_LEFT_SHIFT), scale->multiplier, scale->shift);
}

static inline uint8_t compare_s8(const nn_compare_t *compare, int32_t a, int32_t b) {
    int32_t one = scaled(a + compare->offset_one, &compare->one);
    int32_t two = scaled(b + compare->offset_two, &compare->two);
    return is_true(compare, one < two, one == two, one > two);
}

RUN_FUNCTION(nn_run_of_compare_f32, float, uint8_t, is_true(context, a < b, a == b, a > b))
RUN_FUNCTION(nn_run_of_compare_s32, int32_t, uint8_t, is_true(context, a < b, a == b, a > b))
RUN_FUNCTION(nn_run_of_compare_s8, int8_t, uint8_t, compare_s8(context, a, b))
// Any byte that is not 0 is true.
RUN_FUNCTION(nn_run_of_compare_bool, uint8_t, uint8_t,
    is_true(context, !a && b, !a == !b, a && !b))

// --- PRELU: input times alpha where the input is below 0

static inline int8_t prelu_s8(const nn_prelu_quant_t *quant, int32_t a, int32_t b) {
    int32_t centred = a + quant->offset_input;
    int32_t value = centred >= 0
        ? nn_requantise(centred, quant->positive.multiplier, quant->positive.shift)
        : nn_requantise(centred * (b + quant->offset_alpha), quant->negative.multiplier,
            quant->negative.shift);
    return (int8_t)nn_clamp(nn_wrapping_add(value, quant->output_offset), INT8_MIN, INT8_MAX);
}

RUN_FUNCTION(nn_run_of_prelu_f32, float, float, a >= 0.0f ? a : a * b)
RUN_FUNCTION(nn_run_of_prelu_s8, int8_t, int8_t, prelu_s8(context, a, b))
