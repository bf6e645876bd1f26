// The steps of int8 layers on Arm cores that multiply pairs: Cortex-M4, M7, M33, M55.
//
// Inputs are laid out as 16-bit numbers, offset added, two pixels side by side: of each four
// elements (0, 2) and (1, 3) share a word, since that is how SXTAB16 widens bytes. Words of the
// first pixel and of the second alternate.

#ifndef NN_FAST_DSP_H
#define NN_FAST_DSP_H

#include <arm_acle.h>
#include <stdint.h>
#include <string.h>

// (x[0], x[2]) and (x[1], x[3]) of the four bytes of a word, added to a pair of offsets.
static inline int32_t nn_widen_even(uint32_t bytes, uint32_t offsets) {
    int32_t pair;
    __asm__ ("sxtab16 %0, %1, %2" : "=r" (pair) : "r" (offsets), "r" (bytes));
    return pair;
}

static inline int32_t nn_widen_odd(uint32_t bytes, uint32_t offsets) {
    int32_t pair;
    __asm__ ("sxtab16 %0, %1, %2, ror #8" : "=r" (pair) : "r" (offsets), "r" (bytes));
    return pair;
}

// The same without an offset.
static inline int32_t nn_widen_even_0(uint32_t bytes) {
    int32_t pair;
    __asm__ ("sxtb16 %0, %1" : "=r" (pair) : "r" (bytes));
    return pair;
}

static inline int32_t nn_widen_odd_0(uint32_t bytes) {
    int32_t pair;
    __asm__ ("sxtb16 %0, %1, ror #8" : "=r" (pair) : "r" (bytes));
    return pair;
}

static inline uint32_t nn_load_4(const int8_t *from) {
    uint32_t word;
    memcpy(&word, from, sizeof(word));
    return word;
}

// Up to three bytes, in the low ones of a word whose others are 0.
static inline uint32_t nn_load_rest(const int8_t *from, int32_t count) {
    uint32_t word = (uint8_t)from[0];
    if (count > 1) {
        word |= (uint32_t)(uint8_t)from[1] << 8;
    }
    if (count > 2) {
        word |= (uint32_t)(uint8_t)from[2] << 16;
    }
    return word;
}

// A product's high word, rounded.
static inline int32_t nn_high(int32_t twice, int32_t multiplier) {
    int32_t high;
    __asm__ ("smmulr %0, %1, %2" : "=r" (high) : "r" (twice), "r" (multiplier));
    return high;
}

// Half of a number, saturated.
static inline int8_t nn_saturate_half(int32_t value) {
    int32_t result;
    __asm__ ("ssat %0, #8, %1, asr #1" : "=r" (result) : "r" (value) : "cc");
    return (int8_t)result;
}

#include "nn_finish.h"

typedef uint32_t nn_laid_t;
#define NN_PADDED(count) (((count) + 3) & ~3)

// Lays out `count` elements of a pixel, whose words are every second from `to` on, and zeros up to
// a multiple of four.
static inline nn_laid_t *nn_lay_out(const int8_t *from, int32_t count, int32_t offset,
    nn_laid_t *to) {
    uint32_t offsets = ((uint32_t)offset & 0xffff) * 0x10001u;
    for (; count >= 4; count -= 4) {
        uint32_t bytes = nn_load_4(from);
        to[0] = (uint32_t)nn_widen_even(bytes, offsets);
        to[2] = (uint32_t)nn_widen_odd(bytes, offsets);
        from += 4;
        to += 4;
    }
    if (count > 0) {
        // What becomes 0 when the offset is added.
        uint32_t zeros = ((uint32_t)-offset & 0xff) * 0x1010101u;
        uint32_t bytes = nn_load_rest(from, count) | zeros << 8 * count;
        to[0] = (uint32_t)nn_widen_even(bytes, offsets);
        to[2] = (uint32_t)nn_widen_odd(bytes, offsets);
        to += 4;
    }
    return to;
}

// Lays out zeros, which padding really is, for a multiple of four elements.
static inline nn_laid_t *nn_lay_out_padding(int32_t count, nn_laid_t *to) {
    for (; count > 0; count -= 4) {
        to[0] = to[2] = 0;
        to += 4;
    }
    return to;
}

// Lays out two pixels.
static inline void nn_lay_out_2(const int8_t *one, const int8_t *other, int32_t count,
    int32_t offset, nn_laid_t *to) {
    uint32_t offsets = ((uint32_t)offset & 0xffff) * 0x10001u;
    for (; count >= 4; count -= 4) {
        uint32_t first = nn_load_4(one), second = nn_load_4(other);
        to[0] = (uint32_t)nn_widen_even(first, offsets);
        to[1] = (uint32_t)nn_widen_even(second, offsets);
        to[2] = (uint32_t)nn_widen_odd(first, offsets);
        to[3] = (uint32_t)nn_widen_odd(second, offsets);
        one += 4;
        other += 4;
        to += 4;
    }
    if (count > 0) {
        nn_lay_out(one, count, offset, to);
        nn_lay_out(other, count, offset, to + 1);
    }
}

