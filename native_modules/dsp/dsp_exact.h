// Logarithm, power and cosine in integers, equal on every machine.
//
// C libraries' powf and cosf differ in the last bit. What the stock blocks need
// of them is computed here by the same integer steps as in the host's numpy
// reference. "Qn" is a fixed-point number with n fraction bits.

#ifndef DSP_EXACT_H
#define DSP_EXACT_H

#include <stdint.h>

// log2(value) truncated to fraction_bits (at most 31); value > 0.
int64_t dsp_log2_fixed(uint64_t value, unsigned fraction_bits);

// The same as dsp_log2_fixed(value, 16), sooner.
int32_t dsp_log2_q16(uint64_t value);

// log2 of 1 to 2 in 32 pieces, each of which is a parabola in Q26: start + (slope - bend * x) * x for x from 0 to 1.
typedef struct {
    uint32_t start, slope, bend;
} dsp_parabola_t;

extern const dsp_parabola_t dsp_logarithm[32];

// By how many units of Q26 a parabola may be off.
#define DSP_LOGARITHM_UNSURE (52)

// 2**f in Q30 for f in [0, 1), given in Q30.
uint64_t dsp_exp2_fraction(uint64_t fraction_q30);

// cos(2*pi*numerator/denominator) in Q30; denominator > 0, both below 2**29.
int32_t dsp_cosine_of_turn(uint32_t numerator, uint32_t denominator);

// Square root of a value below 2^63, rounded down to 16 digits.
uint32_t dsp_square_root(uint64_t value);

#endif // DSP_EXACT_H
