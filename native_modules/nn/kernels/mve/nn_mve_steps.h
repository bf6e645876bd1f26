// The arithmetic of int8 layers by vectors of 16 bytes: sums of products, and what they become.
//
// Loops are in assembly, because compilers know neither the one that leaves out what is behind the
// last element (dlstp, letp) nor how to keep sums in registers with even numbers.

#ifndef NN_MVE_STEPS_H
#define NN_MVE_STEPS_H

#include <arm_mve.h>
#include <stdbool.h>
#include <stdint.h>

// Written before all is read; in a register with an even number.
#define NN_MVE_SUM "=&T" "e"
#define NN_MVE_CLOBBERS "lr", "q0", "q1", "q2", "q3", "cc", "memory"

// Sums of `count` > 0 products of one row of weights and two of inputs: to[0] and to[4].
static inline void nn_mve_dot_2_by_1(const int8_t *x, const int8_t *y, const int8_t *weights,
    int32_t count, int32_t *to) {
    int32_t a, b;
    __asm__ volatile (
        "mov %[a], #0\n"
        "mov %[b], #0\n"
        "dlstp.8 lr, %[count]\n"
        "1:\n"
        "vldrb.8 q0, [%[x]], #16\n"
        "vldrb.8 q2, [%[weights]], #16\n"
        "vmladava.s8 %[a], q0, q2\n"
        "vldrb.8 q1, [%[y]], #16\n"
        "vmladava.s8 %[b], q1, q2\n"
        "letp lr, 1b\n"
        : [a] NN_MVE_SUM (a), [b] NN_MVE_SUM (b), [x] "+r" (x), [y] "+r" (y),
        [weights] "+r" (weights)
        : [count] "r" (count)
        : NN_MVE_CLOBBERS);
    to[0] = a;
    to[4] = b;
}

// The same of two rows of weights: to[0] and to[1], to[4] and to[5].
static inline void nn_mve_dot_2_by_2(const int8_t *x, const int8_t *y, const int8_t *one,
    const int8_t *other, int32_t count, int32_t *to) {
    int32_t a0, a1, b0, b1;
    __asm__ volatile (
        "mov %[a0], #0\n"
        "mov %[a1], #0\n"
        "mov %[b0], #0\n"
        "mov %[b1], #0\n"
        "dlstp.8 lr, %[count]\n"
        "1:\n"
        "vldrb.8 q0, [%[x]], #16\n"
        "vldrb.8 q2, [%[one]], #16\n"
        "vmladava.s8 %[a0], q0, q2\n"
        "vldrb.8 q1, [%[y]], #16\n"
        "vmladava.s8 %[b0], q1, q2\n"
        "vldrb.8 q3, [%[other]], #16\n"
        "vmladava.s8 %[a1], q0, q3\n"
        "vmladava.s8 %[b1], q1, q3\n"
        "letp lr, 1b\n"
        "strd %[a0], %[a1], [%[to]]\n"
        "strd %[b0], %[b1], [%[to], #16]\n"
        : [a0] NN_MVE_SUM (a0), [a1] NN_MVE_SUM (a1), [b0] NN_MVE_SUM (b0), [b1] NN_MVE_SUM (b1),
        [x] "+r" (x), [y] "+r" (y), [one] "+r" (one), [other] "+r" (other)
        : [count] "r" (count), [to] "r" (to)
        : NN_MVE_CLOBBERS);
}

// Sums of (input + offset) * weight for one row of inputs and two of weights: to[0] and to[1].
static inline void nn_mve_dot_1_by_2(const int8_t *x, const int8_t *one, const int8_t *other,
    int32_t count, int32_t offset, int32_t *to) {
    int32_t a, b, a_weights, b_weights;
    __asm__ volatile (
        "mov %[a], #0\n"
        "mov %[b], #0\n"
        "mov %[a_weights], #0\n"
        "mov %[b_weights], #0\n"
        "dlstp.8 lr, %[count]\n"
        "1:\n"
        "vldrb.8 q0, [%[x]], #16\n"
        "vldrb.8 q1, [%[one]], #16\n"
        "vmladava.s8 %[a], q0, q1\n"
        "vldrb.8 q2, [%[other]], #16\n"
        "vaddva.s8 %[a_weights], q1\n"
        "vmladava.s8 %[b], q0, q2\n"
        "vaddva.s8 %[b_weights], q2\n"
        "letp lr, 1b\n"
        "mla %[a], %[offset], %[a_weights], %[a]\n"
        "mla %[b], %[offset], %[b_weights], %[b]\n"
        "strd %[a], %[b], [%[to]]\n"
        : [a] NN_MVE_SUM (a), [b] NN_MVE_SUM (b), [a_weights] NN_MVE_SUM (a_weights),
        [b_weights] NN_MVE_SUM (b_weights), [x] "+r" (x), [one] "+r" (one), [other] "+r" (other)
        : [count] "r" (count), [offset] "r" (offset), [to] "r" (to)
        : NN_MVE_CLOBBERS);
}