// Of two pixels and two output channels: sums of the first channel, then of the second.
typedef struct _nn_sums_t {
    int32_t a0, b0, a1, b1;
} nn_sums_t;

// Four products each of two channels with two pixels. In assembly, since compilers run out of
// registers: weights of the first channel, then of the second, are widened into one and the same.
#define NN_DOT_STEP \
    "ldr %[w0], [%[one]], #4\n" \
    "ldr %[w1], [%[other]], #4\n" \
    "ldrd %[xa], %[xb], [%[x]], #8\n" \
    "sxtb16 %[wide], %[w0]\n" \
    "smlad %[a0], %[xa], %[wide], %[a0]\n" \
    "smlad %[b0], %[xb], %[wide], %[b0]\n" \
    "sxtb16 %[wide], %[w1]\n" \
    "smlad %[a1], %[xa], %[wide], %[a1]\n" \
    "smlad %[b1], %[xb], %[wide], %[b1]\n" \
    "ldrd %[xa], %[xb], [%[x]], #8\n" \
    "sxtb16 %[w0], %[w0], ror #8\n" \
    "sxtb16 %[w1], %[w1], ror #8\n" \
    "smlad %[a0], %[xa], %[w0], %[a0]\n" \
    "smlad %[b0], %[xb], %[w0], %[b0]\n" \
    "smlad %[a1], %[xa], %[w1], %[a1]\n" \
    "smlad %[b1], %[xb], %[w1], %[b1]\n"

// What is left of two channels' sums when fewer than eight products are.
static inline void nn_dot_rest(const nn_laid_t *x, const int8_t *one, const int8_t *other,
    int32_t count, nn_sums_t *sums) {
    for (; count > 0; count -= 4) {
        uint32_t first = count < 4 ? nn_load_rest(one, count) : nn_load_4(one);
        uint32_t second = count < 4 ? nn_load_rest(other, count) : nn_load_4(other);
        int32_t even = nn_widen_even_0(first), odd = nn_widen_odd_0(first);
        sums->a0 = __smlad((int32_t)x[2], odd, __smlad((int32_t)x[0], even, sums->a0));
        sums->b0 = __smlad((int32_t)x[3], odd, __smlad((int32_t)x[1], even, sums->b0));
        even = nn_widen_even_0(second), odd = nn_widen_odd_0(second);
        sums->a1 = __smlad((int32_t)x[2], odd, __smlad((int32_t)x[0], even, sums->a1));
        sums->b1 = __smlad((int32_t)x[3], odd, __smlad((int32_t)x[1], even, sums->b1));
        x += 4;
        one += 4;
        other += 4;
    }
}

static inline nn_sums_t nn_dot_2_by_2(const nn_laid_t *x, const int8_t *one,
    const int8_t *other, int32_t count) {
    nn_sums_t sums = { 0, 0, 0, 0 };
    const int8_t *end = one + (count & ~7);
    if (one != end) {
        uint32_t w0, w1, xa, xb, wide;
        __asm__ (
            "1:\n" NN_DOT_STEP NN_DOT_STEP
            "cmp %[one], %[end]\n"
            "bne 1b\n"
            : [a0] "+r" (sums.a0), [b0] "+r" (sums.b0), [a1] "+r" (sums.a1), [b1] "+r" (sums.b1),
            [one] "+r" (one), [other] "+r" (other), [x] "+r" (x), [w0] "=&r" (w0),
            [w1] "=&r" (w1), [xa] "=&r" (xa), [xb] "=&r" (xb), [wide] "=&r" (wide)
            : [end] "r" (end)
            : "cc", "memory");
    }
    if ((count & 7) != 0) {
        nn_dot_rest(x, one, other, count & 7, &sums);
    }
    return sums;
}

#define NN_FINISH_CHANNEL(a, b) \
    "ldr %[word], [%[bias]], #4\n" \
    "ldrsb %[shift], [%[shifts]], #1\n" \
    "add %[" a "], %[word]\n" \
    "add %[" b "], %[word]\n" \
    "ldr %[word], [%[multipliers]], #4\n" \
    "lsl %[" a "], %[" a "], #1\n" \
    "lsl %[" b "], %[" b "], #1\n" \
    "smmulr %[" a "], %[" a "], %[word]\n" \
    "smmulr %[" b "], %[" b "], %[word]\n" \
    "lsl %[word], %[rounding], %[shift]\n" \
    "add %[" a "], %[" a "], %[" a "], asr #31\n" \
    "add %[" b "], %[" b "], %[" b "], asr #31\n" \
    "add %[" a "], %[word]\n" \
    "add %[" b "], %[word]\n" \
    "asr %[" a "], %[" a "], %[shift]\n" \
    "asr %[" b "], %[" b "], %[shift]\n" \
    "ssat %[" a "], #8, %[" a "], asr #1\n" \
    "ssat %[" b "], #8, %[" b "], asr #1\n" \
    "strb %[" b "], [%[second]], #1\n" \
    "strb %[" a "], [%[output]], #1\n"

