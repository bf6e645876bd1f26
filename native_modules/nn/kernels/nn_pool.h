// The walk over windows that the kernels of pooling share.

#ifndef NN_POOL_H
#define NN_POOL_H

#include "nn_kernels.h"
#include "nn_span.h"

#define NN_POOL_BLOCK (64) // channels worked on at a time

// Which part of the input one window covers, for a block of channels.
typedef struct _nn_pool_window_t {
    int32_t n, top, bottom, left, right; // bottom and right are past the end
    int32_t first, count; // channels
} nn_pool_window_t;

static inline nn_pool_window_t nn_make_pool_window(const nn_conv_params_t *params,
    const nn_conv_dims_t *dims, int32_t n, int32_t y, int32_t x) {
    nn_span_t rows = nn_span(y * params->stride.h - params->padding.h, 1, dims->filter.h,
        dims->input.h);
    nn_span_t columns = nn_span(x * params->stride.w - params->padding.w, 1, dims->filter.w,
        dims->input.w);
    nn_pool_window_t window = {
        n, rows.origin + rows.first, rows.origin + rows.last,
        columns.origin + columns.first, columns.origin + columns.last, 0, 0,
    };
    return window;
}

static inline int32_t nn_pool_pixel(const nn_conv_dims_t *dims, const nn_pool_window_t *window,
    int32_t y, int32_t x) {
    return ((window->n * dims->input.h + y) * dims->input.w + x) * dims->input.c + window->first;
}

// Runs `block` over every window and block of channels: the walk that all
// kernels share.
#define NN_FOR_EACH_BLOCK(params, dims, window, output, block) \
    for (int32_t n = 0; n < (dims)->output.n; ++n) \
    for (int32_t y = 0; y < (dims)->output.h; ++y) \
    for (int32_t x = 0; x < (dims)->output.w; ++x) { \
        nn_pool_window_t window = nn_make_pool_window(params, dims, n, y, x); \
        for (; window.first < (dims)->output.c; window.first += NN_POOL_BLOCK) { \
            int32_t left = (dims)->output.c - window.first; \
            window.count = left < NN_POOL_BLOCK ? left : NN_POOL_BLOCK; \
            block; \
            output += window.count; \
        } \
    }

#define NN_FOR_EACH_PIXEL(dims, window, pixel) \
    for (int32_t row = (window)->top; row < (window)->bottom; ++row) \
    for (int32_t column = (window)->left, pixel = nn_pool_pixel(dims, window, row, column); \
         column < (window)->right; ++column, pixel += (dims)->input.c)

// Halves away from zero.
static inline int32_t nn_rounded_quotient(int32_t sum, int32_t count) {
    return (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
}

#endif // NN_POOL_H
