// ADD and MUL of int8 without broadcasting: which kernel runs, and those for any processor.

#include "nn_elements.h"

#include "../avx2/nn_avx2.h"
#include "../mve/nn_mve.h"
#include "nn_fast_steps.h"

#define LAST (NN_KERNEL_RANK - 1)
#define MOST_RIGHT (22) // with it, twice the output's offset and a half stay below 2^30

#if defined(NN_HAS_FAST) && !defined(NN_HAS_MVE)

static void add_s8(const nn_range_s8_t *clamp, const nn_arithmetic_quant_t *quant, int32_t count,
    const int8_t *one, const int8_t *two, int8_t *output) {
    const nn_sum_t sum = nn_make_sum(quant, one, two);
    const int32_t multiplier = quant->output.multiplier, shift = -1 - quant->output.shift;
    const int32_t half = nn_shift_left(2 * quant->output_offset + 1, shift);
    for (int32_t i = 0; i < count; ++i) {
        int32_t high = nn_high(sum.scaled[i] * sum.factor + sum.start, sum.multiplier);
        int32_t scaled = (high + (high >> 31) + sum.half) >> sum.right;
        int32_t halved = sum.halved[i] * NN_SUM_HALVED_FACTOR + sum.halved_start;
        output[i] = nn_finish(halved + scaled, multiplier, shift, half);
    }
    nn_fast_narrow(clamp, count, output);
}

static void mul_s8(const nn_range_s8_t *clamp, const nn_arithmetic_quant_t *quant, int32_t count,
    const int8_t *one, const int8_t *two, int8_t *output) {
    const int32_t multiplier = quant->output.multiplier, shift = -1 - quant->output.shift;
    const int32_t half = nn_shift_left(2 * quant->output_offset + 1, shift);
    const int32_t offset_one = quant->offset_one, offset_two = quant->offset_two;
    for (int32_t i = 0; i < count; ++i) {
        int32_t product = (one[i] + offset_one) * (two[i] + offset_two);
        output[i] = nn_finish(product, multiplier, shift, half);
    }
    nn_fast_narrow(clamp, count, output);
}

#endif // NN_HAS_FAST

static bool is_taken(const nn_arithmetic_quant_t *quant, const nn_broadcast_t *shape) {
    for (int32_t axis = 0; axis < LAST; ++axis) {
        if (shape->dims[axis] != 1) {
            return false;
        }
    }
    int32_t right = -quant->output.shift;
    return shape->stride_one[LAST] == 1 && shape->stride_two[LAST] == 1 && right >= 1
           && right <= MOST_RIGHT;
}

nn_elements_run_t nn_fast_add(const nn_arithmetic_quant_t *quant, const nn_broadcast_t *shape) {
    nn_elements_run_t run = NULL;
    #if defined(NN_HAS_MVE)
    run = nn_mve_add_s8;
    #elif defined(NN_HAS_FAST)
    run = add_s8;
    #elif defined(NN_HAS_AVX2)
    run = !NN_PORTABLE && nn_is_avx2() ? nn_avx2_add_s8 : NULL;
    #endif
    return run != NULL && is_taken(quant, shape) ? run : NULL;
}

nn_elements_run_t nn_fast_mul(const nn_arithmetic_quant_t *quant, const nn_broadcast_t *shape) {
    nn_elements_run_t run = NULL;
    #if defined(NN_HAS_MVE)
    run = nn_mve_mul_s8;
    #elif defined(NN_HAS_FAST)
    run = mul_s8;
    #elif defined(NN_HAS_AVX2)
    run = !NN_PORTABLE && nn_is_avx2() ? nn_avx2_mul_s8 : NULL;
    #endif
    return run != NULL && is_taken(quant, shape) ? run : NULL;
}
