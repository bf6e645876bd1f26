// MAX_POOL_2D and AVERAGE_POOL_2D: one number per channel and window.

#include <math.h>
#include <string.h>

#include "nn_kernels.h"
#include "nn_pool.h"
#include "nn_rounding.h"

static void max_block_s8(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const nn_pool_window_t *window, const int8_t *input, int8_t *output) {
    memset(output, INT8_MIN, (size_t)window->count);
    NN_FOR_EACH_PIXEL(dims, window, pixel) {
        for (int32_t i = 0; i < window->count; ++i) {
            output[i] = input[pixel + i] > output[i] ? input[pixel + i] : output[i];
        }
    }
    for (int32_t i = 0; i < window->count; ++i) {
        output[i] = (int8_t)nn_clamp(output[i], params->clamp_s8.low, params->clamp_s8.high);
    }
}

void nn_max_pool_s8(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const int8_t *input, int8_t *output) {
    NN_FOR_EACH_BLOCK(params, dims, window, output,
        max_block_s8(params, dims, &window, input, output));
}

static void max_block_f32(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const nn_pool_window_t *window, const float *input, float *output) {
    for (int32_t i = 0; i < window->count; ++i) {
        output[i] = -INFINITY;
    }
    NN_FOR_EACH_PIXEL(dims, window, pixel) {
        for (int32_t i = 0; i < window->count; ++i) {
            output[i] = input[pixel + i] > output[i] ? input[pixel + i] : output[i];
        }
    }
    for (int32_t i = 0; i < window->count; ++i) {
        output[i] = nn_clamp_one_f32(output[i], &params->clamp_f32);
    }
}

void nn_max_pool_f32(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const float *input, float *output) {
    NN_FOR_EACH_BLOCK(params, dims, window, output,
        max_block_f32(params, dims, &window, input, output));
}

static void average_block_s8(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const nn_pool_window_t *window, const int8_t *input, int8_t *output) {
    int32_t sums[NN_POOL_BLOCK];
    memset(sums, 0, sizeof(sums));
    NN_FOR_EACH_PIXEL(dims, window, pixel) {
        for (int32_t i = 0; i < window->count; ++i) {
            sums[i] += input[pixel + i];
        }
    }
    int32_t area = (window->bottom - window->top) * (window->right - window->left);
    for (int32_t i = 0; i < window->count; ++i) {
        output[i] = (int8_t)nn_clamp(nn_rounded_quotient(sums[i], area), params->clamp_s8.low,
            params->clamp_s8.high);
    }
}

void nn_average_pool_s8(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const int8_t *input, int8_t *output) {
    NN_FOR_EACH_BLOCK(params, dims, window, output,
        average_block_s8(params, dims, &window, input, output));
}

static void average_block_f32(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const nn_pool_window_t *window, const float *input, float *output) {
    float sums[NN_POOL_BLOCK] = { 0.0f };
    NN_FOR_EACH_PIXEL(dims, window, pixel) {
        for (int32_t i = 0; i < window->count; ++i) {
            sums[i] += input[pixel + i];
        }
    }
    int32_t area = (window->bottom - window->top) * (window->right - window->left);
    for (int32_t i = 0; i < window->count; ++i) {
        output[i] = nn_clamp_one_f32(sums[i] / (float)area, &params->clamp_f32);
    }
}

void nn_average_pool_f32(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const float *input, float *output) {
    NN_FOR_EACH_BLOCK(params, dims, window, output,
        average_block_f32(params, dims, &window, input, output));
}
