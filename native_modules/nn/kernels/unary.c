// Ops from one element to one: clamps, sigmoids, tables, quantisation.

#include <math.h>

#include "nn_fixedpoint.h"
#include "nn_kernels.h"

void nn_clamp_f32(const nn_range_f32_t *clamp, int32_t count, const float *input,
    float *output) {
    for (int32_t i = 0; i < count; ++i) {
        output[i] = nn_clamp_one_f32(input[i], clamp);
    }
}

void nn_logistic_f32(int32_t count, const float *input, float *output) {
    for (int32_t i = 0; i < count; ++i) {
        output[i] = 1.0f / (1.0f + expf(-input[i]));
    }
}

void nn_tanh_f32(int32_t count, const float *input, float *output) {
    for (int32_t i = 0; i < count; ++i) {
        output[i] = tanhf(input[i]);
    }
}

void nn_lookup_8(const uint8_t *table, int32_t count, const uint8_t *input, uint8_t *output) {
    for (int32_t i = 0; i < count; ++i) {
        output[i] = table[input[i]];
    }
}

int8_t nn_logistic_s8(const nn_sigmoid_quant_t *quant, int32_t value) {
    int32_t centred = value - quant->input_zero_point;
    if (centred <= -quant->radius) {
        return INT8_MIN;
    }
    if (centred >= quant->radius) {
        return INT8_MAX;
    }
    int32_t scaled = nn_requantise(centred, quant->input.multiplier, quant->input.shift);
    int32_t result = nn_divide_power_of_two(nn_fixed_logistic(scaled), 31 - 8);
    return (int8_t)nn_clamp(result + INT8_MIN, INT8_MIN, INT8_MAX);
}

int8_t nn_tanh_s8(const nn_sigmoid_quant_t *quant, int32_t value) {
    int32_t centred = value - quant->input_zero_point;
    if (centred <= -quant->radius) {
        return INT8_MIN;
    }
    if (centred >= quant->radius) {
        return INT8_MAX;
    }
    int32_t scaled = nn_requantise(centred, quant->input.multiplier, quant->input.shift);
    int32_t result = nn_divide_power_of_two(nn_fixed_tanh(scaled), 31 - 7);
    return (int8_t)nn_clamp(result, INT8_MIN, INT8_MAX);
}

// Nearest integer, halves away from zero, plus the zero point. Whatever is far
// outside the type (NaN too, as the lowest) is brought near first, so that the
// conversion to int is defined.
int32_t nn_quantise(const nn_affine_t *affine, float value) {
    float steps = value / affine->scale;
    steps = steps >= -65536.0f ? steps : -65536.0f;
    steps = steps <= 65536.0f ? steps : 65536.0f;
    int32_t whole = (int32_t)steps;
    float rest = steps - (float)whole;
    whole += (rest >= 0.5f) - (rest <= -0.5f);
    return nn_clamp(whole + affine->zero_point, affine->low, affine->high);
}

void nn_quantize_s8(const nn_affine_t *affine, int32_t count, const float *input,
    int8_t *output) {
    for (int32_t i = 0; i < count; ++i) {
        output[i] = (int8_t)nn_quantise(affine, input[i]);
    }
}

void nn_quantize_u8(const nn_affine_t *affine, int32_t count, const float *input,
    uint8_t *output) {
    for (int32_t i = 0; i < count; ++i) {
        output[i] = (uint8_t)nn_quantise(affine, input[i]);
    }
}

void nn_dequantize_s8(const nn_affine_t *affine, int32_t count, const int8_t *input,
    float *output) {
    for (int32_t i = 0; i < count; ++i) {
        output[i] = affine->scale * (float)(input[i] - affine->zero_point);
    }
}

void nn_dequantize_u8(const nn_affine_t *affine, int32_t count, const uint8_t *input,
    float *output) {
    for (int32_t i = 0; i < count; ++i) {
        output[i] = affine->scale * (float)(input[i] - affine->zero_point);
    }
}
