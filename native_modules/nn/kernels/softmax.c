// SOFTMAX over the last axis.

#include <math.h>

#include "nn_fixedpoint.h"
#include "nn_kernels.h"

#define SUM_INTEGER_BITS (12) // the sum of exponentials is Q12.19
#define OUTPUT_BITS (8)

static void row_f32(float beta, int32_t depth, const float *input, float *output) {
    float most = input[0];
    for (int32_t i = 1; i < depth; ++i) {
        most = input[i] > most ? input[i] : most;
    }
    float sum = 0.0f;
    for (int32_t i = 0; i < depth; ++i) {
        output[i] = expf((input[i] - most) * beta);
        sum += output[i];
    }
    for (int32_t i = 0; i < depth; ++i) {
        output[i] /= sum;
    }
}

void nn_softmax_f32(float beta, const nn_softmax_dims_t *dims, const float *input,
    float *output) {
    for (int32_t row = 0; row < dims->rows; ++row) {
        row_f32(beta, dims->depth, input, output);
        input += dims->depth;
        output += dims->depth;
    }
}

// exp of a difference to the maximum, as Q0.31.
static inline int32_t exponential(const nn_softmax_quant_t *quant, int32_t difference) {
    int32_t scaled = nn_multiply_high(nn_wrapping_shift_left(difference, quant->input.shift),
        quant->input.multiplier);
    return nn_exp_negative(scaled, 5);
}

static int32_t row_maximum(int32_t depth, const int8_t *input) {
    int32_t most = INT8_MIN;
    for (int32_t i = 0; i < depth; ++i) {
        most = input[i] > most ? input[i] : most;
    }
    return most;
}

static void row_s8(const nn_softmax_quant_t *quant, int32_t depth, const int8_t *input,
    int8_t *output) {
    int32_t most = row_maximum(depth, input);
    int32_t sum = 0;
    for (int32_t i = 0; i < depth; ++i) {
        if (input[i] - most >= quant->least_difference) {
            sum += nn_divide_power_of_two(exponential(quant, input[i] - most), SUM_INTEGER_BITS);
        }
    }
    int32_t zeros = nn_leading_zeros((uint32_t)sum);
    int32_t reciprocal = nn_one_over_one_plus(
        (int32_t)(((uint32_t)sum << zeros) - UINT32_C(0x80000000)));
    int32_t exponent = SUM_INTEGER_BITS - zeros + 31 - OUTPUT_BITS;
    for (int32_t i = 0; i < depth; ++i) {
        int32_t value = INT8_MIN;
        // Past 31 bits nothing is left: the row is so long that all round to 0.
        if (input[i] - most >= quant->least_difference && exponent <= 31) {
            value += nn_divide_power_of_two(
                nn_fixed_multiply(reciprocal, exponential(quant, input[i] - most)), exponent);
        }
        output[i] = (int8_t)nn_clamp(value, INT8_MIN, INT8_MAX);
    }
}

void nn_softmax_s8(const nn_softmax_quant_t *quant, const nn_softmax_dims_t *dims,
    const int8_t *input, int8_t *output) {
    for (int32_t row = 0; row < dims->rows; ++row) {
        row_s8(quant, dims->depth, input, output);
        input += dims->depth;
        output += dims->depth;
    }
}
