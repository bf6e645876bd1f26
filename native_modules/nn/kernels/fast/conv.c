// CONV_2D by two pixels and two output channels at once, with weights where they lie.

#include "nn_fast_steps.h"

#ifdef NN_HAS_FAST

#include "../nn_cursor.h"
#include "../nn_span.h"
#include "packed.h"

// What the channels of a layer share.
typedef struct _channels_t {
    const int8_t *filter;
    const int32_t *bias; // or one 0, with bias_mask 0
    const int32_t *multipliers;
    const int8_t *shifts;
    int32_t bias_mask;
    int32_t all;
    int32_t count; // products in a sum
    int32_t padded; // and with zeros, as they are laid out
    int32_t rounding;
    bool has_constants, is_usual;
    #ifdef NN_FAST_DSP
    nn_packed_t packed; // stream NULL: weights are where filter says
    #endif
} channels_t;

static channels_t make_channels(const nn_conv_layer_t *layer, const nn_conv_data_s8_t *data) {
    static const int32_t zero = 0;
    const nn_conv_dims_t *dims = &layer->dims;
    channels_t channels = {
        .filter = data->filter,
        .bias = data->bias == NULL ? &zero : data->bias,
        .multipliers = layer->quant.scales.multipliers,
        .shifts = layer->quant.scales.shifts,
        .bias_mask = data->bias == NULL ? 0 : -1,
        .all = dims->output.c,
        .count = dims->filter.h * dims->filter.w * dims->filter.c,
        .rounding = 2 * layer->quant.output_offset + 1,
    };
    channels.padded = NN_PADDED(channels.count);
    for (int32_t i = 0; i < channels.all; ++i) {
        channels.has_constants |= channels.shifts[i] < 0;
    }
    channels.is_usual = !channels.has_constants && data->bias != NULL && channels.all % 2 == 0;
    #ifdef NN_FAST_DSP
    if (layer->packed != NULL) {
        channels.packed = nn_open_packed(layer);
    }
    #endif
    return channels;
}

// Writes constant channels from `channel` on; returns the next that must be computed.
static inline int32_t pass_constants(const channels_t *channels, int32_t channel,
    int8_t *output, int8_t *second) {
    if (channels->has_constants) {
        while (channel < channels->all && channels->shifts[channel] < 0) {
            output[channel] = second[channel] = (int8_t)channels->multipliers[channel];
            ++channel;
        }
    }
    return channel;
}

static inline void finish(const channels_t *channels, int32_t channel, int32_t sum,
    int32_t second_sum, int8_t *output, int8_t *second) {
    int32_t multiplier = channels->multipliers[channel], shift = channels->shifts[channel];
    int32_t half = nn_shift_left(channels->rounding, shift);
    int32_t bias = channels->bias[channel & channels->bias_mask];
    int8_t value = nn_finish(sum + bias, multiplier, shift, half);
    second[channel] = nn_finish(second_sum + bias, multiplier, shift, half);
    output[channel] = value;
}

// All channels of two pixels, the second of which may be the first. Not inline, so that it has all
// registers; with its own copy of what channels share, which no output can change.
__attribute__((noinline)) static void run_channels(const channels_t *shared,
    const nn_laid_t *x, int8_t *output, int8_t *second) {
    const channels_t copy = *shared, *channels = &copy;
    int32_t one = pass_constants(channels, 0, output, second);
    while (one < channels->all) {
        // The last of an odd number is its own neighbour.
        int32_t next = pass_constants(channels, one + 1, output, second);
        int32_t other = next < channels->all ? next : one;
        const int8_t *filter = channels->filter;
        // Weights after a channel's are multiplied by 0; after the last one's, there are none.
        int32_t readable = other == channels->all - 1 ? channels->count : channels->padded;
        nn_sums_t sums = nn_dot_2_by_2(x, filter + one * channels->count,
            filter + other * channels->count, readable);
        finish(channels, one, sums.a0, sums.b0, output, second);
        finish(channels, other, sums.a1, sums.b1, output, second);
        one = pass_constants(channels, next + 1, output, second);
    }
}

// The same where all is as usual: an even number of channels, biases, none constant.
__attribute__((noinline)) static void run_pairs(const channels_t *channels, const nn_laid_t *x,
    int8_t *output, int8_t *second) {
    nn_places_t places = {
        channels->bias, channels->multipliers, channels->shifts, output, second,
    };
    int32_t count = channels->count, readable = channels->padded, rounding = channels->rounding;
    const int8_t *filter = channels->filter;
    for (int32_t left = channels->all; left > 0; left -= 2) {
        readable = left > 2 ? readable : count;
        nn_sums_t sums = nn_dot_2_by_2(x, filter, filter + count, readable);
        nn_finish_2_by_2(sums, rounding, &places);
        filter += 2 * count;
    }
}

