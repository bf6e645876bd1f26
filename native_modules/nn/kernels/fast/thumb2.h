// The inner loops of scalar.h on Cortex-M3, in assembly: loads that move on by themselves.

#ifndef NN_FAST_THUMB2_H
#define NN_FAST_THUMB2_H

// Half of a number, saturated.
static inline int8_t nn_saturate_half(int32_t value) {
    int32_t result;
    __asm__ ("ssat %0, #8, %1, asr #1" : "=r" (result) : "r" (value) : "cc");
    return (int8_t)result;
}

#define NN_DOT_STEP \
    "ldrsb %[w], [%[one]], #1\n" \
    "ldrd %[xa], %[xb], [%[x]], #8\n" \
    "mla %[a0], %[xa], %[w], %[a0]\n" \
    "mla %[b0], %[xb], %[w], %[b0]\n" \
    "ldrsb %[w], [%[other]], #1\n" \
    "mla %[a1], %[xa], %[w], %[a1]\n" \
    "mla %[b1], %[xb], %[w], %[b1]\n"

// Of a multiple of eight products.
static inline void nn_dot_eights(const nn_laid_t *x, const int8_t *one, const int8_t *other,
    int32_t count, nn_sums_t *sums) {
    const int8_t *end = one + count;
    int32_t xa, xb, w;
    if (one == end) {
        return;
    }
    __asm__ (
        "1:\n" NN_DOT_STEP NN_DOT_STEP NN_DOT_STEP NN_DOT_STEP
        NN_DOT_STEP NN_DOT_STEP NN_DOT_STEP NN_DOT_STEP
        "cmp %[one], %[end]\n"
        "bne 1b\n"
        : [a0] "+r" (sums->a0), [b0] "+r" (sums->b0), [a1] "+r" (sums->a1), [b1] "+r" (sums->b1),
        [one] "+r" (one), [other] "+r" (other), [x] "+r" (x), [w] "=&r" (w), [xa] "=&r" (xa),
        [xb] "=&r" (xb)
        : [end] "r" (end)
        : "cc", "memory");
}

#define NN_ROW_STEP \
    "ldrsb %[value], [%[x]], #1\n" \
    "ldrsb %[w], [%[one]], #1\n" \
    "add %[value], %[offset]\n" \
    "mla %[a], %[value], %[w], %[a]\n" \
    "ldrsb %[w], [%[two]], #1\n" \
    "mla %[b], %[value], %[w], %[b]\n" \
    "ldrsb %[w], [%[three]], #1\n" \
    "mla %[c], %[value], %[w], %[c]\n" \
    "ldrsb %[w], [%[four]], #1\n" \
    "mla %[d], %[value], %[w], %[d]\n"

// Of a multiple of four products; weights of four rows that are `step` apart.
static inline void nn_row_fours(const int8_t *x, const int8_t *weights, int32_t step,
    int32_t count, int32_t offset, int32_t *sums) {
    const int8_t *two = weights + step, *three = two + step, *four = three + step;
    const int8_t *end = x + count;
    int32_t value, w;
    if (x == end) {
        return;
    }
    __asm__ (
        "1:\n" NN_ROW_STEP NN_ROW_STEP NN_ROW_STEP NN_ROW_STEP
        "cmp %[x], %[end]\n"
        "bne 1b\n"
        : [a] "+r" (sums[0]), [b] "+r" (sums[1]), [c] "+r" (sums[2]), [d] "+r" (sums[3]),
        [x] "+r" (x), [one] "+r" (weights), [two] "+r" (two), [three] "+r" (three),
        [four] "+r" (four), [value] "=&r" (value), [w] "=&r" (w)
        : [end] "r" (end), [offset] "r" (offset)
        : "cc", "memory");
}

#define NN_CHANNEL_STEP(sum, at) \
    "ldrsb %[value], [%[x], #" at "]\n" \
    "ldrsb %[w], [%[weights], #" at "]\n" \
    "add %[value], %[offset]\n" \
    "mla %[" sum "], %[value], %[w], %[" sum "]\n"
#define NN_CHANNELS_STEP \
    NN_CHANNEL_STEP("a", "0") NN_CHANNEL_STEP("b", "1") NN_CHANNEL_STEP("c", "2") \
    NN_CHANNEL_STEP("d", "3")

static inline void nn_multiply_channels_3(const int8_t *x, const int8_t *weights, int32_t step,
    int32_t offset, nn_four_t *sums) {
    int32_t value, w;
    __asm__ (
        NN_CHANNELS_STEP
        "add %[x], %[step]\n"
        "add %[weights], %[step]\n"
        NN_CHANNELS_STEP
        "add %[x], %[step]\n"
        "add %[weights], %[step]\n"
        NN_CHANNELS_STEP
        : [a] "+r" (sums->a), [b] "+r" (sums->b), [c] "+r" (sums->c), [d] "+r" (sums->d),
        [x] "+r" (x), [weights] "+r" (weights), [value] "=&r" (value), [w] "=&r" (w)
        : [step] "r" (step), [offset] "r" (offset)
        : "memory");
}

#endif // NN_FAST_THUMB2_H
