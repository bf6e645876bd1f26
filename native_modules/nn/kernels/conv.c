// CONV_2D: every output channel looks at all input channels of its group.

#include <stdbool.h>
#include <string.h>

#include "nn_channel.h"
#include "nn_dot.h"
#include "nn_kernels.h"
#include "nn_rounding.h"
#include "nn_site.h"

// Taps of the largest window that is laid out in scratch memory; larger ones are read in place.
#define MAX_WINDOW (4608)

static inline uint32_t sum_s8(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const nn_site_t *site, int32_t n, int32_t channel, const int8_t *input, const int8_t *filter,
    int16_t input_offset) {
    uint32_t sum = 0;
    for (int32_t tap = site->rows.first; tap < site->rows.last; ++tap) {
        const int8_t *from = input + nn_input_at(params, dims, site, n, tap);
        const int8_t *weights = filter + nn_filter_at(dims, site, channel, tap);
        for (int32_t run = 0; run < site->runs; ++run) {
            sum += nn_dot_s8(from, weights, site->run, input_offset);
            from += site->input_step;
            weights += site->filter_step;
        }
    }
    return sum;
}

static void pixel_s8(const nn_conv_params_t *params, const nn_conv_quant_t *quant,
    const nn_conv_dims_t *dims, const nn_conv_data_s8_t *data, const nn_site_t *site, int32_t n,
    int8_t *output) {
    int32_t groups = dims->input.c / dims->filter.c;
    int32_t group_outputs = dims->output.c / groups;
    const int8_t *input = data->input;
    int32_t channel = 0;
    for (int32_t group = 0; group < groups; ++group) {
        for (int32_t i = 0; i < group_outputs; ++i, ++channel) {
            uint32_t sum = sum_s8(params, dims, site, n, channel, input, data->filter,
                (int16_t)quant->input_offset);
            output[channel] = nn_finish_channel_s8(params, quant, data->bias, channel, sum);
        }
        input += dims->filter.c;
    }
}

// --- int8 with scratch for a window: the input of one pixel is laid out
// once as int16, offset added and padding filled in, and every output channel is
// one long run over it

static void gather_row(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const nn_site_t *site, const int8_t *input, int16_t input_offset, int16_t *window) {
    int32_t depth = dims->input.c;
    for (int32_t tap = 0; tap < dims->filter.w; ++tap) {
        if (tap < site->columns.first || tap >= site->columns.last) {
            // Padding is real zero, which is what offset and zero point add up to.
            memset(window, 0, (size_t)depth * sizeof(*window));
        } else {
            const int8_t *from = input
                + (site->columns.origin + tap * params->dilation.w) * depth;
            for (int32_t i = 0; i < depth; ++i) {
                window[i] = (int16_t)(from[i] + input_offset);
            }
        }
        window += depth;
    }
}

static void gather(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const nn_site_t *site, int32_t n, const int8_t *input, int16_t input_offset, int16_t *window) {
    int32_t row_elements = dims->filter.w * dims->input.c;
    for (int32_t tap = 0; tap < dims->filter.h; ++tap) {
        if (tap < site->rows.first || tap >= site->rows.last) {
            memset(window, 0, (size_t)row_elements * sizeof(*window));
        } else {
            int32_t row = n * dims->input.h + site->rows.origin + tap * params->dilation.h;
            gather_row(params, dims, site, input + row * dims->input.w * dims->input.c,
                input_offset, window);
        }
        window += row_elements;
    }
}

static inline uint32_t dot_window(const int16_t *window, const int8_t *filter, int32_t count) {
    uint32_t sum = 0;
    for (int32_t i = 0; i < count; ++i) {
        sum += (uint32_t)(window[i] * (int16_t)filter[i]);
    }
    return sum;
}

// Four output channels at once, so that the window is loaded once for all.
static inline void dot_window_4(const int16_t *window, const int8_t *filter, int32_t count,
    uint32_t *sums) {
    const int8_t *second = filter + count, *third = second + count, *fourth = third + count;
    uint32_t a = 0, b = 0, c = 0, d = 0;
    for (int32_t i = 0; i < count; ++i) {
        a += (uint32_t)(window[i] * (int16_t)filter[i]);
        b += (uint32_t)(window[i] * (int16_t)second[i]);
        c += (uint32_t)(window[i] * (int16_t)third[i]);
        d += (uint32_t)(window[i] * (int16_t)fourth[i]);
    }
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
}