// What the sums of two channels become, as nn_finish has it; moves on to the next channels.
static inline void nn_finish_2_by_2(nn_sums_t sums, int32_t rounding, nn_places_t *places) {
    int32_t word, shift;
    __asm__ volatile (
        NN_FINISH_CHANNEL("a0", "b0")
        NN_FINISH_CHANNEL("a1", "b1")
        : [a0] "+r" (sums.a0), [b0] "+r" (sums.b0), [a1] "+r" (sums.a1), [b1] "+r" (sums.b1),
        [bias] "+r" (places->bias), [multipliers] "+r" (places->multipliers),
        [shifts] "+r" (places->shifts), [output] "+r" (places->output),
        [second] "+r" (places->second), [word] "=&r" (word), [shift] "=&r" (shift)
        : [rounding] "r" (rounding)
        : "cc", "memory");
}

// Of one row of inputs and four of weights, which follow one another.
#define NN_ROW_ONE(sum, at) \
    "ldr %[w], [%[weights]" at "\n" \
    "sxtb16 %[wide], %[w]\n" \
    "smlad %[" sum "], %[even], %[wide], %[" sum "]\n" \
    "sxtb16 %[w], %[w], ror #8\n" \
    "smlad %[" sum "], %[odd], %[w], %[" sum "]\n"
#define NN_ROW_STEP \
    "ldr %[odd], [%[x]], #4\n" \
    "sxtab16 %[even], %[offsets], %[odd]\n" \
    "sxtab16 %[odd], %[offsets], %[odd], ror #8\n" \
    NN_ROW_ONE("b", ", %[step]]") NN_ROW_ONE("c", ", %[step], lsl #1]") \
    NN_ROW_ONE("d", ", %[triple]]") NN_ROW_ONE("a", "], #4")

// Of a multiple of eight products, and not none; weights of four rows that are `step` apart.
// Not inline, so that it has all registers.
__attribute__((noinline, unused)) static void nn_row_eights(const int8_t *x,
    const int8_t *weights, int32_t step, int32_t count, int32_t offset, int32_t *sums) {
    uint32_t offsets = ((uint32_t)offset & 0xffff) * 0x10001u, even, odd, w, wide;
    const int8_t *end = x + count;
    int32_t a = sums[0], b = sums[1], c = sums[2], d = sums[3];
    __asm__ (
        "1:\n" NN_ROW_STEP NN_ROW_STEP
        "ldr %[w], %[end]\n"
        "cmp %[x], %[w]\n"
        "bne 1b\n"
        : [a] "+r" (a), [b] "+r" (b), [c] "+r" (c), [d] "+r" (d), [x] "+r" (x),
        [weights] "+r" (weights), [even] "=&r" (even), [odd] "=&r" (odd), [w] "=&r" (w),
        [wide] "=&r" (wide)
        : [step] "r" (step), [triple] "r" (3 * step), [offsets] "r" (offsets), [end] "m" (end)
        : "cc", "memory");
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
}

static inline void nn_dot_1_by_4(const int8_t *x, const int8_t *weights, int32_t count,
    int32_t offset, int32_t *sums) {
    int32_t whole = count & ~7;
    if (whole > 0) {
        nn_row_eights(x, weights, count, whole, offset, sums);
    }
    for (int32_t i = whole; i < count; ++i) {
        int32_t value = x[i] + offset;
        sums[0] += value * weights[i];
        sums[1] += value * weights[count + i];
        sums[2] += value * weights[2 * count + i];
        sums[3] += value * weights[3 * count + i];
    }
}

static inline int32_t nn_dot_1_by_1(const int8_t *x, const int8_t *weights, int32_t count,
    int32_t offset, int32_t sum) {
    uint32_t offsets = ((uint32_t)offset & 0xffff) * 0x10001u;
    for (; count >= 4; count -= 4) {
        uint32_t bytes = nn_load_4(x), others = nn_load_4(weights);
        sum = __smlad(nn_widen_even(bytes, offsets), nn_widen_even_0(others), sum);
        sum = __smlad(nn_widen_odd(bytes, offsets), nn_widen_odd_0(others), sum);
        x += 4;
        weights += 4;
    }
    for (; count > 0; --count) {
        sum += (*x++ + offset) * *weights++;
    }
    return sum;
}

