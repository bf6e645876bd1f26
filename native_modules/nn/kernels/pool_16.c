// MAX_POOL_2D and AVERAGE_POOL_2D of int16.

#include <string.h>

#include "nn_kernels_16.h"
#include "nn_pool.h"
#include "nn_rounding.h"

static void max_block(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const nn_pool_window_t *window, const int16_t *input, int16_t *output) {
    for (int32_t i = 0; i < window->count; ++i) {
        output[i] = INT16_MIN;
    }
    NN_FOR_EACH_PIXEL(dims, window, pixel) {
        for (int32_t i = 0; i < window->count; ++i) {
            output[i] = input[pixel + i] > output[i] ? input[pixel + i] : output[i];
        }
    }
    for (int32_t i = 0; i < window->count; ++i) {
        output[i] = (int16_t)nn_clamp(output[i], params->clamp_s8.low, params->clamp_s8.high);
    }
}

void nn_max_pool_s16(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const int16_t *input, int16_t *output) {
    NN_FOR_EACH_BLOCK(params, dims, window, output,
        max_block(params, dims, &window, input, output));
}

static void average_block(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const nn_pool_window_t *window, const int16_t *input, int16_t *output) {
    int32_t sums[NN_POOL_BLOCK];
    memset(sums, 0, sizeof(sums));
    NN_FOR_EACH_PIXEL(dims, window, pixel) {
        for (int32_t i = 0; i < window->count; ++i) {
            sums[i] += input[pixel + i];
        }
    }
    int32_t area = (window->bottom - window->top) * (window->right - window->left);
    for (int32_t i = 0; i < window->count; ++i) {
        output[i] = (int16_t)nn_clamp(nn_rounded_quotient(sums[i], area), params->clamp_s8.low,
            params->clamp_s8.high);
    }
}

void nn_average_pool_s16(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const int16_t *input, int16_t *output) {
    NN_FOR_EACH_BLOCK(params, dims, window, output,
        average_block(params, dims, &window, input, output));
}
