// The steps of int8 layers on cores that multiply one pair of numbers at a time: Cortex-M3, RISC-V.
//
// Inputs are laid out as 16-bit numbers, offset added; elements of two pixels alternate.

#ifndef NN_FAST_SCALAR_H
#define NN_FAST_SCALAR_H

#include <stdint.h>
#include <string.h>

static inline int32_t nn_shift_left(int32_t value, int32_t shift) {
    return (int32_t)((uint32_t)value << shift);
}

// What a sum becomes; nn_fast.h says for which scales this is nn_requantise. `half` has the output's
// offset in it.
static inline int8_t nn_finish(int32_t sum, int32_t multiplier, int32_t shift, int32_t half) {
    int64_t product = (int64_t)(2 * sum) * multiplier + ((int64_t)1 << 31);
    int32_t high = (int32_t)(product >> 32);
    int32_t result = (high + (high >> 31) + half) >> shift >> 1;
    result = result < INT8_MIN ? INT8_MIN : result;
    return (int8_t)(result > INT8_MAX ? INT8_MAX : result);
}

typedef int16_t nn_laid_t;
#define NN_PADDED(count) (count)

static inline nn_laid_t *nn_lay_out(const int8_t *from, int32_t count, int32_t offset,
    nn_laid_t *to) {
    for (; count > 0; --count) {
        *to = (int16_t)(*from++ + offset);
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
        to[0] = (int16_t)(*one++ + offset);
        to[1] = (int16_t)(*other++ + offset);
        to += 2;
    }
}

// Of two pixels and two output channels: sums of the first channel, then of the second.
typedef struct _nn_sums_t {
    int32_t a0, b0, a1, b1;
} nn_sums_t;

#define NN_MULTIPLY_1(sums, x, first, second) do { \
        int32_t a = (x)[0], b = (x)[1], weight0 = *(first), weight1 = *(second); \
        (sums).a0 += a * weight0; \
        (sums).b0 += b * weight0; \
        (sums).a1 += a * weight1; \
        (sums).b1 += b * weight1; \
} while (0)

static inline nn_sums_t nn_dot_2_by_2(const nn_laid_t *x, const int8_t *one,
    const int8_t *other, int32_t count) {
    nn_sums_t sums = { 0, 0, 0, 0 };
    const int8_t *end = one + (count & ~3);
    while (one != end) {
        NN_MULTIPLY_1(sums, x, one, other);
        NN_MULTIPLY_1(sums, x + 2, one + 1, other + 1);
        NN_MULTIPLY_1(sums, x + 4, one + 2, other + 2);
        NN_MULTIPLY_1(sums, x + 6, one + 3, other + 3);
        x += 8;
        one += 4;
        other += 4;
    }
    for (int32_t rest = count & 3; rest > 0; --rest) {
        NN_MULTIPLY_1(sums, x, one, other);
        x += 2;
        ++one;
        ++other;
    }
    return sums;
}

// Of one row of inputs and four of weights, which follow one another.
static inline void nn_dot_1_by_4(const int8_t *x, const int8_t *weights, int32_t count,
    int32_t offset, int32_t *sums) {
    int32_t a = sums[0], b = sums[1], c = sums[2], d = sums[3];
    const int8_t *second = weights + count, *third = second + count, *fourth = third + count;
    for (; count > 0; --count) {
        int32_t value = *x++ + offset;
        a += value * *weights++;
        b += value * *second++;
        c += value * *third++;
        d += value * *fourth++;
    }
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
}

static inline int32_t nn_dot_1_by_1(const int8_t *x, const int8_t *weights, int32_t count,
    int32_t offset, int32_t sum) {
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
    sums->a += (x[0] + offset) * weights[0];
    sums->b += (x[1] + offset) * weights[1];
    sums->c += (x[2] + offset) * weights[2];
    sums->d += (x[3] + offset) * weights[3];
}

// The same for three taps that are neighbours, `step` apart.
static inline void nn_multiply_channels_3(const int8_t *x, const int8_t *weights, int32_t step,
    int32_t offset, nn_four_t *sums) {
    nn_multiply_channels(x, weights, offset, sums);
    nn_multiply_channels(x + step, weights + step, offset, sums);
    nn_multiply_channels(x + 2 * step, weights + 2 * step, offset, sums);
}

#endif // NN_FAST_SCALAR_H