// The sum of `count` > 0 numbers.
static inline int32_t nn_mve_sum(const int8_t *from, int32_t count) {
    int32_t sum;
    __asm__ volatile (
        "mov %[sum], #0\n"
        "dlstp.8 lr, %[count]\n"
        "1:\n"
        "vldrb.8 q0, [%[from]], #16\n"
        "vaddva.s8 %[sum], q0\n"
        "letp lr, 1b\n"
        : [sum] NN_MVE_SUM (sum), [from] "+r" (from)
        : [count] "r" (count)
        : NN_MVE_CLOBBERS);
    return sum;
}

// Copies `count` >= 0 bytes; returns where the next go.
static inline int8_t *nn_mve_copy(const int8_t *from, int32_t count, int8_t *to) {
    int8_t *at = to;
    __asm__ volatile (
        "wlstp.8 lr, %[count], 2f\n"
        "1:\n"
        "vldrb.8 q0, [%[from]], #16\n"
        "vstrb.8 q0, [%[at]], #16\n"
        "letp lr, 1b\n"
        "2:\n"
        : [from] "+r" (from), [at] "+r" (at)
        : [count] "r" (count)
        : NN_MVE_CLOBBERS);
    return to + count;
}

static inline int8_t *nn_mve_fill(int32_t value, int32_t count, int8_t *to) {
    int8_t *at = to;
    __asm__ volatile (
        "vdup.8 q0, %[value]\n"
        "wlstp.8 lr, %[count], 2f\n"
        "1:\n"
        "vstrb.8 q0, [%[at]], #16\n"
        "letp lr, 1b\n"
        "2:\n"
        : [at] "+r" (at)
        : [value] "r" (value), [count] "r" (count)
        : NN_MVE_CLOBBERS);
    return to + count;
}

// What becomes of the sums of four channels.
typedef struct _nn_mve_four_t {
    int32x4_t multipliers, half;
    int32x4_t right; // negative: a shift to the right
} nn_mve_four_t;

static inline nn_mve_four_t nn_mve_four(int32x4_t multipliers, int32x4_t shifts,
    int32_t rounding) {
    return (nn_mve_four_t) {
        multipliers, vshlq_s32(vdupq_n_s32(rounding), shifts), vmvnq_s32(shifts),
    };
}

// See fast/nn_fast.h; both shifts to the right are one, by 1 - right.
static inline int32x4_t nn_mve_finish(int32x4_t sums, const nn_mve_four_t *four, int32x4_t low,
    int32x4_t high) {
    int32x4_t value = vqrdmulhq_s32(sums, four->multipliers);
    value = vaddq_s32(vaddq_s32(value, vshrq_n_s32(value, 31)), four->half);
    return vminq_s32(vmaxq_s32(vshlq_s32(value, four->right), low), high);
}

// The same where all have one scale.
static inline int32x4_t nn_mve_finish_n(int32x4_t sums, int32_t multiplier, int32_t shift,
    int32_t rounding, int32x4_t low, int32x4_t high) {
    int32x4_t value = vqrdmulhq_n_s32(sums, multiplier);
    int32_t half = (int32_t)((uint32_t)rounding << shift);
    value = vaddq_n_s32(vaddq_s32(value, vshrq_n_s32(value, 31)), half);
    return vminq_s32(vmaxq_s32(vshlq_r_s32(value, -1 - shift), low), high);
}

#endif // NN_MVE_STEPS_H