static void channels_s8(const nn_conv_params_t *params, const nn_conv_quant_t *quant,
    const nn_conv_dims_t *dims, const nn_conv_data_s8_t *data, const int16_t *window,
    int8_t *output) {
    int32_t count = dims->filter.h * dims->filter.w * dims->filter.c;
    const int8_t *filter = data->filter;
    int32_t channel = 0;
    for (; channel + 4 <= dims->output.c; channel += 4) {
        uint32_t sums[4];
        dot_window_4(window, filter, count, sums);
        for (int32_t i = 0; i < 4; ++i) {
            output[channel + i] = nn_finish_channel_s8(params, quant, data->bias, channel + i, sums[i]);
        }
        filter += 4 * count;
    }
    for (; channel < dims->output.c; ++channel) {
        uint32_t sum = dot_window(window, filter, count);
        output[channel] = nn_finish_channel_s8(params, quant, data->bias, channel, sum);
        filter += count;
    }
}

uint32_t nn_conv_scratch_bytes(const nn_conv_dims_t *dims) {
    int64_t taps = (int64_t)dims->filter.h * dims->filter.w * dims->filter.c;
    if (dims->filter.c != dims->input.c || taps > MAX_WINDOW) {
        return 0;
    }
    uint32_t padded = ((uint32_t)taps + 3) & ~(uint32_t)3;
    bool is_whole = dims->input.c % 4 == 0 || (dims->filter.h == 1 && dims->filter.w == 1);
    return padded * (is_whole ? 8 : 10);
}

void nn_conv_s8(const nn_conv_layer_t *layer, const nn_conv_data_s8_t *data) {
    const nn_conv_params_t *params = &layer->params;
    const nn_conv_quant_t *quant = &layer->quant;
    const nn_conv_dims_t *dims = &layer->dims;
    int16_t *window = layer->scratch;
    int8_t *output = data->output;
    for (int32_t n = 0; n < dims->output.n; ++n) {
        for (int32_t y = 0; y < dims->output.h; ++y) {
            for (int32_t x = 0; x < dims->output.w; ++x) {
                nn_site_t site = nn_make_site(params, dims, y, x);
                if (window != NULL) {
                    gather(params, dims, &site, n, data->input, (int16_t)quant->input_offset,
                        window);
                    channels_s8(params, quant, dims, data, window, output);
                } else {
                    pixel_s8(params, quant, dims, data, &site, n, output);
                }
                output += dims->output.c;
            }
        }
    }
}

static inline float sum_f32(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const nn_site_t *site, int32_t n, int32_t channel, const float *input, const float *filter) {
    float sum = 0.0f;
    for (int32_t tap = site->rows.first; tap < site->rows.last; ++tap) {
        const float *from = input + nn_input_at(params, dims, site, n, tap);
        const float *weights = filter + nn_filter_at(dims, site, channel, tap);
        for (int32_t run = 0; run < site->runs; ++run) {
            sum += nn_dot_f32(from, weights, site->run);
            from += site->input_step;
            weights += site->filter_step;
        }
    }
    return sum;
}

static void pixel_f32(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const nn_conv_data_f32_t *data, const nn_site_t *site, int32_t n, float *output) {
    int32_t groups = dims->input.c / dims->filter.c;
    int32_t group_outputs = dims->output.c / groups;
    const float *input = data->input;
    int32_t channel = 0;
    for (int32_t group = 0; group < groups; ++group) {
        for (int32_t i = 0; i < group_outputs; ++i, ++channel) {
            float sum = sum_f32(params, dims, site, n, channel, input, data->filter);
            sum += data->bias == NULL ? 0.0f : data->bias[channel];
            output[channel] = nn_clamp_one_f32(sum, &params->clamp_f32);
        }
        input += dims->filter.c;
    }
}

void nn_conv_f32(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const nn_conv_data_f32_t *data) {
    float *output = data->output;
    for (int32_t n = 0; n < dims->output.n; ++n) {
        for (int32_t y = 0; y < dims->output.h; ++y) {
            for (int32_t x = 0; x < dims->output.w; ++x) {
                nn_site_t site = nn_make_site(params, dims, y, x);
                pixel_f32(params, dims, data, &site, n, output);
                output += dims->output.c;
            }
        }
    }
}
