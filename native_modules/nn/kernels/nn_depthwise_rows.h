// Going through a DEPTHWISE_CONV_2D's output, by pixels of a row whose windows differ in place only.

#ifndef NN_DEPTHWISE_ROWS_H
#define NN_DEPTHWISE_ROWS_H

#include "nn_kernels.h"
#include "nn_span.h"

// What one pixel of the output sees: the taps of its window that are inside the input.
typedef struct _nn_taps_window_t {
    const int8_t *input; // at the first tap
    const int8_t *filter;
    int32_t rows, columns;
    int32_t input_row, input_column; // steps
    int32_t filter_row, channels;
    int32_t next; // from a pixel's input to its neighbour's
} nn_taps_window_t;

// Computes `count` neighbouring pixels, the first of which sees the window.
typedef void (*nn_run_pixels_t)(const nn_conv_layer_t *layer, const int32_t *bias,
    nn_taps_window_t *window, int32_t count, int8_t *output);

// How many pixels from `x` on see all columns of the filter; at least 1, since that one does.
static inline int32_t nn_whole_windows(const nn_conv_layer_t *layer, int32_t x, int32_t origin) {
    const nn_conv_dims_t *dims = &layer->dims;
    int32_t reach = (dims->filter.w - 1) * layer->params.dilation.w + 1;
    int32_t count = (dims->input.w - reach - origin) / layer->params.stride.w + 1;
    return count < dims->output.w - x ? count : dims->output.w - x;
}

static inline __attribute__((always_inline)) void nn_run_depthwise_row(
    const nn_conv_layer_t *layer, const nn_conv_data_s8_t *data, int32_t n, int32_t y,
    nn_run_pixels_t run, int8_t *output) {
    const nn_conv_dims_t *dims = &layer->dims;
    const nn_conv_params_t *params = &layer->params;
    int32_t channels = dims->output.c;
    nn_span_t rows = nn_span(y * params->stride.h - params->padding.h, params->dilation.h,
        dims->filter.h, dims->input.h);
    const int8_t *input = data->input + ((n * dims->input.h + rows.origin
        + rows.first * params->dilation.h) * dims->input.w) * channels;
    nn_taps_window_t window = {
        .input_row = params->dilation.h * dims->input.w * channels,
        .input_column = params->dilation.w * channels,
        .filter_row = dims->filter.w * channels,
        .channels = channels,
        .next = params->stride.w * channels,
    };
    for (int32_t x = 0, count; x < dims->output.w; x += count) {
        nn_span_t columns = nn_span(x * params->stride.w - params->padding.w,
            params->dilation.w, dims->filter.w, dims->input.w);
        window.columns = columns.last - columns.first;
        window.rows = window.columns > 0 ? rows.last - rows.first : 0;
        window.input = input
            + (columns.origin + columns.first * params->dilation.w) * channels;
        window.filter = data->filter
            + (rows.first * dims->filter.w + columns.first) * channels;
        count = window.columns == dims->filter.w ? nn_whole_windows(layer, x, columns.origin) : 1;
        run(layer, data->bias, &window, count, output);
        output += count * channels;
    }
}

static inline __attribute__((always_inline)) void nn_run_depthwise(const nn_conv_layer_t *layer,
    const nn_conv_data_s8_t *data, nn_run_pixels_t run) {
    const nn_dims_t *dims = &layer->dims.output;
    int8_t *output = data->output;
    for (int32_t n = 0; n < dims->n; ++n) {
        for (int32_t y = 0; y < dims->h; ++y) {
            nn_run_depthwise_row(layer, data, n, y, run, output);
            output += dims->w * dims->c;
        }
    }
}

#endif // NN_DEPTHWISE_ROWS_H
