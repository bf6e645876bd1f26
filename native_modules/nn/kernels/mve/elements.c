// ADD and MUL of int8 by vectors: four elements at once.
//
// Loops are in assembly for the same reason as those of nn_mve_steps.h; only the first eight registers
// can say where bytes are that become words.

#include "nn_mve.h"

#ifdef NN_HAS_MVE

#include "../fast/nn_elements.h"
#include "nn_mve_steps.h"

// What a sum or product in q0 becomes, by way of q2.
#define FINISH \
    "vqrdmulh.s32 q0, q0, %[multiplier]\n" \
    "vshr.s32 q2, q0, #31\n" \
    "vadd.i32 q0, q0, q2\n" \
    "vrshl.s32 q0, %[shift]\n" \
    "vadd.i32 q0, q0, %[offset]\n" \
    "vmax.s32 q0, q0, %q[low]\n" \
    "vmin.s32 q0, q0, %q[high]\n" \
    "vstrb.32 q0, [%[output]], #4\n"

void nn_mve_add_s8(const nn_range_s8_t *clamp, const nn_arithmetic_quant_t *quant, int32_t count,
    const int8_t *one, const int8_t *two, int8_t *output) {
    nn_sum_t sum = nn_make_sum(quant, one, two);
    // vqrdmulh doubles, so that half of the factor is enough.
    int32x4_t factor = vdupq_n_s32(sum.factor / 2);
    int32x4_t halved_factor = vdupq_n_s32(NN_SUM_HALVED_FACTOR);
    __asm__ volatile (
        "dlstp.32 lr, %[count]\n"
        "1:\n"
        "vldrb.s32 q1, [%[scaled]], #4\n"
        "vldrb.s32 q0, [%[halved]], #4\n"
        "vmlas.s32 q1, %q[factor], %[start]\n"
        "vqrdmulh.s32 q1, q1, %[scaled_multiplier]\n"
        "vmlas.s32 q0, %q[halved_factor], %[halved_start]\n"
        "vshr.s32 q2, q1, #31\n"
        "vadd.i32 q1, q1, q2\n"
        "vrshl.s32 q1, %[scaled_shift]\n"
        "vadd.i32 q0, q0, q1\n"
        FINISH
        "letp lr, 1b\n"
        : [halved] "+l" (sum.halved), [scaled] "+l" (sum.scaled), [output] "+l" (output)
        : [count] "r" (count), [factor] "w" (factor), [halved_factor] "w" (halved_factor),
        [start] "r" (sum.start / 2), [halved_start] "r" (sum.halved_start),
        [scaled_multiplier] "r" (sum.multiplier), [scaled_shift] "r" (-sum.right),
        [multiplier] "r" (quant->output.multiplier), [shift] "r" (quant->output.shift),
        [offset] "r" (quant->output_offset), [low] "w" (vdupq_n_s32(clamp->low)),
        [high] "w" (vdupq_n_s32(clamp->high))
        : NN_MVE_CLOBBERS);
}

void nn_mve_mul_s8(const nn_range_s8_t *clamp, const nn_arithmetic_quant_t *quant, int32_t count,
    const int8_t *one, const int8_t *two, int8_t *output) {
    __asm__ volatile (
        "dlstp.32 lr, %[count]\n"
        "1:\n"
        "vldrb.s32 q0, [%[one]], #4\n"
        "vldrb.s32 q1, [%[two]], #4\n"
        "vadd.i32 q0, q0, %[offset_one]\n"
        "vadd.i32 q1, q1, %[offset_two]\n"
        "vmul.i32 q0, q0, q1\n"
        FINISH
        "letp lr, 1b\n"
        : [one] "+l" (one), [two] "+l" (two), [output] "+l" (output)
        : [count] "r" (count), [offset_one] "r" (quant->offset_one),
        [offset_two] "r" (quant->offset_two), [multiplier] "r" (quant->output.multiplier),
        [shift] "r" (quant->output.shift), [offset] "r" (quant->output_offset),
        [low] "w" (vdupq_n_s32(clamp->low)), [high] "w" (vdupq_n_s32(clamp->high))
        : NN_MVE_CLOBBERS);
}

#endif // NN_HAS_MVE
