// Logarithm, power and cosine in integers: see dsp_exact.h.

#include "dsp_exact.h"

#define ONE_Q30 (INT64_C(1) << 30)
#define HALF_PI_Q30 (1686629713u)
#define LN2_Q30 (744261118u)
#define SERIES_TERMS (9)

static uint32_t exponent_of(uint64_t value) {
    return 63 - (uint32_t)__builtin_clzll(value);
}

// The upper bit is always set.
static uint32_t mantissa_of(uint64_t value, uint32_t exponent) {
    return exponent <= 31 ? (uint32_t)value << (31 - exponent) : (uint32_t)(value >> (exponent - 31));
}

// One squaring yields one bit: where the mantissa's square reaches 2, the bit is set and the mantissa
// halved.
int64_t dsp_log2_fixed(uint64_t value, unsigned fraction_bits) {
    uint32_t exponent = exponent_of(value), mantissa = mantissa_of(value, exponent);
    uint32_t fraction = 0;
    for (unsigned i = 0; i < fraction_bits; ++i) {
        uint64_t square = (uint64_t)mantissa * mantissa;
        uint32_t upper = (uint32_t)(square >> 32);
        uint32_t bit = upper >> 31;
        fraction = fraction * 2 + bit;
        mantissa = bit != 0 ? upper : upper << 1 | (uint32_t)square >> 31;
    }
    return (int64_t)exponent << fraction_bits | fraction;
}

const dsp_parabola_t dsp_logarithm[32] = {
    #include "dsp_logarithm.h"
};

static inline uint32_t upper_product(uint32_t a, uint32_t b) {
    return (uint32_t)(((uint64_t)a * b) >> 32);
}

// Squaring truncates: it finds less than the logarithm by up to 2^-29. The parabola is off by up to 46 units of Q26.
// Where nothing of that can change the 16th digit, it is what squaring finds.
int32_t dsp_log2_q16(uint64_t value) {
    uint32_t exponent = exponent_of(value), mantissa = mantissa_of(value, exponent);
    const dsp_parabola_t *piece = &dsp_logarithm[(mantissa >> 26) & 31];
    uint32_t x = mantissa << 6;
    if (mantissa << 1 == 0) {
        return (int32_t)(exponent << 16); // a power of two, whose logarithm is whole
    }
    uint32_t fraction = piece->start + upper_product(piece->slope - upper_product(piece->bend, x), x);
    if (((fraction + DSP_LOGARITHM_UNSURE) & 0x3ff) < 2 * DSP_LOGARITHM_UNSURE) {
        return (int32_t)dsp_log2_fixed(value, 16);
    }
    return (int32_t)(exponent << 16 | fraction >> 10);
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

#if defined(__ARM_FP) && (__ARM_FP & 4)

// The root of the rounded value, rounded, is one more or less at most.
static uint32_t whole_root(uint32_t value) {
    float root_of_rounded;
    __asm__ ("vsqrt.f32 %0, %1" : "=t" (root_of_rounded) : "t" ((float)value));
    uint32_t root = (uint32_t)root_of_rounded;
    root -= root > UINT16_MAX;
    root -= root * root > value;
    return root + (value - root * root > 2 * root);
}

#else

// A digit at a time, from the highest.
static uint32_t whole_root(uint32_t value) {
    uint32_t root = 0;
    for (uint32_t bit = UINT32_C(1) << 30; bit > 0; bit >>= 2) {
        uint32_t trial = root + bit;
        root >>= 1;
        if (value >= trial) {
            value -= trial;
            root += bit;
        }
    }
    return root;
}

#endif

uint32_t dsp_square_root(uint64_t value) {
    uint32_t upper = (uint32_t)(value >> 32);
    if (upper == 0) {
        return whole_root((uint32_t)value);
    }
    uint32_t halved = (33 - (uint32_t)__builtin_clz(upper)) / 2;
    return whole_root((uint32_t)(value >> (2 * halved))) << halved;
}