// All channels of two pixels, by whichever weights there are.
static inline void run_pixels(const channels_t *channels, const nn_laid_t *x, int8_t *output,
    int8_t *second) {
    #ifdef NN_FAST_DSP
    if (channels->packed.stream != NULL) {
        for (int32_t i = 0; channels->has_constants && i < channels->all; ++i) {
            i = pass_constants(channels, i, output, second);
        }
        nn_run_packed(&channels->packed, x, output, second);
        return;
    }
    #endif
    if (channels->is_usual) {
        run_pairs(channels, x, output, second);
    } else {
        run_channels(channels, x, output, second);
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
    channels_t channels = make_channels(layer, data);
    int32_t depth = dims->input.c;
    int32_t step = layer->params.stride.w * depth;
    nn_cursor_t at = { 0, 0, 0 };
    int8_t *output = data->output;
    int32_t left = dims->output.n * dims->output.h * dims->output.w;
    for (; left > 0; left -= 2) {
        const int8_t *pixels[2];
        for (int32_t i = 0; i < 2; ++i) {
            int32_t row = at.n * dims->input.h + at.y * layer->params.stride.h;
            pixels[i] = data->input + row * dims->input.w * depth + at.x * step;
            if (left > 1) {
                nn_advance(&at, &dims->output);
            }
        }
        nn_lay_out_2(pixels[0], pixels[1], depth, layer->quant.input_offset, laid_out);
        run_pixels(&channels, laid_out, output, left > 1 ? output + dims->output.c : output);
        output += 2 * dims->output.c;
    }
    narrow(layer, data->output);
}

// Lays out what one pixel's window sees; a pixel's channels are a multiple of 4.
static inline void window_4(const nn_conv_layer_t *layer, const int8_t *input,
    const nn_cursor_t *at, nn_laid_t *to) {
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
    channels_t channels = make_channels(layer, data);
    nn_cursor_t at = { 0, 0, 0 };
    int8_t *output = data->output;
    int32_t left = dims->output.n * dims->output.h * dims->output.w;
    for (; left > 0; left -= 2) {
        window_4(layer, data->input, &at, laid_out);
        if (left > 1) {
            nn_advance(&at, &dims->output);
        }
        window_4(layer, data->input, &at, laid_out + 1);
        nn_advance(&at, &dims->output);
        run_pixels(&channels, laid_out, output, left > 1 ? output + dims->output.c : output);
        output += 2 * dims->output.c;
    }
    narrow(layer, data->output);
}

// Copies what one pixel's window sees, whatever the number of channels, where it is not whole or
// its columns are not neighbours.
static void copy_window(const nn_conv_layer_t *layer, const int8_t *input, const nn_cursor_t *at,
    int8_t *to) {
    const nn_conv_dims_t *dims = &layer->dims;
    const nn_conv_params_t *params = &layer->params;
    int32_t depth = dims->input.c;
    nn_span_t rows = nn_span(at->y * params->stride.h - params->padding.h, params->dilation.h,
        dims->filter.h, dims->input.h);
    nn_span_t columns = nn_span(at->x * params->stride.w - params->padding.w,
        params->dilation.w, dims->filter.w, dims->input.w);
    memset(to, -layer->quant.input_offset, (size_t)(dims->filter.h * dims->filter.w * depth));
    for (int32_t tap = rows.first; tap < rows.last; ++tap) {
        int32_t row = at->n * dims->input.h + rows.origin + tap * params->dilation.h;
        for (int32_t column = columns.first; column < columns.last; ++column) {
            int32_t x = columns.origin + column * params->dilation.w;
            nn_copy_few(input + (row * dims->input.w + x) * depth, depth,
                to + (tap * dims->filter.w + column) * depth);
        }
    }
}

static inline void window_bytes(const nn_conv_layer_t *layer, const int8_t *input,
    const nn_cursor_t *at, int8_t *to) {
    const nn_conv_dims_t *dims = &layer->dims;
    const nn_conv_params_t *params = &layer->params;
    int32_t x = at->x * params->stride.w - params->padding.w;
    int32_t y = at->y * params->stride.h - params->padding.h;
    int32_t reach = (dims->filter.h - 1) * params->dilation.h;
    if (x < 0 || y < 0 || x + dims->filter.w > dims->input.w || y + reach >= dims->input.h
        || params->dilation.w != 1) {
        copy_window(layer, input, at, to);
        return;
    }
    int32_t depth = dims->input.c, run = dims->filter.w * depth;
    int32_t step = params->dilation.h * dims->input.w * depth;
    const int8_t *from = input + ((at->n * dims->input.h + y) * dims->input.w + x) * depth;
    for (int32_t tap = dims->filter.h; tap > 0; --tap) {
        nn_copy_few(from, run, to);
        from += step;
        to += run;
    }
}

void nn_fast_conv_few_s8(const nn_conv_layer_t *layer, const nn_conv_data_s8_t *data) {
    const nn_conv_dims_t *dims = &layer->dims;
    int32_t count = dims->filter.h * dims->filter.w * dims->input.c;
    nn_laid_t *laid_out = layer->scratch;
    channels_t channels = make_channels(layer, data);
    int8_t *one = (int8_t *)layer->scratch + (count + 3) / 4 * 32, *other = one + count;
    nn_cursor_t at = { 0, 0, 0 };
    int8_t *output = data->output;
    int32_t left = dims->output.n * dims->output.h * dims->output.w;
    for (; left > 0; left -= 2) {
        window_bytes(layer, data->input, &at, one);
        if (left > 1) {
            nn_advance(&at, &dims->output);
        }
        window_bytes(layer, data->input, &at, other);
        nn_advance(&at, &dims->output);
        nn_lay_out_2(one, other, count, layer->quant.input_offset, laid_out);
        run_pixels(&channels, laid_out, output, left > 1 ? output + dims->output.c : output);
        output += 2 * dims->output.c;
    }
    narrow(layer, data->output);
}

#endif // NN_HAS_FAST