// Of four channels, each by its own weight.
typedef struct _nn_four_t {
    int32_t a, b, c, d;
} nn_four_t;

static inline void nn_multiply_channels(const int8_t *x, const int8_t *weights, int32_t offset,
    nn_four_t *sums) {
    uint32_t offsets = ((uint32_t)offset & 0xffff) * 0x10001u;
    uint32_t bytes = nn_load_4(x), others = nn_load_4(weights);
    int32_t even = nn_widen_even(bytes, offsets), even_weights = nn_widen_even_0(others);
    sums->a = __smlabb(even, even_weights, sums->a);
    sums->c = __smlatt(even, even_weights, sums->c);
    int32_t odd = nn_widen_odd(bytes, offsets), odd_weights = nn_widen_odd_0(others);
    sums->b = __smlabb(odd, odd_weights, sums->b);
    sums->d = __smlatt(odd, odd_weights, sums->d);
}

#define NN_FINISH_ONE(sum) \
    "ldr %[word], [%[multipliers]], #4\n" \
    "ldrsb %[shift], [%[shifts]], #1\n" \
    "lsl %[" sum "], %[" sum "], #1\n" \
    "smmulr %[" sum "], %[" sum "], %[word]\n" \
    "lsl %[word], %[rounding], %[shift]\n" \
    "add %[" sum "], %[" sum "], %[" sum "], asr #31\n" \
    "add %[" sum "], %[word]\n" \
    "asr %[" sum "], %[" sum "], %[shift]\n" \
    "ssat %[" sum "], #8, %[" sum "], asr #1\n" \
    "strb %[" sum "], [%[output]], #1\n"

// What the sums of four channels of one pixel become; moves on to the next channels.
static inline void nn_finish_4(nn_four_t sums, int32_t rounding, nn_places_t *places) {
    int32_t word, shift;
    __asm__ volatile (
        NN_FINISH_ONE("a") NN_FINISH_ONE("b") NN_FINISH_ONE("c") NN_FINISH_ONE("d")
        : [a] "+r" (sums.a), [b] "+r" (sums.b), [c] "+r" (sums.c), [d] "+r" (sums.d),
        [multipliers] "+r" (places->multipliers), [shifts] "+r" (places->shifts),
        [output] "+r" (places->output), [word] "=&r" (word), [shift] "=&r" (shift)
        : [rounding] "r" (rounding)
        : "cc", "memory");
}

#define NN_CHANNELS_STEP(at) \
    "ldr %[odd], [%[x]" at "]\n" \
    "ldr %[w], [%[weights]" at "]\n" \
    "sxtab16 %[even], %[offsets], %[odd]\n" \
    "sxtb16 %[wide], %[w]\n" \
    "smlabb %[a], %[even], %[wide], %[a]\n" \
    "smlatt %[c], %[even], %[wide], %[c]\n" \
    "sxtab16 %[odd], %[offsets], %[odd], ror #8\n" \
    "sxtb16 %[w], %[w], ror #8\n" \
    "smlabb %[b], %[odd], %[w], %[b]\n" \
    "smlatt %[d], %[odd], %[w], %[d]\n"

// The same for two taps that are neighbours, `step` apart.
static inline void nn_multiply_channels_2(const int8_t *x, const int8_t *weights, int32_t step,
    int32_t offset, nn_four_t *sums) {
    uint32_t offsets = ((uint32_t)offset & 0xffff) * 0x10001u, even, odd, w, wide;
    __asm__ (
        NN_CHANNELS_STEP("")
        NN_CHANNELS_STEP(", %[step]")
        : [a] "+r" (sums->a), [b] "+r" (sums->b), [c] "+r" (sums->c), [d] "+r" (sums->d),
        [even] "=&r" (even), [odd] "=&r" (odd), [w] "=&r" (w), [wide] "=&r" (wide)
        : [x] "r" (x), [weights] "r" (weights), [step] "r" (step), [offsets] "r" (offsets)
        : "memory");
}

// The same for three.
static inline void nn_multiply_channels_3(const int8_t *x, const int8_t *weights, int32_t step,
    int32_t offset, nn_four_t *sums) {
    uint32_t offsets = ((uint32_t)offset & 0xffff) * 0x10001u, even, odd, w, wide;
    __asm__ (
        NN_CHANNELS_STEP("")
        NN_CHANNELS_STEP(", %[step]")
        NN_CHANNELS_STEP(", %[step], lsl #1")
        : [a] "+r" (sums->a), [b] "+r" (sums->b), [c] "+r" (sums->c), [d] "+r" (sums->d),
        [even] "=&r" (even), [odd] "=&r" (odd), [w] "=&r" (w), [wide] "=&r" (wide)
        : [x] "r" (x), [weights] "r" (weights), [step] "r" (step), [offsets] "r" (offsets)
        : "memory");
}

#endif // NN_FAST_DSP_H
