// CONV_2D by two pixels and two output channels at once, with weights where they lie.

#include "nn_fast_steps.h"

#ifdef NN_HAS_FAST

#include "../nn_span.h"

// The pixel of the output that comes next.
typedef struct _cursor_t {
    int32_t n, y, x;
} cursor_t;

static inline void advance(cursor_t *at, const nn_dims_t *output) {
    if (++at->x == output->w) {
        at->x = 0;
        if (++at->y == output->h) {
            at->y = 0;
            ++at->n;
        }
    }
}

// Writes constant channels from `channel` on; returns the next that must be computed.
static inline int32_t pass_constants(const nn_scales_t *scales, int32_t count, int32_t channel,
    int8_t *output, int8_t *second) {
    while (channel < count && scales->shifts[channel] < 0) {
        output[channel] = second[channel] = (int8_t)scales->multipliers[channel];
        ++channel;
    }
    return channel;
}

static inline void finish(const nn_scales_t *scales, const int32_t *bias, int32_t channel,
    int32_t rounding, int32_t sum, int32_t second_sum, int8_t *output, int8_t *second) {
    int32_t multiplier = scales->multipliers[channel], shift = scales->shifts[channel];
    int32_t half = nn_shift_left(rounding, shift);
    if (bias != NULL) {
        sum += bias[channel];
        second_sum += bias[channel];
    }
    second[channel] = nn_finish(second_sum, multiplier, shift, half);
    output[channel] = nn_finish(sum, multiplier, shift, half);
}

// All channels of two pixels, the second of which may be the first.
static void channels(const nn_conv_layer_t *layer, const nn_conv_data_s8_t *data,
    const nn_laid_t *x, int8_t *output, int8_t *second) {
    const nn_conv_dims_t *dims = &layer->dims;
    const nn_scales_t *scales = &layer->quant.scales;
    const int8_t *filter = data->filter;
    int32_t all = dims->output.c;
    int32_t count = dims->filter.h * dims->filter.w * dims->filter.c;
    int32_t rounding = 2 * layer->quant.output_offset + 1;
    int32_t one = pass_constants(scales, all, 0, output, second);
    while (one < all) {
        // The last of an odd number is its own neighbour.
        int32_t next = pass_constants(scales, all, one + 1, output, second);
        int32_t other = next < all ? next : one;
        nn_sums_t sums = nn_dot_2_by_2(x, filter + one * count, filter + other * count, count);
        finish(scales, data->bias, one, rounding, sums.a0, sums.b0, output, second);
        finish(scales, data->bias, other, rounding, sums.a1, sums.b1, output, second);
        one = next < all ? pass_constants(scales, all, next + 1, output, second) : next;
    }
}

static inline void narrow(const nn_conv_layer_t *layer, int8_t *output) {
    const nn_range_s8_t *clamp = &layer->params.clamp_s8;
    const nn_dims_t *dims = &layer->dims.output;
    nn_fast_narrow(clamp, dims->n * dims->h * dims->w * dims->c, output);
}

// A filter of one tap reads whole pixels of the input, and each once.
void nn_fast_pointwise_s8(const nn_conv_layer_t *layer, const nn_conv_data_s8_t *data) {
    const nn_conv_dims_t *dims = &layer->dims;
    nn_laid_t *laid_out = layer->scratch;
    int32_t depth = dims->input.c;
    int32_t step = layer->params.stride.w * depth;
    cursor_t at = { 0, 0, 0 };
    int8_t *output = data->output;
    int32_t left = dims->output.n * dims->output.h * dims->output.w;
    for (; left > 0; left -= 2) {
        const int8_t *pixels[2];
        for (int32_t i = 0; i < 2; ++i) {
            int32_t row = at.n * dims->input.h + at.y * layer->params.stride.h;
            pixels[i] = data->input + row * dims->input.w * depth + at.x * step;
            if (left > 1) {
                advance(&at, &dims->output);
            }
        }
        nn_lay_out_2(pixels[0], pixels[1], depth, layer->quant.input_offset, laid_out);
        channels(layer, data, laid_out, output, left > 1 ? output + dims->output.c : output);
        output += 2 * dims->output.c;
    }
    narrow(layer, data->output);
}

