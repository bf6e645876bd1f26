// DEPTHWISE_CONV_2D by AVX2: eight channels at once.

#include "nn_avx2.h"

#ifdef NN_HAS_AVX2

#include "../fast/nn_narrow.h"
#include "../nn_span.h"
#include "nn_avx2_steps.h"

// One pixel of the output: the taps of its window that are inside the input.
typedef struct _window_t {
    const int8_t *input; // at the first tap
    const int8_t *filter;
    int32_t rows, columns;
    int32_t input_row, input_column; // steps
    int32_t filter_row, channels;
} window_t;

// Channels `channel` to `channel` + 7.
AVX2 static inline void channels_8(const nn_conv_layer_t *layer, const int32_t *bias,
    const window_t *window, int32_t channel, int8_t *output) {
    __m256i sums = bias == NULL ? _mm256_setzero_si256() : load_sums(bias + channel);
    __m256i offset = _mm256_set1_epi32(layer->quant.input_offset);
    const int8_t *x_row = window->input + channel, *weights_row = window->filter + channel;
    for (int32_t row = window->rows; row > 0; --row) {
        const int8_t *x = x_row, *weights = weights_row;
        for (int32_t column = window->columns; column > 0; --column) {
            __m256i values = _mm256_add_epi32(load_8(x), offset);
            sums = _mm256_add_epi32(sums, _mm256_mullo_epi32(values, load_8(weights)));
            x += window->input_column;
            weights += window->channels;
        }
        x_row += window->input_row;
        weights_row += window->filter_row;
    }
    const nn_scales_t *scales = &layer->quant.scales;
    __m256i values = finish_8(sums, load_sums(scales->multipliers + channel),
        load_8(scales->shifts + channel), 2 * layer->quant.output_offset + 1);
    store_4_and_4(values, output + channel, output + channel + 4);
}

AVX2 static void pixel(const nn_conv_layer_t *layer, const int32_t *bias,
    const window_t *window, int8_t *output) {
    int32_t all = window->channels;
    // The last eight overlap with those before, so that none is left over.
    for (int32_t channel = 0; channel < all; channel += 8) {
        channels_8(layer, bias, window, channel + 8 <= all ? channel : all - 8, output);
    }
}

static void row(const nn_conv_layer_t *layer, const nn_conv_data_s8_t *data, int32_t n,
    int32_t y, int8_t *output) {
    const nn_conv_dims_t *dims = &layer->dims;
    const nn_conv_params_t *params = &layer->params;
    int32_t channels = dims->output.c;
    nn_span_t rows = nn_span(y * params->stride.h - params->padding.h, params->dilation.h,
        dims->filter.h, dims->input.h);
    const int8_t *input = data->input + ((n * dims->input.h + rows.origin
        + rows.first * params->dilation.h) * dims->input.w) * channels;
    window_t window = {
        .input_row = params->dilation.h * dims->input.w * channels,
        .input_column = params->dilation.w * channels,
        .filter_row = dims->filter.w * channels,
        .channels = channels,
    };
    for (int32_t x = 0; x < dims->output.w; ++x) {
        nn_span_t columns = nn_span(x * params->stride.w - params->padding.w,
            params->dilation.w, dims->filter.w, dims->input.w);
        window.columns = columns.last - columns.first;
        window.rows = window.columns > 0 ? rows.last - rows.first : 0;
        window.input = input
            + (columns.origin + columns.first * params->dilation.w) * channels;
        window.filter = data->filter
            + (rows.first * dims->filter.w + columns.first) * channels;
        pixel(layer, data->bias, &window, output);
        output += channels;
    }
}

void nn_avx2_depthwise_s8(const nn_conv_layer_t *layer, const nn_conv_data_s8_t *data) {
    const nn_dims_t *dims = &layer->dims.output;
    int8_t *output = data->output;
    for (int32_t n = 0; n < dims->n; ++n) {
        for (int32_t y = 0; y < dims->h; ++y) {
            row(layer, data, n, y, output);
            output += dims->w * dims->c;
        }
    }
    nn_fast_narrow(&layer->params.clamp_s8, dims->n * dims->h * dims->w * dims->c, data->output);
}

#endif // NN_HAS_AVX2
