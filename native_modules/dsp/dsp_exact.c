// Logarithm, power and cosine in integers: see dsp_exact.h.

#include "dsp_exact.h"

#define ONE_Q30 (INT64_C(1) << 30)
#define HALF_PI_Q30 (1686629713u)
#define LN2_Q30 (744261118u)
#define SERIES_TERMS (9)

static unsigned highest_bit(uint64_t value) {
    unsigned bit = 0;
    for (unsigned step = 32; step > 0; step >>= 1) {
        if ((value >> step) != 0) {
            value >>= step;
            bit += step;
        }
    }
    return bit;
}

// One squaring yields one bit: where the mantissa's square reaches 2, the bit
// is set and the mantissa halved.
int64_t dsp_log2_fixed(uint64_t value, unsigned fraction_bits) {
    unsigned exponent = highest_bit(value);
    uint64_t mantissa = exponent <= 31 ? value << (31 - exponent) : value >> (exponent - 31);
    int64_t result = (int64_t)exponent;
    for (unsigned i = 0; i < fraction_bits; ++i) {
        mantissa = (mantissa * mantissa) >> 31;
        uint64_t bit = mantissa >> 32;
        mantissa >>= bit;
        result = result * 2 + (int64_t)bit;
    }
    return result;
}

uint64_t dsp_exp2_fraction(uint64_t fraction_q30) {
    uint64_t exponent = (fraction_q30 * LN2_Q30) >> 30;
    uint64_t result = (uint64_t)ONE_Q30;
    for (unsigned term = SERIES_TERMS; term > 0; --term) {
        result = (uint64_t)ONE_Q30 + ((exponent * result) >> 30) / term;
    }
    return result;
}

// Every inner factor stays positive for angles up to pi/2.
static int64_t cosine(int64_t angle_q30) {
    int64_t square = (angle_q30 * angle_q30) >> 30;
    int64_t result = ONE_Q30;
    for (int64_t term = SERIES_TERMS; term > 0; --term) {
        result = ONE_Q30 - ((square * result) >> 30) / ((2 * term - 1) * 2 * term);
    }
    return result;
}

static int64_t sine(int64_t angle_q30) {
    int64_t square = (angle_q30 * angle_q30) >> 30;
    int64_t result = ONE_Q30;
    for (int64_t term = SERIES_TERMS; term > 0; --term) {
        result = ONE_Q30 - ((square * result) >> 30) / (2 * term * (2 * term + 1));
    }
    return (angle_q30 * result) >> 30;
}

int32_t dsp_cosine_of_turn(uint32_t numerator, uint32_t denominator) {
    uint32_t quadrant = 4 * numerator / denominator;
    uint32_t rest = 4 * numerator % denominator;
    int64_t angle = (int64_t)((uint64_t)rest * HALF_PI_Q30 / denominator);
    switch (quadrant % 4) {
        case 0:
            return (int32_t)cosine(angle);
        case 1:
            return (int32_t)-sine(angle);
        case 2:
            return (int32_t)-cosine(angle);
        default:
            return (int32_t)sine(angle);
    }
}
