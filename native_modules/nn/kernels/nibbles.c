// CONV_2D with weights of int4, unpacked one output channel at a time.

#include "nn_channel.h"
#include "nn_dot.h"
#include "nn_group_kernels.h"
#include "nn_site.h"

void nn_unpack_nibbles(const uint8_t *packed, int32_t first, int32_t count, int8_t *unpacked) {
    for (int32_t i = 0; i < count; ++i) {
        int32_t half = packed[(first + i) / 2] >> ((first + i) % 2 * 4) & 15;
        unpacked[i] = (int8_t)((half ^ 8) - 8);
    }
}

static inline uint32_t sum_window(const nn_conv_layer_t *layer, const nn_site_t *site, int32_t n,
    const int8_t *input) {
    uint32_t sum = 0;
    for (int32_t tap = site->rows.first; tap < site->rows.last; ++tap) {
        const int8_t *from = input + nn_input_at(&layer->params, &layer->dims, site, n, tap);
        const int8_t *weights = (const int8_t *)layer->scratch
            + nn_filter_at(&layer->dims, site, 0, tap);
        for (int32_t run = 0; run < site->runs; ++run) {
            sum += nn_dot_s8(from, weights, site->run, (int16_t)layer->quant.input_offset);
            from += site->input_step;
            weights += site->filter_step;
        }
    }
    return sum;
}

// One channel of one row of the output.
static void channel_of_row(const nn_conv_layer_t *layer, const nn_conv_data_s8_t *data, int32_t n,
    int32_t y, int32_t channel) {
    const nn_conv_dims_t *dims = &layer->dims;
    int32_t taps = dims->filter.h * dims->filter.w * dims->filter.c;
    int32_t group_outputs = dims->output.c / (dims->input.c / dims->filter.c);
    const int8_t *input = data->input + channel / group_outputs * dims->filter.c;
    int8_t *output = data->output + (n * dims->output.h + y) * dims->output.w * dims->output.c;
    nn_unpack_nibbles((const uint8_t *)data->filter, channel * taps, taps, layer->scratch);
    for (int32_t x = 0; x < dims->output.w; ++x) {
        nn_site_t site = nn_make_site(&layer->params, dims, y, x);
        output[x * dims->output.c + channel] = nn_finish_channel_s8(&layer->params, &layer->quant,
            data->bias, channel, sum_window(layer, &site, n, input));
    }
}

void nn_conv_s4(const nn_conv_layer_t *layer, const nn_conv_data_s8_t *data) {
    const nn_dims_t *output = &layer->dims.output;
    for (int32_t n = 0; n < output->n; ++n) {
        for (int32_t y = 0; y < output->h; ++y) {
            for (int32_t channel = 0; channel < output->c; ++channel) {
                channel_of_row(layer, data, n, y, channel);
            }
        }
    }
}