// Lays out what one pixel's window sees; a pixel's channels are a multiple of 4.
static inline void window_4(const nn_conv_layer_t *layer, const int8_t *input,
    const cursor_t *at, nn_laid_t *to) {
    const nn_conv_dims_t *dims = &layer->dims;
    const nn_conv_params_t *params = &layer->params;
    int32_t depth = dims->input.c;
    nn_span_t rows = nn_span(at->y * params->stride.h - params->padding.h, params->dilation.h,
        dims->filter.h, dims->input.h);
    nn_span_t columns = nn_span(at->x * params->stride.w - params->padding.w,
        params->dilation.w, dims->filter.w, dims->input.w);
    int32_t taps = columns.last - columns.first;
    bool is_run = params->dilation.w == 1;
    int32_t run = is_run ? taps * depth : depth;
    for (int32_t tap = 0; tap < dims->filter.h; ++tap) {
        if (tap < rows.first || tap >= rows.last || taps <= 0) {
            to = nn_lay_out_padding(dims->filter.w * depth, to);
            continue;
        }
        int32_t row = at->n * dims->input.h + rows.origin + tap * params->dilation.h;
        int32_t column = columns.origin + columns.first * params->dilation.w;
        const int8_t *from = input + (row * dims->input.w + column) * depth;
        to = nn_lay_out_padding(columns.first * depth, to);
        for (int32_t i = is_run ? taps - 1 : 0; i < taps; ++i) {
            to = nn_lay_out(from, run, layer->quant.input_offset, to);
            from += params->dilation.w * depth;
        }
        to = nn_lay_out_padding((dims->filter.w - columns.last) * depth, to);
    }
}

void nn_fast_conv_s8(const nn_conv_layer_t *layer, const nn_conv_data_s8_t *data) {
    const nn_conv_dims_t *dims = &layer->dims;
    nn_laid_t *laid_out = layer->scratch;
    cursor_t at = { 0, 0, 0 };
    int8_t *output = data->output;
    int32_t left = dims->output.n * dims->output.h * dims->output.w;
    for (; left > 0; left -= 2) {
        window_4(layer, data->input, &at, laid_out);
        if (left > 1) {
            advance(&at, &dims->output);
        }
        window_4(layer, data->input, &at, laid_out + 1);
        advance(&at, &dims->output);
        channels(layer, data, laid_out, output, left > 1 ? output + dims->output.c : output);
        output += 2 * dims->output.c;
    }
    narrow(layer, data->output);
}

// Copies what one pixel's window sees, whatever the number of channels.
static inline void window_bytes(const nn_conv_layer_t *layer, const int8_t *input,
    const cursor_t *at, int8_t *to) {
    const nn_conv_dims_t *dims = &layer->dims;
    const nn_conv_params_t *params = &layer->params;
    int32_t depth = dims->input.c;
    int32_t row_bytes = dims->filter.w * depth;
    nn_span_t rows = nn_span(at->y * params->stride.h - params->padding.h, params->dilation.h,
        dims->filter.h, dims->input.h);
    nn_span_t columns = nn_span(at->x * params->stride.w - params->padding.w,
        params->dilation.w, dims->filter.w, dims->input.w);
    int32_t taps = columns.last - columns.first;
    if (taps < dims->filter.w || rows.last - rows.first < dims->filter.h) {
        memset(to, -layer->quant.input_offset, (size_t)(dims->filter.h * row_bytes));
    }
    if (taps <= 0) {
        return; // a dilated window can miss the input
    }
    bool is_run = params->dilation.w == 1;
    int32_t run = is_run ? taps * depth : depth;
    for (int32_t tap = rows.first; tap < rows.last; ++tap) {
        int32_t row = at->n * dims->input.h + rows.origin + tap * params->dilation.h;
        int32_t column = columns.origin + columns.first * params->dilation.w;
        const int8_t *from = input + (row * dims->input.w + column) * depth;
        int8_t *start = to + tap * row_bytes + columns.first * depth;
        for (int32_t i = is_run ? taps - 1 : 0; i < taps; ++i) {
            nn_copy_few(from, run, start);
            from += params->dilation.w * depth;
            start += depth;
        }
    }
}

void nn_fast_conv_few_s8(const nn_conv_layer_t *layer, const nn_conv_data_s8_t *data) {
    const nn_conv_dims_t *dims = &layer->dims;
    int32_t count = dims->filter.h * dims->filter.w * dims->input.c;
    nn_laid_t *laid_out = layer->scratch;
    int8_t *one = (int8_t *)((uint8_t *)layer->scratch + (count + 3) / 4 * 16), *other = one + count;
    cursor_t at = { 0, 0, 0 };
    int8_t *output = data->output;
    int32_t left = dims->output.n * dims->output.h * dims->output.w;
    for (; left > 0; left -= 2) {
        window_bytes(layer, data->input, &at, one);
        if (left > 1) {
            advance(&at, &dims->output);
        }
        window_bytes(layer, data->input, &at, other);
        advance(&at, &dims->output);
        nn_lay_out_2(one, other, count, layer->quant.input_offset, laid_out);
        channels(layer, data, laid_out, output, left > 1 ? output + dims->output.c : output);
        output += 2 * dims->output.c;
    }
    narrow(layer, data->output);
}

#endif // NN_HAS_FAST
