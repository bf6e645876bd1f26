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

// What a sum becomes; nn_fast.h says for which scales this is nn_requantise. `half` has the output's
// offset in it.
static inline int8_t nn_finish(int32_t sum, int32_t multiplier, int32_t shift, int32_t half) {
    int32_t high;
    __asm__ ("smmulr %0, %1, %2" : "=r" (high) : "r" (2 * sum), "r" (multiplier));
    int32_t result;
    __asm__ ("ssat %0, #8, %1, asr #1" : "=r" (result)
        : "r" ((high + (high >> 31) + half) >> shift) : "cc");
    return (int8_t)result;
}

static inline int32_t nn_shift_left(int32_t value, int32_t shift) {
    return (int32_t)((uint32_t)value << shift);
}

typedef uint32_t nn_laid_t;

// Lays out `count` elements of a pixel, whose words are every second from `to` on.
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
        uint32_t bytes = nn_load_rest(from, count);
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

#define NN_MULTIPLY_4(sums, x, first, second) do { \
        int32_t even0 = nn_widen_even_0(first), even1 = nn_widen_even_0(second); \
        (sums).a0 = __smlad((int32_t)(x)[0], even0, (sums).a0); \
        (sums).b0 = __smlad((int32_t)(x)[1], even0, (sums).b0); \
        (sums).a1 = __smlad((int32_t)(x)[0], even1, (sums).a1); \
        (sums).b1 = __smlad((int32_t)(x)[1], even1, (sums).b1); \
        int32_t odd0 = nn_widen_odd_0(first), odd1 = nn_widen_odd_0(second); \
        (sums).a0 = __smlad((int32_t)(x)[2], odd0, (sums).a0); \
        (sums).b0 = __smlad((int32_t)(x)[3], odd0, (sums).b0); \
        (sums).a1 = __smlad((int32_t)(x)[2], odd1, (sums).a1); \
        (sums).b1 = __smlad((int32_t)(x)[3], odd1, (sums).b1); \
} while (0)

static inline nn_sums_t nn_dot_2_by_2(const nn_laid_t *x, const int8_t *one,
    const int8_t *other, int32_t count) {
    nn_sums_t sums = { 0, 0, 0, 0 };
    const int8_t *end = one + (count & ~7);
    while (one != end) {
        uint32_t first = nn_load_4(one), second = nn_load_4(other);
        NN_MULTIPLY_4(sums, x, first, second);
        first = nn_load_4(one + 4);
        second = nn_load_4(other + 4);
        NN_MULTIPLY_4(sums, x + 4, first, second);
        one += 8;
        other += 8;
        x += 8;
    }
    if ((count & 7) == 0) {
        return sums;
    }
    if (count & 4) {
        uint32_t first = nn_load_4(one), second = nn_load_4(other);
        NN_MULTIPLY_4(sums, x, first, second);
        one += 4;
        other += 4;
        x += 4;
    }
    if (count & 3) {
        uint32_t first = nn_load_rest(one, count & 3), second = nn_load_rest(other, count & 3);
        NN_MULTIPLY_4(sums, x, first, second);
    }
    return sums;
}

// Of one row of inputs and four of weights, which follow one another.
static inline void nn_dot_1_by_4(const int8_t *x, const int8_t *weights, int32_t count,
    int32_t offset, int32_t *sums) {
    uint32_t offsets = ((uint32_t)offset & 0xffff) * 0x10001u;
    int32_t a = sums[0], b = sums[1], c = sums[2], d = sums[3];
    const int8_t *end = x + (count & ~3);
    while (x != end) {
        uint32_t bytes = nn_load_4(x);
        int32_t even = nn_widen_even(bytes, offsets), odd = nn_widen_odd(bytes, offsets);
        bytes = nn_load_4(weights);
        a = __smlad(even, nn_widen_even_0(bytes), a);
        a = __smlad(odd, nn_widen_odd_0(bytes), a);
        bytes = nn_load_4(weights + count);
        b = __smlad(even, nn_widen_even_0(bytes), b);
        b = __smlad(odd, nn_widen_odd_0(bytes), b);
        bytes = nn_load_4(weights + 2 * count);
        c = __smlad(even, nn_widen_even_0(bytes), c);
        c = __smlad(odd, nn_widen_odd_0(bytes), c);
        bytes = nn_load_4(weights + 3 * count);
        d = __smlad(even, nn_widen_even_0(bytes), d);
        d = __smlad(odd, nn_widen_odd_0(bytes), d);
        x += 4;
        weights += 4;
    }
    for (int32_t rest = count & 3; rest > 0; --rest) {
        int32_t value = *x++ + offset;
        a += value * weights[0];
        b += value * weights[count];
        c += value * weights[2 * count];
        d += value * weights[3 * count];
        ++weights;
    }
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
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
static inline void nn_multiply_channels(const int8_t *x, const int8_t *weights, int32_t offset,
    int32_t *sums) {
    uint32_t offsets = ((uint32_t)offset & 0xffff) * 0x10001u;
    uint32_t bytes = nn_load_4(x), others = nn_load_4(weights);
    int32_t even = nn_widen_even(bytes, offsets), even_weights = nn_widen_even_0(others);
    sums[0] = __smlabb(even, even_weights, sums[0]);
    sums[2] = __smlatt(even, even_weights, sums[2]);
    int32_t odd = nn_widen_odd(bytes, offsets), odd_weights = nn_widen_odd_0(others);
    sums[1] = __smlabb(odd, odd_weights, sums[1]);
    sums[3] = __smlatt(odd, odd_weights, sums[3]);
}

#endif // NN_FAST_DSP_H
