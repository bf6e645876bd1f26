// MAX_POOL_2D and AVERAGE_POOL_2D: one number per channel and window.

#include <math.h>
#include <string.h>

#include "nn_kernels.h"
#include "nn_rounding.h"
#include "nn_span.h"

#define BLOCK (64) // channels worked on at a time

// Which part of the input one window covers, for a block of channels.
typedef struct _window_t {
    int32_t n, top, bottom, left, right; // bottom and right are past the end
    int32_t first, count; // channels
} window_t;

static window_t make_window(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    int32_t n, int32_t y, int32_t x) {
    nn_span_t rows = nn_span(y * params->stride.h - params->padding.h, 1, dims->filter.h,
        dims->input.h);
    nn_span_t columns = nn_span(x * params->stride.w - params->padding.w, 1, dims->filter.w,
        dims->input.w);
    window_t window = {
        n, rows.origin + rows.first, rows.origin + rows.last,
        columns.origin + columns.first, columns.origin + columns.last, 0, 0,
    };
    return window;
}

static inline int32_t pixel_at(const nn_conv_dims_t *dims, const window_t *window, int32_t y,
    int32_t x) {
    return ((window->n * dims->input.h + y) * dims->input.w + x) * dims->input.c + window->first;
}

// Runs `block` over every window and block of channels: the walk that all four
// kernels share.
#define FOR_EACH_BLOCK(params, dims, window, output, block) \
    for (int32_t n = 0; n < (dims)->output.n; ++n) \
    for (int32_t y = 0; y < (dims)->output.h; ++y) \
    for (int32_t x = 0; x < (dims)->output.w; ++x) { \
        window_t window = make_window(params, dims, n, y, x); \
        for (; window.first < (dims)->output.c; window.first += BLOCK) { \
            int32_t left = (dims)->output.c - window.first; \
            window.count = left < BLOCK ? left : BLOCK; \
            block; \
            output += window.count; \
        } \
    }

#define FOR_EACH_PIXEL(dims, window, pixel) \
    for (int32_t row = (window)->top; row < (window)->bottom; ++row) \
    for (int32_t column = (window)->left, pixel = pixel_at(dims, window, row, column); \
         column < (window)->right; ++column, pixel += (dims)->input.c)

static void max_block_s8(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const window_t *window, const int8_t *input, int8_t *output) {
    memset(output, INT8_MIN, (size_t)window->count);
    FOR_EACH_PIXEL(dims, window, pixel) {
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
    FOR_EACH_BLOCK(params, dims, window, output,
        max_block_s8(params, dims, &window, input, output));
}

static void max_block_f32(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const window_t *window, const float *input, float *output) {
    for (int32_t i = 0; i < window->count; ++i) {
        output[i] = -INFINITY;
    }
    FOR_EACH_PIXEL(dims, window, pixel) {
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
    FOR_EACH_BLOCK(params, dims, window, output,
        max_block_f32(params, dims, &window, input, output));
}

// Halves away from zero.
static inline int32_t rounded_quotient(int32_t sum, int32_t count) {
    return (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
}

static void average_block_s8(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const window_t *window, const int8_t *input, int8_t *output) {
    int32_t sums[BLOCK];
    memset(sums, 0, sizeof(sums));
    FOR_EACH_PIXEL(dims, window, pixel) {
        for (int32_t i = 0; i < window->count; ++i) {
            sums[i] += input[pixel + i];
        }
    }
    int32_t area = (window->bottom - window->top) * (window->right - window->left);
    for (int32_t i = 0; i < window->count; ++i) {
        output[i] = (int8_t)nn_clamp(rounded_quotient(sums[i], area), params->clamp_s8.low,
            params->clamp_s8.high);
    }
}

void nn_average_pool_s8(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const int8_t *input, int8_t *output) {
    FOR_EACH_BLOCK(params, dims, window, output,
        average_block_s8(params, dims, &window, input, output));
}

static void average_block_f32(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const window_t *window, const float *input, float *output) {
    float sums[BLOCK] = { 0.0f };
    FOR_EACH_PIXEL(dims, window, pixel) {
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
    FOR_EACH_BLOCK(params, dims, window, output,
        average_block_f32(params, dims, &window, input, output));
}
