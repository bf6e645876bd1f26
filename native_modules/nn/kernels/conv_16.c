// CONV_2D and DEPTHWISE_CONV_2D of int16.

#include "nn_site.h"
#include "nn_taps.h"
#include "nn_wide.h"

static inline nn_scale_t scale_of(const nn_conv_layer_t *layer, int32_t channel) {
    const nn_scales_t *scales = &layer->quant.scales;
    return (nn_scale_t) { scales->multipliers[channel], scales->shifts[channel] };
}

static inline int64_t sum_window(const nn_conv_layer_t *layer, const nn_site_t *site, int32_t n,
    int32_t channel, const int16_t *input, const int8_t *filter) {
    int64_t sum = 0;
    for (int32_t tap = site->rows.first; tap < site->rows.last; ++tap) {
        const int16_t *from = input + nn_input_at(&layer->params, &layer->dims, site, n, tap);
        const int8_t *weights = filter + nn_filter_at(&layer->dims, site, channel, tap);
        for (int32_t run = 0; run < site->runs; ++run) {
            sum += nn_dot_s16(from, weights, site->run);
            from += site->input_step;
            weights += site->filter_step;
        }
    }
    return sum;
}

static void conv_pixel(const nn_conv_layer_t *layer, const nn_layer_data_16_t *data,
    const nn_site_t *site, int32_t n, int16_t *output) {
    const nn_conv_dims_t *dims = &layer->dims;
    int32_t group_outputs = dims->output.c / (dims->input.c / dims->filter.c);
    const int16_t *input = data->input;
    for (int32_t first = 0; first < dims->output.c; first += group_outputs) {
        for (int32_t channel = first; channel < first + group_outputs; ++channel) {
            int64_t sum = sum_window(layer, site, n, channel, input, data->filter);
            output[channel] = nn_finish_s16(data, channel, sum, scale_of(layer, channel),
                &layer->params.clamp_s8);
        }
        input += dims->filter.c;
    }
}

void nn_conv_s16(const nn_conv_layer_t *layer, const nn_layer_data_16_t *data) {
    const nn_conv_dims_t *dims = &layer->dims;
    int16_t *output = data->output;
    for (int32_t n = 0; n < dims->output.n; ++n) {
        for (int32_t y = 0; y < dims->output.h; ++y) {
            for (int32_t x = 0; x < dims->output.w; ++x) {
                nn_site_t site = nn_make_site(&layer->params, dims, y, x);
                conv_pixel(layer, data, &site, n, output);
                output += dims->output.c;
            }
        }
    }
}

static inline int64_t sum_taps(const nn_conv_layer_t *layer, const nn_taps_t *taps,
    const int16_t *input, const int8_t *filter) {
    const nn_conv_dims_t *dims = &layer->dims;
    int64_t sum = 0;
    NN_FOR_EACH_TAP(&layer->params, dims, taps, input_pixel, filter_pixel) {
        sum += input[input_pixel * dims->input.c] * filter[filter_pixel * dims->output.c];
    }
    return sum;
}

static void depthwise_pixel(const nn_conv_layer_t *layer, const nn_layer_data_16_t *data,
    const nn_taps_t *taps, int16_t *output) {
    int32_t multiplier = layer->params.depth_multiplier, channel = 0;
    for (int32_t from = 0; from < layer->dims.input.c; ++from) {
        for (int32_t i = 0; i < multiplier; ++i, ++channel) {
            int64_t sum = sum_taps(layer, taps, data->input + from, data->filter + channel);
            output[channel] = nn_finish_s16(data, channel, sum, scale_of(layer, channel),
                &layer->params.clamp_s8);
        }
    }
}

void nn_depthwise_s16(const nn_conv_layer_t *layer, const nn_layer_data_16_t *data) {
    const nn_conv_dims_t *dims = &layer->dims;
    int16_t *output = data->output;
    for (int32_t n = 0; n < dims->output.n; ++n) {
        for (int32_t y = 0; y < dims->output.h; ++y) {
            for (int32_t x = 0; x < dims->output.w; ++x) {
                nn_taps_t taps = nn_make_taps(&layer->params, dims, n, y, x);
                depthwise_pixel(layer, data, &taps, output);
                output += dims->output.c;
            }
        }
    }
}
