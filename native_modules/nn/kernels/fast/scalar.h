// The steps of int8 layers on cores that multiply one number by one: Cortex-M3, RISC-V.
//
// Inputs are laid out as words, offset added; elements of two pixels alternate.

#ifndef NN_FAST_SCALAR_H
#define NN_FAST_SCALAR_H

#include <stdint.h>
#include <string.h>

// A product's high word, rounded.
static inline int32_t nn_high(int32_t twice, int32_t multiplier) {
    return (int32_t)(((int64_t)twice * multiplier + ((int64_t)1 << 31)) >> 32);
}

typedef int32_t nn_laid_t;
#define NN_PADDED(count) (count)

static inline nn_laid_t *nn_lay_out(const int8_t *from, int32_t count, int32_t offset,
    nn_laid_t *to) {
    for (; count > 0; --count) {
        *to = *from++ + offset;
        to += 2;
    }
    return to;
}

static inline nn_laid_t *nn_lay_out_padding(int32_t count, nn_laid_t *to) {
    for (; count > 0; --count) {
        *to = 0;
        to += 2;
    }
    return to;
}

static inline void nn_lay_out_2(const int8_t *one, const int8_t *other, int32_t count,
    int32_t offset, nn_laid_t *to) {
    for (; count > 0; --count) {
        to[0] = *one++ + offset;
        to[1] = *other++ + offset;
        to += 2;
    }
}

// Of two pixels and two output channels: sums of the first channel, then of the second.
typedef struct _nn_sums_t {
    int32_t a0, b0, a1, b1;
} nn_sums_t;

// Sums of four channels.
typedef struct _nn_four_t {
    int32_t a, b, c, d;
} nn_four_t;

// Of four channels, each by its own weight.
static inline void nn_multiply_channels(const int8_t *x, const int8_t *weights, int32_t offset,
    nn_four_t *sums) {
    sums->a += (x[0] + offset) * weights[0];
    sums->b += (x[1] + offset) * weights[1];
    sums->c += (x[2] + offset) * weights[2];
    sums->d += (x[3] + offset) * weights[3];
}

#if defined(__ARM_ARCH_7M__)
#include "thumb2.h"
#else

// Half of a number, saturated.
static inline int8_t nn_saturate_half(int32_t value) {
    int32_t result = value >> 1;
    result = result < INT8_MIN ? INT8_MIN : result;
    return (int8_t)(result > INT8_MAX ? INT8_MAX : result);
}

// Of a multiple of eight products.
static inline void nn_dot_eights(const nn_laid_t *x, const int8_t *one, const int8_t *other,
    int32_t count, nn_sums_t *sums) {
    for (; count > 0; --count) {
        int32_t a = x[0], b = x[1], weight0 = *one++, weight1 = *other++;
        sums->a0 += a * weight0;
        sums->b0 += b * weight0;
        sums->a1 += a * weight1;
        sums->b1 += b * weight1;
        x += 2;
    }
}

// Of a multiple of four products; weights of four rows that are `step` apart.
static inline void nn_row_fours(const int8_t *x, const int8_t *weights, int32_t step,
    int32_t count, int32_t offset, int32_t *sums) {
    for (; count > 0; --count) {
        int32_t value = *x++ + offset;
        sums[0] += value * weights[0];
        sums[1] += value * weights[step];
        sums[2] += value * weights[2 * step];
        sums[3] += value * weights[3 * step];
        ++weights;
    }
}

// Of four channels and three taps that are neighbours, `step` apart.
static inline void nn_multiply_channels_3(const int8_t *x, const int8_t *weights, int32_t step,
    int32_t offset, nn_four_t *sums) {
    nn_multiply_channels(x, weights, offset, sums);
    nn_multiply_channels(x + step, weights + step, offset, sums);
    nn_multiply_channels(x + 2 * step, weights + 2 * step, offset, sums);
}

#endif

#include "nn_finish.h"

// What the sums of two channels become; moves on to the next channels.
static inline void nn_finish_2_by_2(nn_sums_t sums, int32_t rounding, nn_places_t *places) {
    const int32_t sum[] = { sums.a0, sums.a1 }, second_sum[] = { sums.b0, sums.b1 };
    for (int32_t i = 0; i < 2; ++i) {
        int32_t multiplier = *places->multipliers++, shift = *places->shifts++;
        int32_t bias = *places->bias++, half = nn_shift_left(rounding, shift);
        int8_t value = nn_finish(sum[i] + bias, multiplier, shift, half);
        *places->second++ = nn_finish(second_sum[i] + bias, multiplier, shift, half);
        *places->output++ = value;
    }
}

// What the sums of four channels of one pixel become; moves on to the next channels.
static inline void nn_finish_4(nn_four_t sums, int32_t rounding, nn_places_t *places) {
    const int32_t sum[] = { sums.a, sums.b, sums.c, sums.d };
    for (int32_t i = 0; i < 4; ++i) {
        int32_t multiplier = *places->multipliers++, shift = *places->shifts++;
        *places->output++ = nn_finish(sum[i], multiplier, shift, nn_shift_left(rounding, shift));
    }
}

// Of four channels and two taps that are neighbours, `step` apart.
static inline void nn_multiply_channels_2(const int8_t *x, const int8_t *weights, int32_t step,
    int32_t offset, nn_four_t *sums) {
    nn_multiply_channels(x, weights, offset, sums);
    nn_multiply_channels(x + step, weights + step, offset, sums);
}

static inline nn_sums_t nn_dot_2_by_2(const nn_laid_t *x, const int8_t *one,
    const int8_t *other, int32_t count) {
    nn_sums_t sums = { 0, 0, 0, 0 };
    int32_t whole = count & ~7;
    nn_dot_eights(x, one, other, whole, &sums);
    for (int32_t i = whole; i < count; ++i) {
        int32_t a = x[2 * i], b = x[2 * i + 1];
        sums.a0 += a * one[i];
        sums.b0 += b * one[i];
        sums.a1 += a * other[i];
        sums.b1 += b * other[i];
    }
    return sums;
}

// Of one row of inputs and four of weights, which follow one another.
static inline void nn_dot_1_by_4(const int8_t *x, const int8_t *weights, int32_t count,
    int32_t offset, int32_t *sums) {
    int32_t whole = count & ~3;
    nn_row_fours(x, weights, count, whole, offset, sums);
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
    for (; count > 0; --count) {
        sum += (*x++ + offset) * *weights++;
    }
    return sum;
}

#endif // NN_FAST_SCALAR_H
