// exp, logistic and tanh on fixed-point numbers, with integers only.
//
// The method is the one published with gemmlowp, on which TensorFlow Lite
// Micro's int8 arithmetic rests: exp by splitting the exponent into quarters
// and powers of two, reciprocals by three Newton steps. Qm.n is an int32 with m
// integer and n fraction bits, m + n = 31. Every rounding here decides results,
// so nothing may be reordered.

#ifndef NN_FIXEDPOINT_H
#define NN_FIXEDPOINT_H

#include "nn_rounding.h"

#define NN_Q0_ONE (INT32_MAX)
#define NN_Q2_ONE (INT32_C(1) << 29)

// value * 2^exponent, saturated; 0 < exponent < 31.
static inline int32_t nn_saturating_shift_left(int32_t value, int32_t exponent) {
    int32_t limit = (int32_t)((UINT32_C(1) << (31 - exponent)) - 1);
    if (value > limit) {
        return INT32_MAX;
    }
    return value < -limit ? INT32_MIN : nn_wrapping_shift_left(value, exponent);
}

// Product of fixed-point numbers: fraction bits of one are kept.
static inline int32_t nn_fixed_multiply(int32_t one, int32_t other) {
    int64_t product = (int64_t)one * other;
    if (one == INT32_MIN && other == INT32_MIN) {
        return INT32_MAX;
    }
    return (int32_t)((product + ((int64_t)1 << 30)) >> 31);
}

// exp(x) for -1/4 <= x < 0, Q0.31 in and out: Taylor's series around -1/8.
static inline int32_t nn_exp_last_quarter(int32_t x) {
    const int32_t exp_minus_eighth = 1895147668;
    const int32_t third = 715827883;
    int32_t y = x + (INT32_C(1) << 28);
    int32_t y2 = nn_fixed_multiply(y, y);
    int32_t y3 = nn_fixed_multiply(y2, y);
    int32_t y4 = nn_fixed_multiply(y2, y2);
    int32_t tail = nn_fixed_multiply(nn_divide_power_of_two(y4, 2) + y3, third) + y2;
    int32_t series = y + nn_divide_power_of_two(tail, 1);
    return exp_minus_eighth + nn_fixed_multiply(exp_minus_eighth, series);
}

// exp(x) for x <= 0 with integer_bits (<= 5) before the point; Q0.31 out.
static inline int32_t nn_exp_negative(int32_t x, int32_t integer_bits) {
    // exp(-2^k) as Q0.31, k from -2 on
    static const int32_t factors[] = {
        1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242,
    };
    int32_t fraction_bits = 31 - integer_bits;
    int32_t quarter = INT32_C(1) << (fraction_bits - 2);
    int32_t in_quarter = (x & (quarter - 1)) - quarter;
    int32_t result = nn_exp_last_quarter(nn_saturating_shift_left(in_quarter, integer_bits));
    int32_t rest = in_quarter - x;
    for (int32_t k = -2; k < integer_bits; ++k) {
        if (rest & (INT32_C(1) << (fraction_bits + k))) {
            result = nn_fixed_multiply(result, factors[k + 2]);
        }
    }
    return x == 0 ? NN_Q0_ONE : result;
}

// 2 / (1 + x) for 0 <= x < 1: Q0.31 in, Q2.29 out.
static inline int32_t nn_two_over_one_plus(int32_t x) {
    const int32_t q2_48_over_17 = 1515870810;
    const int32_t q2_minus_32_over_17 = -1010580540;
    int32_t half = (int32_t)(((int64_t)x + NN_Q0_ONE + 1) / 2); // of the denominator
    int32_t y = q2_48_over_17 + nn_fixed_multiply(half, q2_minus_32_over_17);
    for (int32_t step = 0; step < 3; ++step) {
        int32_t error = NN_Q2_ONE - nn_fixed_multiply(half, y);
        y += nn_saturating_shift_left(nn_fixed_multiply(y, error), 2);
    }
    return y;
}

// 1 / (1 + x) for 0 <= x < 1, Q0.31 in and out.
static inline int32_t nn_one_over_one_plus(int32_t x) {
    return nn_saturating_shift_left(nn_two_over_one_plus(x), 1);
}

// 1 / (1 + exp(-x)), Q4.27 in, Q0.31 out.
static inline int32_t nn_fixed_logistic(int32_t x) {
    if (x == 0) {
        return INT32_C(1) << 30;
    }
    int32_t positive = nn_one_over_one_plus(nn_exp_negative(x > 0 ? -x : x, 4));
    return x > 0 ? positive : NN_Q0_ONE - positive;
}

// Q4.27 in, Q0.31 out. (1 - e) / (1 + e) with e = exp(-2|x|); doubling is only
// a different reading of the same bits, as Q5.26.
static inline int32_t nn_fixed_tanh(int32_t x) {
    if (x == 0) {
        return 0;
    }
    int32_t two_over = nn_two_over_one_plus(nn_exp_negative(x > 0 ? -x : x, 5));
    int32_t positive = nn_saturating_shift_left(two_over - NN_Q2_ONE, 2);
    return x > 0 ? positive : -positive;
}

static inline int32_t nn_leading_zeros(uint32_t value) {
    int32_t count = 0;
    for (; count < 32 && !(value & UINT32_C(0x80000000)); value <<= 1) {
        ++count;
    }
    return count;
}

#endif // NN_FIXEDPOINT_H
