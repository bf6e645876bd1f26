// Functions of one number of int16, and what brings other types to int16 and back.

#include "nn_kernels_16.h"
#include "nn_rounding.h"
#include "nn_sigmoid_16.h"

static inline int32_t rescale(const nn_function_16_t *function, int32_t value) {
    value -= function->input_zero_point;
    const nn_scale_t *scale = value < 0 ? &function->below : &function->scale;
    value = nn_wrapping_add(nn_requantise(value, scale->multiplier, scale->shift),
        function->output_zero_point);
    return nn_clamp(value, function->clamp.low, function->clamp.high);
}

void nn_rescale_s16(const nn_function_16_t *function, int32_t count, const int16_t *input,
    int16_t *output) {
    for (int32_t i = 0; i < count; ++i) {
        output[i] = (int16_t)rescale(function, input[i]);
    }
}

void nn_rescale_s16_s8(const nn_function_16_t *function, int32_t count, const int16_t *input,
    int8_t *output) {
    for (int32_t i = 0; i < count; ++i) {
        output[i] = (int8_t)rescale(function, input[i]);
    }
}

void nn_rescale_s8_s16(const nn_function_16_t *function, int32_t count, const int8_t *input,
    int16_t *output) {
    for (int32_t i = 0; i < count; ++i) {
        output[i] = (int16_t)rescale(function, input[i]);
    }
}

void nn_clamp_s16(const nn_function_16_t *function, int32_t count, const int16_t *input,
    int16_t *output) {
    for (int32_t i = 0; i < count; ++i) {
        output[i] = (int16_t)nn_clamp(input[i], function->clamp.low, function->clamp.high);
    }
}

// Halves towards plus infinity.
static inline int32_t place_of(const nn_scale_t *scale, int16_t value) {
    int32_t half = scale->shift > 0 ? INT32_C(1) << (scale->shift - 1) : 0;
    return (value * scale->multiplier + half) >> scale->shift;
}

void nn_logistic_s16(const nn_function_16_t *function, int32_t count, const int16_t *input,
    int16_t *output) {
    for (int32_t i = 0; i < count; ++i) {
        output[i] = nn_logistic_at(place_of(&function->scale, input[i]));
    }
}

void nn_tanh_s16(const nn_function_16_t *function, int32_t count, const int16_t *input,
    int16_t *output) {
    for (int32_t i = 0; i < count; ++i) {
        output[i] = nn_tanh_at(place_of(&function->scale, input[i]));
    }
}

void nn_quantize_s16(const nn_affine_t *affine, int32_t count, const float *input,
    int16_t *output) {
    for (int32_t i = 0; i < count; ++i) {
        output[i] = (int16_t)nn_quantise(affine, input[i]);
    }
}

void nn_dequantize_s16(const nn_affine_t *affine, int32_t count, const int16_t *input,
    float *output) {
    for (int32_t i = 0; i < count; ++i) {
        output[i] = affine->scale * (float)(input[i] - affine->zero_point);
    }
}
